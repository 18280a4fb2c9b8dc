// Temporal order: a hundred random letters, two or three of them X or Y; in which order did these come? (Hochreiter and Schmidhuber 1997)
import { OneHot } from 'unrolled/layers'
import { crossEntropy } from 'unrolled/losses'
import { SequenceClassifier } from 'unrolled/models'
import { cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'
import { rememberFor } from './kit/sequence-model.js'

// a b c d, X Y, and the signs of the beginning and the end
const letters = 8
const [firstBit, begin, end] = [4, 6, 7]

/** Where the X or Y stand: tasks 6a and 6b of the paper, and something shorter for the test. */
const places = {
  short: [
    [2, 4],
    [8, 10],
  ],
  two: [
    [10, 20],
    [50, 60],
  ],
  three: [
    [10, 20],
    [33, 43],
    [66, 76],
  ],
} as const

/** A sequence of 100 to 110 letters (20 to 22 in the short form), and its class: the bits X = 0, Y = 1 read as a binary number. */
function sequence(task: keyof typeof places, random: Random): { letters: number[]; answer: number } {
  const length = task === 'short' ? 20 + random.integer(3) : 100 + random.integer(11)
  const letters = Array.from({ length }, () => random.integer(4))
  letters[0] = begin
  letters[length - 1] = end
  let answer = 0
  for (const [from, to] of places[task]) {
    const bit = random.integer(2)
    letters[from + random.integer(to - from + 1)] = firstBit + bit
    answer = 2 * answer + bit
  }
  return { letters, answer }
}

/** Trains with one seed; gives the accuracy on sequences that were never seen. */
function learnOrder(task: keyof typeof places, seed: number, { engine, short, log }: Given): number {
  const random = new Random(seed)
  const classes = 2 ** places[task].length
  const model = new SequenceClassifier({
    engine,
    random: random.split('model'),
    embedding: new OneHot(letters, engine),
    layers: [{ cell: 'lstm', size: 32 }],
    classes,
  })
  rememberFor(short ? 22 : 110, model.rnn, random.split('gates'))
  const batchOf = (count: number, draws: Random) => Array.from({ length: count }, () => sequence(task, draws))
  const forward = (batch: ReturnType<typeof batchOf>) => model.forward(batch.map(({ letters }) => letters))
  const steps = short ? 300 : 3000
  const made = learn({
    model,
    steps,
    learningRate: 0.02,
    schedule: cosine(steps, 0.05),
    loss: (step) => {
      const batch = batchOf(32, random.split('batch').split(step))
      return crossEntropy(forward(batch), engine.indices(batch.map(({ answer }) => answer)))
    },
    every: 50,
    check: (_, loss) => loss < 0.0005 && 'solved',
  })
  const test = batchOf(short ? 200 : 1000, random.split('test'))
  const logits = engine.scope(() => forward(test).data.slice())
  const right = test.filter(({ answer }, row) => {
    const scores = Array.from(logits.subarray(row * classes, (row + 1) * classes))
    return scores.indexOf(Math.max(...scores)) === answer
  }).length
  log(`${classes} orders, seed ${seed}: ${right} of ${test.length} right after ${made} steps`)
  return right / test.length
}

export const example: Example = {
  name: 'temporal-order',
  shows: 'An LSTM tells the order of rare symbols far apart; counting them is not enough.',
  run: async (given) => {
    const seeds = Array.from({ length: given.short ? 1 : 5 }, (_, k) => given.seed + k)
    const worst = (task: keyof typeof places) =>
      Math.min(...seeds.map((seed) => learnOrder(task, seed, given)))
    if (given.short)
      return [{ name: 'accuracy', value: worst('short'), bar: 0.8, better: 'higher', floor: 0.25 }]
    return [
      { name: '2 symbols, worst of 5 seeds', value: worst('two'), bar: 1, better: 'higher', floor: 0.25 },
      { name: '3 symbols, worst of 5 seeds', value: worst('three'), bar: 1, better: 'higher', floor: 0.125 },
    ]
  },
}
await runAlone(example, import.meta.url)
