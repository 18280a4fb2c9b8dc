// The embedded Reber grammar: what may come next is easy to learn, but for the last T or P, which repeats one from long before.
import { crossEntropy } from 'unrolled/losses'
import { cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'
import type { ReberString } from './kit/reber.js'
import { embeddedReber, predictsSet, symbols } from './kit/reber.js'
import { SequenceModel } from './kit/sequence-model.js'

/** The entropy of the grammar: 7 choices of 1 bit in the 11 predictions of a mean string. Nobody predicts better. */
const optimum = (7 * Math.LN2) / 11

/** Trains on strings drawn with one seed; gives the share of unseen strings predicted without a mistake, and the loss per symbol above the best possible. */
function learnReber(seed: number, { engine, short }: Given): { right: number; above: number } {
  const random = new Random(seed)
  const model = new SequenceModel({
    engine,
    random: random.split('model'),
    input: symbols.length,
    outputs: symbols.length,
    layers: [{ cell: 'lstm', size: 32 }],
  })
  const strings = (count: number, draws: Random) => Array.from({ length: count }, () => embeddedReber(draws))
  const predict = (batch: readonly ReberString[]) =>
    model.forward(batch.map(({ tokens }) => tokens.slice(0, -1)))
  const loss = (batch: readonly ReberString[]) => {
    const { outputs, layout } = predict(batch)
    return crossEntropy(outputs, engine.indices(layout.arrange(batch.map(({ tokens }) => tokens.slice(1)))))
  }
  const steps = short ? 250 : 1000
  learn({
    model,
    steps,
    learningRate: 0.02,
    schedule: cosine(steps, 0.01),
    loss: (step) => loss(strings(32, random.split('batch').split(step))),
  })
  const test = strings(short ? 200 : 2000, random.split('test'))
  return engine.scope(() => {
    const { outputs, layout } = predict(test)
    const scores = outputs.data
    const right = new Array<boolean>(test.length).fill(true)
    let best = 0
    layout.forEachRow((row, position, step) => {
      const one = layout.order[position]
      best += Math.log(test[one].next[step].length) / layout.rows
      const range = scores.subarray(row * symbols.length, (row + 1) * symbols.length)
      if (!predictsSet(range, test[one].next[step])) right[one] = false
    })
    return { right: right.filter(Boolean).length / test.length, above: loss(test).item() - best }
  })
}

export const example: Example = {
  name: 'reber',
  shows: 'An LSTM remembers the second symbol until the last but one, whichever string lies between.',
  run: async (given) => {
    const seeds = given.short ? 1 : 10
    const results = Array.from({ length: seeds }, (_, k) => {
      const result = learnReber(given.seed + k, given)
      const percent = (100 * result.right).toFixed(1)
      given.log(
        `seed ${given.seed + k}: ${percent} % of the strings, ${result.above.toFixed(5)} nats above the optimum`,
      )
      return result
    })
    const solved = results.filter(({ right }) => right >= (given.short ? 0.4 : 1)).length
    const above = Math.max(...results.map(({ above }) => above))
    return [
      { name: 'seeds with all strings right', value: solved, bar: seeds, better: 'higher', floor: 0 },
      {
        name: `nats above ${optimum.toFixed(5)}, worst seed`,
        value: above,
        bar: given.short ? 0.1 : 0.01,
        better: 'lower',
        floor: Math.log(symbols.length) - optimum,
      },
    ]
  },
}
await runAlone(example, import.meta.url)
