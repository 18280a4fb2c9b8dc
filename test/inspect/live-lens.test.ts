import { describe, expect, test } from 'vitest'
import type { Reading, Watchable } from '../../src/inspect/index.js'
import { inspect, liveLens } from '../../src/inspect/index.js'
import { crossEntropy } from '../../src/losses/index.js'
import { adam } from '../../src/optim/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine, Tensor } from '../../src/tensor/index.js'
import { scale } from '../../src/tensor/index.js'
import type { Trainable } from '../../src/train/index.js'
import { averageLoss, fit as trainModel } from '../../src/train/index.js'
import { minimalGated } from '../cells/minimal-gated.js'
import { useEngine } from '../tensor/engines.js'
import { smallClassifier } from './models.js'

type Batch = readonly number[][]

/** Which of three symbols came first: a loss for a small classifier. */
function task(engine: Engine, cell: Parameters<typeof smallClassifier>[1]): Trainable<Batch> {
  const model = smallClassifier(engine, cell)
  return {
    engine,
    parameters: () => model.parameters(),
    loss: (batch) => crossEntropy(model.forward(batch), engine.indices(batch.map(([first]) => first % 3))),
    size: (batch) => batch.length,
  }
}

const data = {
  batchesPerEpoch: 5,
  *batches(_: number, random: Random): Iterable<Batch> {
    for (let k = 0; k < 5; k++)
      yield Array.from({ length: 4 }, () => Array.from({ length: 6 }, () => random.integer(6)))
  },
}

async function train(model: Watchable<Batch>): Promise<void> {
  const options = { data, optimizer: adam(), learningRate: 0.01, random: new Random(3), epochs: 2 }
  await trainModel({
    model,
    ...options,
    validate: async () => ({ loss: await averageLoss(model, data, new Random(5)) }),
  })
}

const weightsOf = (model: Watchable<Batch>) =>
  Object.values(model.parameters()).flatMap((parameter) => [...parameter.data])

describe.each([['lstm'], ['elman'], [minimalGated]])('%o', (cell) => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })

  test('a watched training gives the same bits, and a reading every so many steps', async () => {
    const plain = task(engine(), cell)
    await train(plain)
    const watched = task(engine(), cell)
    const readings: Reading[] = []
    await train(liveLens(watched, { every: 4, span: 5, see: (reading) => readings.push(reading) }))
    expect(weightsOf(watched)).toEqual(weightsOf(plain))
    expect(readings.map(({ step }) => step)).toEqual([1, 5, 9])
    for (const { layers, verdict } of readings) {
      expect(layers).toHaveLength(1)
      expect(layers[0].flow[0].norms).toHaveLength(6)
      expect(layers[0].flow[0].norms.every((norm) => norm > 0)).toBe(true)
      expect(verdict).toBe(layers[0].verdict)
    }
  })

  test('a reading is what inspect finds for the same batch', async () => {
    const model = task(engine(), cell)
    const [batch] = data.batches(1, new Random(3).split('data'))
    const readings: Reading[] = []
    const inspection = inspect(model, () => model.loss(batch), { span: 6 })
    await trainModel({
      ...{ model: liveLens(model, { every: 1, see: (reading) => readings.push(reading) }) },
      ...{ data: { batchesPerEpoch: 1, batches: () => [batch] }, optimizer: adam(), learningRate: 0.01 },
      ...{ random: new Random(3), epochs: 1 },
    })
    const [layer] = inspection.layers
    const { radii: _, states: __, ...expected } = layer
    expect(readings).toEqual([{ step: 1, layers: [expected], verdict: inspection.verdict }])
  })
})

test('what a model carries from batch to batch goes through', () => {
  const carried = { h: {} as Tensor }
  const model = { carried: () => carried } as unknown as Watchable<Batch>
  expect(liveLens(model, { see: () => {} }).carried?.()).toBe(carried)
})

test('refuses a model that differentiates by itself, and a span that is no number of steps', () => {
  const model = { differentiate: () => 0 } as unknown as Watchable<Batch>
  expect(() => liveLens(model, { see: () => {} })).toThrow(/liveLens: the model has its own differentiate/)
  expect(() => liveLens({} as Watchable<Batch>, { span: 1.5, see: () => {} })).toThrow(
    'liveLens: span is 1.5; expected a whole number of at least 1',
  )
})

describe('a training that fails', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })

  test('says where also while it is watched', async () => {
    const model = task(engine(), 'lstm')
    const exploding: Trainable<Batch> = {
      ...model,
      loss: (batch) => scale(model.loss(batch), Number.POSITIVE_INFINITY),
    }
    const messageOf = (trained: Watchable<Batch>) =>
      train(trained).then(
        () => 'nothing',
        (error: Error) => error.message,
      )
    const plain = await messageOf(exploding)
    expect(plain).toContain('all recurrent layers are finite')
    expect(await messageOf(liveLens(exploding, { every: 1, see: () => {} }))).toBe(plain)
  })
})

test('refuses an interval that is no whole number', () => {
  expect(() => liveLens({} as Watchable<Batch>, { every: 0, see: () => {} })).toThrow(
    'liveLens: every is 0; expected a whole number of at least 1',
  )
})
