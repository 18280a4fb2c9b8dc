import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plateau, sgd } from '../../src/optim/index.js'
import { Random } from '../../src/random/index.js'
import { differentiate, type Engine } from '../../src/tensor/index.js'
import { averageLoss, type BatchEvent, type TrainEvent, fit as train } from '../../src/train/index.js'
import { MemoryStore } from './memory-store.js'
import {
  CarryingModel,
  carryingTraining,
  openEngine,
  type TinyBatch,
  TinyData,
  TinyModel,
  tinyTraining,
} from './tiny.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.dispose())

/** The tiny model without dropout, so that a batch gives what its parts give. */
class PlainModel extends TinyModel {
  override loss(batch: TinyBatch) {
    return super.loss(batch)
  }
}

/** Batches put together in groups. */
function joined(batches: TinyBatch[], group: number): TinyBatch[] {
  return Array.from({ length: Math.ceil(batches.length / group) }, (_, i) => {
    const parts = batches.slice(i * group, (i + 1) * group)
    return {
      steps: [0, 1, 2, 3].map((t) => parts.flatMap(({ steps }) => steps[t])),
      targets: parts.flatMap(({ targets }) => targets),
    }
  })
}

describe('accumulated gradients', () => {
  it.each([
    { accumulate: 4, clip: { norm: 0.05 } },
    { accumulate: 2, clip: { value: 0.01 } },
    { accumulate: 20, clip: { norm: 100 } },
  ])('$accumulate batches make the step of one big batch, clipped by $clip', async ({ accumulate, clip }) => {
    const changes = { optimizer: sgd({ momentum: 0.5 }), epochs: 3, clip, learningRate: 0.3 }
    const small = tinyTraining(engine, { ...changes, accumulate }, new PlainModel(engine))
    const events: TrainEvent[] = []
    await train({ ...small, on: (event) => events.push(event) })
    const source = new TinyData()
    const data = {
      batchesPerEpoch: Math.ceil(9 / accumulate),
      batches: (epoch: number, random: Random) => joined([...source.batches(epoch, random)], accumulate),
    }
    const big = tinyTraining(
      engine,
      { ...changes, optimizer: sgd({ momentum: 0.5 }), data },
      new PlainModel(engine),
    )
    const bigEvents: TrainEvent[] = []
    await train({ ...big, on: (event) => bigEvents.push(event) })
    const expected = big.model.weights()
    small.model.weights().forEach((weight, i) => {
      expect(weight).toBeCloseTo(expected[i], 5)
    })
    const updates = (all: TrainEvent[]) => all.filter((event): event is BatchEvent => event.type === 'batch')
    expect(updates(events).map(({ step }) => step)).toEqual(updates(bigEvents).map(({ step }) => step))
    updates(events).forEach(({ loss, gradientNorm, learningRate }, i) => {
      const other = updates(bigEvents)[i]
      expect(loss).toBeCloseTo(other.loss, 5)
      expect(gradientNorm).toBeCloseTo(other.gradientNorm, 5)
      expect(learningRate).toBe(other.learningRate)
    })
    expect(updates(events).at(-1)).toMatchObject({ batch: 9, batches: 9 })
  })

  it('of batches with equal sizes are summed in the order of the batches', async () => {
    const { model, ...options } = tinyTraining(engine, { accumulate: 2, epochs: 1, optimizer: sgd() })
    const batches = [...new TinyData().batches(0, new Random(1))].slice(0, 2)
    const streams: string[] = []
    const watched = {
      engine,
      parameters: () => model.parameters(),
      size: model.size,
      loss(batch: TinyBatch, training?: { random: Random; step: number }) {
        if (training) streams.push(`${training.step} ${training.random.key0}`)
        return model.loss(batch, training)
      },
    }
    const data = { batchesPerEpoch: 2, batches: () => batches }
    await train({ ...options, model: watched, data })
    expect(streams.map((stream) => stream.split(' ')[0])).toEqual(['0', '0'])
    expect(new Set(streams).size).toBe(2) // each has its own dropout
  })

  it('refuse batches without a size', async () => {
    const options = tinyTraining(engine, { accumulate: 2 })
    const model = { ...options.model, engine, parameters: () => options.model.parameters(), size: () => 0 }
    const loss = (batch: TinyBatch) => options.model.loss(batch)
    await expect(train({ ...options, model: { ...model, loss } })).rejects.toThrow(
      'fit: accumulate got batches of size 0 and 0; expected sizes above 0',
    )
  })
})

