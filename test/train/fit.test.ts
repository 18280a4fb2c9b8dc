import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FormatError, NonFiniteError, UsageError } from '../../src/errors.js'
import { sgd } from '../../src/optim/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine } from '../../src/tensor/index.js'
import { type BatchEvent, type FitOptions, type TrainEvent, fit as train } from '../../src/train/index.js'
import { MemoryStore } from './memory-store.js'
import { openEngine, type TinyBatch, TinyData, tinyTraining } from './tiny.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.dispose())

const withoutTime = (events: readonly TrainEvent[]) =>
  events.filter(({ type }) => type !== 'checkpoint').map((event) => ({ ...event, time: undefined }))

describe('fit', () => {
  it('learns, and repeats itself bit by bit', async () => {
    const first = tinyTraining(engine, { epochs: 30 })
    const result = await train(first)
    const losses = result.history.map(({ loss }) => loss)
    expect(losses[0]).toBeGreaterThan(0.3)
    expect(losses.at(-1)).toBeLessThan(0.1)
    expect(result).toMatchObject({ reason: 'epochs', steps: 270, epochs: 30 })
    const second = tinyTraining(engine, { epochs: 30 })
    await train(second)
    expect(second.model.weights()).toEqual(first.model.weights())
  })

  it('keeps the last of the epochs that are as good as the record', async () => {
    const accuracies = [0.5, 0.9, 0.88, 0.7, 0.89, 0.6]
    const best = async (monitor: NonNullable<FitOptions<TinyBatch>['monitor']>) => {
      const validate = (epoch: number) => ({ accuracy: accuracies[epoch - 1] })
      const result = await train(tinyTraining(engine, { epochs: 6, monitor, validate }))
      return result.best?.epoch
    }
    expect(await best({ metric: 'accuracy', better: 'higher' })).toBe(2)
    expect(await best({ metric: 'accuracy', better: 'higher', within: () => 0.015 })).toBe(5)
    expect(await best({ metric: 'accuracy', better: 'higher', within: (record) => record / 2 })).toBe(6)
    expect(await best({ metric: 'accuracy', better: 'lower', within: () => 0.11 })).toBe(6)
  })

  it('does what the same steps written by hand do', async () => {
    const options = tinyTraining(engine, { optimizer: sgd(), epochs: 1 })
    const { validate: _, schedule: __, clip: ___, ...plain } = options
    await train(plain)

    const { model } = tinyTraining(engine)
    const random = new Random(7)
    let step = 0
    for (const batch of new TinyData().batches(0, random.split('epoch').split(0))) {
      const stream = random.split('step').split(step++)
      engine.scope(() => {
        const { value, tape } = engine.record(() => model.loss(batch, { random: stream }))
        value.claimGradient().gradient.data[0] = 1
        tape.run()
      })
      for (const parameter of Object.values(model.parameters())) {
        const { gradient } = parameter
        parameter.set(Array.from(parameter.data, (w, i) => w - Math.fround(0.02) * (gradient?.data[i] ?? 0)))
        parameter.clearGradient()
      }
    }
    const expected = model.weights()
    plain.model.weights().forEach((weight, i) => {
      expect(weight).toBeCloseTo(expected[i], 6)
    })
  })

  it('reports every batch and epoch in plain JSON', async () => {
    const events: TrainEvent[] = []
    await train(tinyTraining(engine, { epochs: 2, on: (event) => events.push(event) }))
    expect(JSON.parse(JSON.stringify(events))).toEqual(events)
    const batches = Array(9).fill('batch')
    expect(events.map(({ type }) => type)).toEqual([
      'start',
      ...batches,
      'epoch',
      ...batches,
      'epoch',
      'stop',
    ])
    expect(events[0]).toMatchObject({
      parameters: 8 * 3 + 64 + 8 + 8,
      epochs: 2,
      batches: 9,
      settings: { learningRate: 0.02 },
    })
    const last = events.at(-3) as BatchEvent
    expect(last).toMatchObject({ step: 18, epoch: 2, epochs: 2, batch: 9, batches: 9, learningRate: 0.02 })
    expect(last.time).toMatchObject({ epochSecondsLeft: 0, secondsLeft: 0 })
    expect((events[1] as BatchEvent).learningRate).toBeCloseTo(0.002)
    expect((events[1] as BatchEvent).time.secondsLeft).toBeGreaterThan(0)
    const sizes = [8, 8, 8, 8, 8, 8, 8, 8, 6]
    const losses = events.slice(1, 10).map((event) => (event as BatchEvent).loss)
    const mean = losses.reduce((sum, loss, i) => sum + (loss * sizes[i]) / 70, 0)
    expect((events[10] as { loss: number }).loss).toBeCloseTo(mean, 10)
  })

  it('keeps the best weights and restores them at the end', async () => {
    const scores = [3, 1, 2, 5]
    let bestWeights: number[] = []
    const options = tinyTraining(engine, {
      validate: (epoch) => {
        if (epoch === 2) bestWeights = options.model.weights()
        return { error: scores[epoch - 1] }
      },
      monitor: { metric: 'error', better: 'lower' },
    })
    const result = await train(options)
    expect(result.best).toEqual({ epoch: 2, metrics: { error: 1 } })
    expect(options.model.weights()).toEqual(bestWeights)
  })

  it('finds the best epoch also when the first ones were not validated', async () => {
    const store = new MemoryStore()
    const losses = [5, 3, 4]
    const { validate: _, ...without } = tinyTraining(engine, { epochs: 2, store })
    await train(without)
    const options = {
      epochs: 5,
      store,
      validate: (epoch: number) => ({ loss: losses[epoch - 3] }),
      patience: 3,
    }
    const result = await train(tinyTraining(engine, options))
    expect(result).toMatchObject({ reason: 'epochs', best: { epoch: 4, metrics: { loss: 3 } } })
  })

  it('stops after epochs without improvement', async () => {
    const scores = [0.5, 0.7, 0.7, 0.6, 0.9]
    const options = { validate: (epoch: number) => ({ accuracy: scores[epoch - 1] }), patience: 2, epochs: 5 }
    const result = await train(
      tinyTraining(engine, { ...options, monitor: { metric: 'accuracy', better: 'higher' } }),
    )
    expect(result).toMatchObject({ reason: 'patience', epochs: 4, best: { epoch: 2 } })
  })

  it('clips by value', async () => {
    const limited = tinyTraining(engine, {
      clip: { value: 1e-6 },
      optimizer: sgd(),
      epochs: 1,
      learningRate: 1,
    })
    const before = limited.model.weights()
    const { validate: _, ...options } = limited
    await train(options)
    // nine steps of at most 1e-6 each, in float32
    limited.model.weights().forEach((weight, i) => {
      expect(Math.abs(weight - before[i])).toBeLessThan(1e-5)
    })
    expect(limited.model.weights()).not.toEqual(before)
  })

  it('stops when the time is over, and scores the epoch cut short', async () => {
    const store = new MemoryStore()
    const options = tinyTraining(engine, { epochs: 1e9, seconds: 0.1, store })
    const result = await train(options)
    expect(result.reason).toBe('seconds')
    expect(result.seconds).toBeGreaterThan(0.1)
    expect(result.seconds).toBeLessThan(5)
    expect(result.best).toBeDefined()
    const last = store.load()?.checkpoint.progress
    expect(last?.step).toBe(result.steps)
    expect(last?.history.length).toBe(result.epochs)
    const short = await train(tinyTraining(engine, { epochs: 5, seconds: 0 }))
    expect(short).toMatchObject({ steps: 1, epochs: 0, history: [{ epoch: 1 }] })
  })

  it('works without a validation, and with batches that come later', async () => {
    const source = new TinyData()
    const later = {
      batchesPerEpoch: 9,
      async *batches(epoch: number, random: Random): AsyncIterable<TinyBatch> {
        for (const batch of source.batches(epoch, random)) {
          await new Promise((resolve) => setTimeout(resolve))
          yield batch
        }
      },
    }
    const options = tinyTraining(engine)
    const { validate: _, ...plain } = options
    const result = await train({ ...plain, data: later })
    expect(result.best).toBeUndefined()
    const { validate: __, ...other } = tinyTraining(engine)
    await train(other)
    expect(options.model.weights()).toEqual(other.model.weights())
  })

  it('lets the event loop turn, so that a timer can abort it', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 50)
    const result = await train(tinyTraining(engine, { epochs: 1e9, signal: controller.signal }))
    expect(result.reason).toBe('abort')
    expect(result.seconds).toBeLessThan(5)
  })

  it('keeps the heap constant', async () => {
    const bytes: number[] = []
    const { validate: _, ...options } = tinyTraining(engine, { epochs: 30 })
    await train({ ...options, on: (event) => event.type === 'epoch' && bytes.push(engine.heapBytes) })
    expect(new Set(bytes.slice(2)).size).toBe(1)
  })
})

