// What comes next: "the clouds are in the …", "his dogs wag their …", "I lived in France … I speak …". A language model of words
// learns it from sentences of a small grammar, and says which of two transcriptions that sound the same was meant.
import { train } from 'unrolled'
import { Random } from 'unrolled/random'
import type { Example } from './kit/example.js'
import { runAlone } from './kit/example.js'

const things = [
  ['clouds', 'sky'],
  ['fish', 'sea'],
  ['books', 'library'],
  ['cars', 'street'],
  ['cows', 'field'],
] as const
const countries = [
  ['France', 'French'],
  ['Spain', 'Spanish'],
  ['Germany', 'German'],
  ['Italy', 'Italian'],
  ['Japan', 'Japanese'],
] as const
const animals = ['dog', 'cat', 'horse', 'lion'] as const
const owners = ['his', 'her', 'our', 'their'] as const
const adverbs = ['always', 'often', 'sometimes', 'never'] as const
const fruits = ['apple', 'cherry', 'melon', 'pear', 'plum'] as const
const meals = ['salad', 'cake', 'juice', 'pie'] as const
const clothes = ['shoes', 'socks', 'gloves', 'boots'] as const
const times = ['long ago', 'for years', 'with friends', 'by chance'] as const

/** The grammar: each form of sentence, its words drawn by `pick`. */
const forms: readonly ((pick: <T>(list: readonly T[]) => T) => string)[] = [
  (pick) => {
    const [what, where] = pick(things)
    return `the ${pick(['white', 'many', 'old', 'small'])} ${what} are ${pick(adverbs)} in the ${where}`
  },
  (pick) => {
    const [country, language] = pick(countries)
    return `I lived in ${country} ${pick(times)} and I speak ${pick(['good', 'fluent'])} ${language}`
  },
  (pick) => `${pick(owners)} ${pick(animals)} ${pick(adverbs)} wags its tail`,
  (pick) => `${pick(owners)} ${pick(animals)}s ${pick(adverbs)} wag their tails`,
  (pick) => `the ${pick(animals)} which ${pick(adverbs)} ate ${pick(fruits)} ${pick(meals)} was full`,
  (pick) => `the ${pick(animals)}s which ${pick(adverbs)} ate ${pick(fruits)} ${pick(meals)} were full`,
  (pick) =>
    `${pick(['she', 'he'])} ${pick(['ate', 'made', 'liked'])} the ${pick(fruits)} and ${pick(fruits)} ${pick(meals)}`,
  (pick) => `${pick(['she', 'he'])} bought a pair of ${pick(clothes)}`,
]

/** Beginnings that stand in no sentence of the training text, and the word that must follow. */
const questions: readonly (readonly [beginning: string, next: string])[] = [
  ['the white clouds are never in the', 'sky'],
  ['the old cars are always in the', 'street'],
  ['I lived in France long ago and I speak fluent', 'French'],
  ['I lived in Japan by chance and I speak good', 'Japanese'],
  ['his dogs often wag their', 'tails'],
  ['her dog never wags its', 'tail'],
  ['the cat which sometimes ate plum cake', 'was'],
  ['the cats which sometimes ate plum cake', 'were'],
]

/** What was meant and what sounds the same. */
const heard: readonly (readonly [meant: string, alike: string])[] = [
  ['she liked the apple and pear salad', 'she liked the apple and pair salad'],
  ['he bought a pair of gloves', 'he bought a pear of gloves'],
]

export const example: Example = {
  name: 'next-word',
  shows:
    'A language model of words: the clouds are in the sky, his dogs wag their tails, pear salad rather than pair salad.',
  run: async ({ engine, seed, short, log }) => {
    const random = new Random(seed).split('next-word')
    const pick = <T>(list: readonly T[]) => list[random.integer(list.length)]
    const kept = new Set([...questions.map(([beginning]) => beginning), ...heard.map(([meant]) => meant)])
    const unseen = (line: string) => ![...kept].some((text) => line.startsWith(text))
    const lines = Array.from({ length: short ? 2000 : 6000 }, () => pick(forms)(pick)).filter(unseen)
    const model = await train({
      task: 'lm',
      ...{ engine, seed, data: lines },
      text: { tokens: 'words' },
      model: { hiddenSize: 64, inputDropout: 0 },
      train: { epochs: short ? 4 : 20, streams: 16, window: 32, learningRate: 0.01 },
    })
    const answers = questions.map(([beginning, next]) => {
      const [{ token, probability }] = model.next(beginning)
      log(`${beginning} … ${token} (${(100 * probability).toFixed(1)} %)`)
      return token.trim() === next
    })
    const choices = heard.map((pair) => {
      const [best, other] = model.rank([...pair].reverse())
      log(`${best.text}: log P ${best.logProb.toFixed(1)}; ${other.text}: ${other.logProb.toFixed(1)}`)
      return best.text === pair[0]
    })
    model.dispose()
    const share = (right: readonly boolean[]) => right.filter(Boolean).length / right.length
    return [
      {
        name: 'next words right',
        value: share(answers),
        bar: short ? 0.5 : 1,
        better: 'higher',
        floor: 1 / 60,
      },
      { name: 'pear or pair', value: share(choices), bar: 1, better: 'higher', floor: 0.5 },
    ]
  },
}
await runAlone(example, import.meta.url)