describe('a model with a differentiate of its own', () => {
  it('is trained by it and validated by its loss', async () => {
    const own = tinyTraining(engine, { epochs: 2 })
    const { model } = own
    const wrapped = {
      engine,
      parameters: () => model.parameters(),
      size: model.size,
      loss: (batch: TinyBatch) => model.loss(batch),
      differentiate: (batch: TinyBatch, training: { random: Random }) =>
        differentiate(engine, () => model.loss(batch, training)),
    }
    const result = await train({ ...own, model: wrapped })
    const other = tinyTraining(engine, { epochs: 2 })
    expect({ ...(await train(other)), seconds: 0 }).toEqual({ ...result, seconds: 0 })
    expect(other.model.weights()).toEqual(model.weights())
  })
})

describe('what reaches from batch to batch', () => {
  it('a carried state begins every epoch and every validation with zeros', async () => {
    const begins: number[] = []
    class Watched extends CarryingModel {
      override begin(batch: number) {
        begins.push(Math.hypot(...this.carried().state.data))
        return super.begin(batch)
      }
    }
    const model = new Watched(engine)
    const { validate: _, ...options } = tinyTraining(engine, { epochs: 2 }, model)
    await train(options)
    expect(begins.map((norm) => norm > 0)).toEqual([
      false,
      ...Array(8).fill(true),
      false,
      ...Array(8).fill(true),
    ])
    begins.length = 0
    await averageLoss(model, new TinyData(2), new Random(0))
    expect(begins[0]).toBe(0)
  })

  it('a plateau is the same after any interruption, and so are accumulated steps and the carried state', async () => {
    const epochs = 12
    const whole = carryingTraining(engine, { epochs })
    const rates: number[] = []
    const watch = (event: TrainEvent) => event.type === 'batch' && rates.push(event.learningRate)
    const expected = await train({ ...whole, on: watch })
    expect(rates.length).toBe(epochs * 5)
    expect(new Set(rates.slice(5)).size).toBeGreaterThan(2) // the rate fell several times
    for (const stopAt of [1, 3, 5, 23, 41, 56]) {
      const store = new MemoryStore()
      const controller = new AbortController()
      const on = (event: TrainEvent) => event.type === 'batch' && event.step === stopAt && controller.abort()
      await train(carryingTraining(engine, { epochs, store, signal: controller.signal, on }))
      const resumed = carryingTraining(engine, { epochs, store })
      const result = await train(resumed)
      expect({ ...result, seconds: 0, checkpoint: undefined }).toEqual({ ...expected, seconds: 0 })
      expect(resumed.model.weights()).toEqual(whole.model.weights())
    }
    for (const crashAt of [2, 24, 59]) {
      const store = new MemoryStore()
      const on = (event: TrainEvent) => {
        if (event.type === 'batch' && event.step === crashAt) throw new Error('power cut')
      }
      const changes = { epochs, store, checkpointEvery: { steps: 4 } }
      await expect(train(carryingTraining(engine, { ...changes, on }))).rejects.toThrow('power cut')
      const resumed = carryingTraining(engine, changes)
      await train(resumed)
      expect(resumed.model.weights()).toEqual(whole.model.weights())
    }
  })

  it('a plateau without a validation is refused', async () => {
    const { validate: _, ...options } = tinyTraining(engine, { schedule: plateau() })
    await expect(train(options)).rejects.toThrow('plateau: there are no validations to go by')
  })

  it('an abort amid accumulated batches finishes the step first', async () => {
    const controller = new AbortController()
    const options = tinyTraining(engine, { accumulate: 3, signal: controller.signal })
    let batches = 0
    const model = Object.assign(options.model, {
      size: (batch: TinyBatch) => {
        if (++batches === 4) controller.abort()
        return batch.targets.length
      },
    })
    expect(await train({ ...options, model })).toMatchObject({ reason: 'abort', steps: 2 })
    expect(batches).toBe(6)
  })
})
