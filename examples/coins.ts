// Coin flips: there is nothing to learn, and a good method says so instead of finding a pattern in chance.
import { crossEntropy } from 'unrolled/losses'
import { Random } from 'unrolled/random'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'
import { SequenceModel } from './kit/sequence-model.js'

/** Sequences of bits by the name of what makes them: a coin, and, so that the method can also say yes, days that tend to stay as they are. */
const sources = {
  'coin flips': (_: number, random: Random) => random.integer(2),
  'rain after rain': (before: number, random: Random) => (random.uniform() < 0.8 ? before : 1 - before),
}

/**
 * Learns from one part of the sequences and is scored on another: its loss in nats per bit, and that of always
 * saying how often a 1 comes. "Sequential" is what it predicts better than that, by more than twice the standard error of the mean difference.
 */
function isSequential(name: keyof typeof sources, { engine, seed, short, log }: Given) {
  const random = new Random(seed).split(name)
  const sequences = (count: number, part: string) =>
    Array.from({ length: count }, (_, k) => {
      const draws = random.split(part).split(k)
      const bits = [draws.integer(2)]
      while (bits.length < 51) bits.push(sources[name](bits[bits.length - 1], draws))
      return bits
    })
  const [training, test] = [sequences(short ? 100 : 400, 'training'), sequences(short ? 100 : 1000, 'test')]
  const model = new SequenceModel({
    engine,
    random: random.split('model'),
    input: 2,
    outputs: 2,
    layers: [{ cell: 'lstm', size: 8 }],
  })
  const losses = (batch: readonly number[][], reduction: 'mean' | 'none') => {
    const { outputs, layout } = model.forward(batch.map((bits) => bits.slice(0, -1)))
    return crossEntropy(outputs, engine.indices(layout.arrange(batch.map((bits) => bits.slice(1)))), {
      reduction,
    })
  }
  learn({
    model,
    steps: short ? 60 : 200,
    learningRate: 0.01,
    loss: (step) => {
      const draws = random.split('batch').split(step)
      return losses(
        Array.from({ length: 32 }, () => training[draws.integer(training.length)]),
        'mean',
      )
    },
  })
  const own = engine.scope(() => losses(test, 'none').data.slice())
  const ones = training.flat().filter((bit) => bit === 1).length / training.flat().length
  const gains = Array.from(own, (loss, row) => {
    const bit = test[row % test.length][1 + Math.floor(row / test.length)] // rows lie step by step
    return -Math.log(bit === 1 ? ones : 1 - ones) - loss
  })
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length
  const error = Math.sqrt(gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0)) / gains.length
  const nll = Array.from(own).reduce((sum, loss) => sum + loss, 0) / own.length
  const sequential = mean > 2 * error
  log(
    `${name}: ${nll.toFixed(5)} nats per bit, ${mean.toFixed(5)} ± ${error.toFixed(5)} better than without the past: ${sequential ? 'sequential' : 'not sequential'}`,
  )
  return { nll, sequential }
}

export const example: Example = {
  name: 'coins',
  shows:
    'Nothing is learned from coin flips, and the report says so; of days with rain it says the opposite.',
  run: async (given) => {
    const coins = isSequential('coin flips', given)
    const rain = isSequential('rain after rain', given)
    const floor = Math.LN2
    const entropy = -0.8 * Math.log(0.8) - 0.2 * Math.log(0.2)
    return [
      {
        name: 'coins, nats per bit',
        value: coins.nll,
        bar: Math.floor(1000 * Math.LN2) / 1000,
        better: 'higher',
        floor,
      },
      {
        name: 'coins, "not sequential"',
        value: Number(!coins.sequential),
        bar: 1,
        better: 'higher',
        floor: 0,
      },
      {
        name: 'rain, nats per bit',
        value: rain.nll,
        bar: entropy + (given.short ? 0.1 : 0.01),
        better: 'lower',
        floor,
      },
      { name: 'rain, "sequential"', value: Number(rain.sequential), bar: 1, better: 'higher', floor: 0 },
    ]
  },
}
await runAlone(example, import.meta.url)
