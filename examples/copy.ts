// Copy memory: ten symbols, a hundred blanks, a sign, and the ten symbols have to come out again (Hochreiter and Schmidhuber 1997).
import { crossEntropy } from 'unrolled/losses'
import { adam, cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Example } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'
import { rememberFor, SequenceModel } from './kit/sequence-model.js'

const symbols = 8
const blank = symbols // as an input and as an output
const sign = symbols + 1

export const example: Example = {
  name: 'copy',
  large: true,
  shows: 'An LSTM whose gates begin open carries ten symbols over a hundred empty steps.',
  run: async ({ engine, seed, short, log }) => {
    const longest = short ? 6 : 100
    const length = short ? 2 : 10
    const random = new Random(seed)
    const model = new SequenceModel({
      engine,
      random: random.split('model'),
      input: symbols + 2,
      outputs: symbols + 1,
      layers: [{ cell: 'lstm', size: short ? 48 : 128 }],
    })
    rememberFor(4 * (longest + length), model.rnn, random.split('gates'))

    // in:  3 1 4 … 8 8 8 8 9 8 8 8 …   (8 the blank, 9 the sign)
    // out: 8 8 8 … 8 8 8 8 8 3 1 4 …
    const loss = (gap: number, count: number, draws: Random) => {
      const words = Array.from({ length: count }, () => Array.from({ length }, () => draws.integer(symbols)))
      const blanks = (n: number) => new Array<number>(n).fill(blank)
      const { outputs, layout } = model.forward(
        words.map((word) => [...word, ...blanks(gap - 1), sign, ...blanks(length)]),
      )
      const targets = words.map((word) => [...blanks(gap + length), ...word])
      return crossEntropy(outputs, engine.indices(layout.arrange(targets)))
    }
    /** The cost per step of whoever knows when to write, but not what. */
    const floorOf = (gap: number) => (length * Math.log(symbols)) / (gap + 2 * length)

    // Short gaps first: what to store where is learned in short sequences, how to hold it in ever longer ones.
    const optimizer = adam()
    for (const upTo of short ? [longest] : [10, 30, longest]) {
      const batches = random.split('gaps').split(upTo)
      learn({
        model,
        optimizer,
        steps: short ? 500 : 3000,
        learningRate: 0.01,
        loss: (step) => {
          const draws = batches.split(step)
          return loss(1 + draws.integer(upTo), 32, draws)
        },
        check: (step, cost) => {
          log(`gaps of up to ${upTo}, step ${step}: cost ${cost.toFixed(4)} of ${floorOf(upTo).toFixed(4)}`)
          return cost < 0.1 * floorOf(upTo) && 'solved'
        },
      })
    }
    optimizer.dispose()
    const steps = short ? 200 : 2500
    learn({
      model,
      steps,
      learningRate: 0.005,
      schedule: cosine(steps, 0.02),
      loss: (step) => loss(longest, 32, random.split('batch').split(step)),
      check: (step, cost) => log(`gap ${longest}, step ${step}: cost ${cost.toFixed(5)}`),
    })
    const cost = engine.scope(() => loss(longest, 500, random.split('test')).item())
    const floor = floorOf(longest)
    return [{ name: 'cost per step', value: cost, bar: (short ? 0.5 : 0.01) * floor, better: 'lower', floor }]
  },
}
await runAlone(example, import.meta.url)
