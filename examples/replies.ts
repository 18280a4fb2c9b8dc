// Smart reply: small talk and calls to a help desk, 25 replies to choose from. Two recurrent encoders put messages and replies into one
// space; the reply nearest to a message is suggested, or none, where the message is like nothing that was learned.
import { readFileSync } from 'node:fs'
import { train } from 'unrolled'
import type { Example } from './kit/example.js'
import { runAlone } from './kit/example.js'

interface Pair {
  readonly source: string
  readonly target: string
}

/** 598 messages, written for this project, each with its reply. */
function readPairs(): Pair[] {
  const lines = readFileSync(new URL('../examples/replies.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => {
    const { message, reply } = JSON.parse(line) as { message: string; reply: string }
    return { source: message, target: reply }
  })
}

/** Of the messages of each reply every fifth is for the test, and of the others every eighth for validation. */
function parts(pairs: readonly Pair[]) {
  const counts = new Map<string, number>()
  const numbered = pairs.map((pair) => {
    const number = counts.get(pair.target) ?? 0
    counts.set(pair.target, number + 1)
    return { pair, test: number % 5 === 4, number }
  })
  const rest = numbered.filter(({ test }) => !test)
  const some = (chosen: typeof numbered) => chosen.map(({ pair }) => pair)
  return {
    train: some(rest.filter(({ number }) => number % 8 !== 0)),
    valid: some(rest.filter(({ number }) => number % 8 === 0)),
    test: some(numbered.filter(({ test }) => test)),
  }
}

/** Messages that none of the replies fits, of the kind that nobody told the model about. */
const foreign = [
  ...['what is the capital of Peru', 'the cat sat on the mat', 'a triangle has three sides'],
  ...['how many legs does a spider have', 'the moon is made of rock', 'who wrote Hamlet'],
  ...['please translate this sentence into Latin', 'two plus two is four', 'which planet is the largest'],
  ...['the river was frozen in January', 'I like blue cheese with pears', 'can penguins fly'],
  ...['the king rode through the forest', 'the train from Lisbon stops in Porto', 'is there life on Mars'],
  ...['add a pinch of salt and stir', 'what does the word serendipity mean', 'why is the sky blue'],
  ...['the committee adopted the budget', 'do you prefer tea or coffee', 'how tall is Mount Everest'],
  ...[
    'the orchestra tuned its instruments',
    'my favourite colour is green',
    'he plays the violin very badly',
  ],
  ...[
    'the painting hangs in the Louvre',
    'which team won the league in 1998',
    'snow was falling on the roofs',
  ],
  ...['the stock market fell by two percent', 'what is the square root of two'],
  'tell me a story about a dragon',
]

export const example: Example = {
  name: 'replies',
  shows: 'A message gets one of 25 replies, or none that fits',
  async run({ engine, seed, short, log }) {
    const data = parts(readPairs())
    const settings = short ? { train: { epochs: 12 } } : {}
    const model = await train({ task: 'reply', data, engine, seed, ...settings })
    const { scores, baselines, details } = model.evaluate(data.test)
    const { nearest } = details.baselines as { readonly nearest: { readonly recallAt3: number } }
    for (const message of [
      'my parcel is still not here',
      'I have got the flu',
      'we had twins!',
      foreign[0],
    ]) {
      const [best, second] = model.predict(message)
      log(
        model.fits([best]) ? `${message} → ${best.reply} (or ${second.reply})` : `${message} → no reply fits`,
      )
    }
    const withheld = model.predict(foreign).filter((suggestions) => !model.fits(suggestions))
    log(
      `of ${foreign.length} foreign messages ${withheld.length} get no reply; of the others ${scores.answered} do`,
    )
    model.dispose()
    const share = { better: 'higher' as const }
    return [
      {
        ...share,
        name: 'right reply first',
        value: scores.recallAt1,
        bar: short ? 0.6 : 0.75,
        floor: baselines.nearest,
      },
      {
        ...share,
        name: 'among the first 3',
        value: scores.recallAt3,
        bar: short ? 0.75 : 0.85,
        floor: nearest.recallAt3,
      },
      {
        ...share,
        name: 'right, when it replies',
        value: scores.accuracyAnswered,
        bar: short ? 0.6 : 0.8,
        floor: baselines.nearest,
      },
    ]
  },
}

await runAlone(example, import.meta.url)
