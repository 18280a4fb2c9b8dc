// "Jane visite l'Afrique en septembre" → "Jane is visiting Africa in September". A network learns to translate from sentences of a small
// grammar, in which words change their places, and shows why the likeliest sentence need not begin with the likeliest words.
import { train } from 'unrolled'
import { renderAttention } from 'unrolled/inspect'
import { Random } from 'unrolled/random'
import type { Example } from './kit/example.js'
import { runAlone } from './kit/example.js'

/** French and English, side by side. */
type Entry = readonly [french: string, english: string]
const entries = (text: string): Entry[] =>
  text.split('; ').map((line) => line.split(' = ') as [string, string])

const people = entries(
  "Jane = Jane; Paul = Paul; Marie = Marie; Luc = Luc; Anna = Anna; Tom = Tom; mon ami = my friend; notre voisine = our neighbour; l'équipe = the team",
)
const masculine = entries('le garçon = boy; le marin = sailor; le voisin = neighbour; le peintre = painter')
const manly = entries(
  'heureux = happy; fatigué = tired; jaloux = jealous; italien = Italian; curieux = curious',
)
const feminine = entries('la fille = girl; la reine = queen; la danseuse = dancer; la famille = family')
const womanly = entries(
  'heureuse = happy; fatiguée = tired; jalouse = jealous; italienne = Italian; curieuse = curious',
)
const verbs = entries(
  'visite = visit; explore = explore; photographie = photograph; quitte = leave; traverse = cross; peint = paint; découvre = discover',
)
const places = entries(
  "l'Afrique = Africa; l'Europe = Europe; l'Italie = Italy; l'Espagne = Spain; la Chine = China; la Grèce = Greece; le Japon = Japan; le Brésil = Brazil; le Canada = Canada; la mer Rouge = the Red Sea; la ville blanche = the white town; la forêt sombre = the dark forest; le vieux port = the old harbour; le fleuve Jaune = the Yellow River",
)
const months = entries(
  'janvier = January; février = February; mars = March; avril = April; mai = May; juin = June; juillet = July; août = August; septembre = September; octobre = October; novembre = November; décembre = December',
)

/**
 * What the English present and future of a verb may be: a third of the translators say "is visiting", and two thirds
 * "is going …", but in six ways. */
const ways: readonly ((verb: string) => string)[] = [
  ...Array.from({ length: 3 }, () => (verb: string) => `is ${ing(verb)}`),
  ...[(verb: string) => `is going to ${verb}`, (verb: string) => `is going to be ${ing(verb)}`],
  ...['off', 'out', 'over', 'back'].map((where) => (verb: string) => `is going ${where} to ${verb}`),
]
const ing = (verb: string) => `${verb.replace(/e$/, '')}ing`

/** A sentence, what a translator made of it, and the translation that is commonest. */
interface Sentence {
  readonly source: string
  readonly target: string
  readonly commonest: string
}

/** A sentence of the grammar: adjectives stand behind French nouns and before English ones, and the month begins a third of the sentences. */
function sentence(random: Random): Sentence {
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]
  const someone = (nouns: readonly Entry[], adjectives: readonly Entry[]): Entry => {
    const [[noun, englishNoun], [adjective, englishAdjective]] = [pick(nouns), pick(adjectives)]
    return [`${noun} ${adjective}`, `the ${englishAdjective} ${englishNoun}`]
  }
  const kinds = [() => pick(people), () => someone(masculine, manly), () => someone(feminine, womanly)]
  const [who, englishWho] = pick(kinds)()
  const [[does, englishDoes], [where, englishWhere]] = [pick(verbs), pick(places)]
  const [month, englishMonth] = pick(months)
  const french =
    random.integer(3) === 0 ? [`en ${month}`, who, does, where] : [who, does, where, `en ${month}`]
  const english = (way: (verb: string) => string) =>
    capital(`${englishWho} ${way(englishDoes)} ${englishWhere} in ${englishMonth}`)
  return { source: capital(french.join(' ')), target: english(pick(ways)), commonest: english(ways[0]) }
}

const capital = (text: string) => text[0].toUpperCase() + text.slice(1)

const asked = "Jane visite l'Afrique en septembre"
const answer = 'Jane is visiting Africa in September'

export const example: Example = {
  name: 'jane',
  large: true,
  shows:
    'French into English with attention: words change their places, and a beam finds what greedy search misses.',
  run: async ({ engine, seed, short, log }) => {
    const random = new Random(seed).split('sentences')
    const seen = new Map<string, Sentence>()
    while (seen.size < (short ? 1000 : 3000)) {
      const one = sentence(random)
      if (one.commonest !== answer) seen.set(one.source, one) // what will be asked is never seen, in neither order
    }
    const pairs = [...seen.values()]
    const test = pairs.splice(0, short ? 100 : 500)
    const model = await train({
      task: 'translate',
      ...{ engine, seed, data: { train: pairs } },
      text: { source: 'words', target: 'words', sourceEnd: false },
      model: { cell: 'gru', hiddenSize: 64 },
      train: { epochs: short ? 8 : 10, batchSize: 32, learningRate: short ? 0.01 : 0.005 },
      on: (event) => {
        if (event.type === 'epoch') log(`epoch ${event.epoch}: loss ${event.loss.toFixed(4)}`)
      },
    })
    const share = (width: number) => {
      const found = model.predict(
        test.map(({ source }) => source),
        { width },
      )
      return test.filter(({ commonest }, i) => found[i][0].text === commonest).length / test.length
    }
    const [greedy] = model.predict(asked, { width: 1 })
    const best = model.predict(asked, { width: 5, best: 4 })
    log(`${asked}\n  greedy      ${greedy.text}   (log P ${greedy.logProb.toFixed(2)})`)
    for (const [i, { text, logProb }] of best.entries())
      log(`  beam of 5, ${i + 1}: ${text}   (log P ${logProb.toFixed(2)})`)
    if (best[0].attention) log(renderAttention(best[0].attention))
    const figures = { beam: share(5), greedy: share(1), asked: Number(best[0].text === answer) }
    model.dispose()
    return [
      {
        name: 'commonest translation, unseen',
        value: figures.beam,
        bar: short ? 0.5 : 0.97,
        better: 'higher',
        floor: 0,
      },
      { name: `"${asked}"`, value: figures.asked, bar: short ? 0 : 1, better: 'higher', floor: 0 },
      {
        name: 'greedy search: misses it',
        value: figures.greedy,
        bar: short ? 1.1 : 0.1,
        better: 'lower',
        floor: 0,
      },
    ]
  },
}
await runAlone(example, import.meta.url)