describe('exact resume', () => {
  it('from an abort after any batch gives the same weights and events', async () => {
    const whole = tinyTraining(engine, { store: new MemoryStore() })
    const expected = await train(whole)
    const expectedEvents = withoutTime((whole.store as MemoryStore).events)
    for (const stopAt of [1, 5, 9, 10, 26, 35]) {
      const store = new MemoryStore()
      const controller = new AbortController()
      const on = (event: TrainEvent) => event.type === 'batch' && event.step === stopAt && controller.abort()
      const first = await train(tinyTraining(engine, { store, signal: controller.signal, on }))
      expect(first).toMatchObject({ reason: 'abort', steps: stopAt, checkpoint: 'checkpoint 1' })
      store.events.pop() // the stop
      const second = tinyTraining(engine, { store })
      const result = await train(second)
      expect({ ...result, seconds: 0, checkpoint: '' }).toEqual({ ...expected, seconds: 0, checkpoint: '' })
      expect(second.model.weights()).toEqual(whole.model.weights())
      const [start, ...rest] = withoutTime(store.events.filter((event) => !('resumed' in event)))
      expect([start, ...rest]).toEqual(expectedEvents)
    }
  })

  it('from a crash at any step gives the same weights', async () => {
    const whole = tinyTraining(engine)
    await train(whole)
    // the last two: saved after an epoch's last batch, before its validation
    const cases = [
      ...[1, 2, 7, 13, 18, 30, 36].map((crashAt) => ({ crashAt, steps: 4 })),
      { crashAt: 19, steps: 18 },
      { crashAt: 36, steps: 9 },
    ]
    for (const { crashAt, steps } of cases) {
      const store = new MemoryStore()
      const on = (event: TrainEvent) => {
        if (event.type === 'batch' && event.step === crashAt) throw new Error('power cut')
      }
      const checkpointEvery = { steps }
      await expect(train(tinyTraining(engine, { store, on, checkpointEvery }))).rejects.toThrow('power cut')
      expect(store.saved.length).toBe(Math.floor((crashAt - 1) / steps))
      const second = tinyTraining(engine, { store, checkpointEvery })
      await train(second)
      expect(second.model.weights()).toEqual(whole.model.weights())
    }
  })

  it('of an ended training goes on when it gets more epochs or time, else does nothing', async () => {
    const store = new MemoryStore()
    await train(tinyTraining(engine, { store, epochs: 2 }))
    const again = tinyTraining(engine, { store, epochs: 2 })
    expect(await train(again)).toMatchObject({ reason: 'epochs', steps: 18, best: { epoch: 2 } })
    expect(store.saved.length).toBe(1)
    const more = tinyTraining(engine, { store, epochs: 4 })
    await train(more)
    const whole = tinyTraining(engine)
    await train(whole)
    expect(more.model.weights()).toEqual(whole.model.weights())

    const timed = new MemoryStore()
    await train(tinyTraining(engine, { store: timed, seconds: 0 }))
    expect(await train(tinyTraining(engine, { store: timed, seconds: 0 }))).toMatchObject({
      steps: 1,
      best: { epoch: 1 },
    })
    const rest = tinyTraining(engine, { store: timed })
    await train(rest)
    expect(rest.model.weights()).toEqual(whole.model.weights())
  })

  it('does not depend on how often it saves', async () => {
    const often = tinyTraining(engine, { store: new MemoryStore(), checkpointEvery: { seconds: 0 } })
    await train(often)
    expect((often.store as MemoryStore).saved.length).toBe(37)
    const never = tinyTraining(engine)
    await train(never)
    expect(often.model.weights()).toEqual(never.model.weights())
  })

  it('refuses another seed, other settings, other data, another model', async () => {
    const store = new MemoryStore()
    await train(tinyTraining(engine, { store, epochs: 1 }))
    const refused = async (changes: object, ...messages: string[]) => {
      const error = await train(tinyTraining(engine, { store, ...changes })).catch((error) => error)
      expect(error).toBeInstanceOf(UsageError)
      for (const message of messages) expect(error.message).toContain(message)
    }
    await refused({ random: new Random(8) }, 'random key[0] was 7, now 8')
    await refused(
      { settings: { learningRate: 0.1, cell: 'lstm' } },
      'learningRate was 0.02, now 0.1',
      'cell was null, now "lstm"',
    )
    await refused({ data: { batches: () => [], batchesPerEpoch: 8 } }, 'batches per epoch was 9, now 8')

    const other = tinyTraining(engine, { store })
    const { bias: _, ...fewer } = other.model.parameters()
    const model = { engine, loss: other.model.loss, parameters: () => ({ ...fewer, extra: fewer.weight_ih }) }
    const error = await train({ ...other, model }).catch((error) => error)
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toContain('missing: weight/extra [8, 3]')
    expect(error.message).toContain('unexpected: optimizer/bias.mean [8]')
  })
})

describe('bad numbers', () => {
  /** The tiny training whose data are spoiled from one batch of the second epoch on. */
  function spoiled(value: number, changes: Partial<Parameters<typeof tinyTraining>[1]> = {}) {
    const source = new TinyData()
    const data = {
      batchesPerEpoch: 9,
      *batches(epoch: number, random: Random): Iterable<TinyBatch> {
        let index = 0
        for (const batch of source.batches(epoch, random))
          yield epoch === 1 && index++ === 3 ? { ...batch, targets: batch.targets.map(() => [value]) } : batch
      },
    }
    return tinyTraining(engine, { data, ...changes })
  }

  it.each([Number.NaN, Infinity])(
    'a loss of %f stops with step, epoch and batch; the checkpoint stays',
    async (value) => {
      const store = new MemoryStore()
      const options = spoiled(value, { store, checkpointEvery: { steps: 5 } })
      const error = await train(options).catch((error) => error)
      expect(error).toBeInstanceOf(NonFiniteError)
      expect(error.message).toContain(`the loss is ${value} at step 13 (epoch 2, batch 4 of 9)`)
      expect(error.message).toContain('The last good checkpoint is checkpoint 2 (step 10)')
      expect(store.events.at(-1)).toMatchObject({ type: 'stop', reason: 'nonFinite', step: 12 })
      for (const { data } of Object.values(store.load()?.checkpoint.tensors ?? {}))
        expect([...data].every((x) => Number.isFinite(Number(x)))).toBe(true)
    },
  )

  it('a gradient that is not finite stops before a weight is touched', async () => {
    const options = spoiled(3e30) // its square is infinite in float32; with a smaller one the gradient overflows later
    const weights: number[][] = []
    const on = (event: TrainEvent) => event.type === 'batch' && weights.push(options.model.weights())
    await expect(train({ ...options, on })).rejects.toThrow(NonFiniteError)
    expect(options.model.weights()).toEqual(weights.at(-1))
  })

  it('weights that are not finite are never saved', async () => {
    const store = new MemoryStore()
    const {
      validate: _,
      schedule: __,
      ...options
    } = tinyTraining(engine, { learningRate: 1e38, store, epochs: 1 })
    const error = await train({ ...options, optimizer: sgd(), clip: { norm: 1e5 } }).catch((error) => error)
    expect(error).toBeInstanceOf(NonFiniteError)
    expect(store.saved).toEqual([])
  })

  it('a validation that is not finite stops', async () => {
    const options = tinyTraining(engine, { validate: (epoch) => ({ loss: epoch === 2 ? Number.NaN : 1 }) })
    await expect(train(options)).rejects.toThrow(
      'loss of the validation is NaN at step 18 (epoch 2, batch 9 of 9)',
    )
  })
})

describe('bad options', () => {
  it.each<[object, string]>([
    [{ epochs: -1 }, 'epochs must be a whole number of at least 0, got -1'],
    [{ epochs: 1.5 }, 'epochs must be a whole number'],
    [{ learningRate: Number.NaN }, 'learningRate must be a number of at least 0, got NaN'],
    [{ accumulate: 0 }, 'accumulate must be a whole number of at least 1, got 0'],
    [{ patience: 0 }, 'patience must be a whole number of at least 1'],
    [{ patience: 2, validate: undefined }, 'patience needs validate'],
    [{ clip: { norm: -1 } }, 'clip must be'],
    [{ checkpointEvery: { steps: 0 } }, 'checkpointEvery.steps must be'],
    [
      { monitor: { metric: 'f1', better: 'higher' } },
      'monitor.metric is f1, but validate returned only loss',
    ],
    [{ data: { batches: () => [], batchesPerEpoch: 0 } }, 'the data gave no batch in epoch 1'],
  ])('%j is refused', async (changes, message) => {
    const error = await train(tinyTraining(engine, { epochs: 1, ...changes })).catch((error) => error)
    expect(error).toBeInstanceOf(UsageError)
    expect(error.message).toContain(message)
  })
})
