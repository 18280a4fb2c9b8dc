import { afterAll, beforeAll, expect, it } from 'vitest'
import { adam, averaged } from '../../src/optim/index.js'
import type { Engine } from '../../src/tensor/index.js'
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  type RunStore,
  fit as train,
} from '../../src/train/index.js'
import { openEngine, tinyTraining } from './tiny.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.dispose())

const training = (changes = {}) =>
  tinyTraining(engine, { optimizer: averaged(adam(), { decay: 0.9 }), ...changes })

it('validates and ends with averages, and trains on without them', async () => {
  const seen: number[][] = []
  const options = training({ epochs: 3, monitor: { metric: 'never', better: 'higher' } })
  const validate = (epoch: number) => {
    seen.push(options.model.weights())
    return { loss: 1, never: -epoch } // the first epoch is the best
  }
  await train({ ...options, validate })
  expect(options.model.weights()).toEqual(seen[0])

  const { validate: _, monitor: __, ...unscored } = training({ epochs: 3 })
  await train(unscored)
  expect(unscored.model.weights()).toEqual(seen[2]) // validation changed nothing about the training
  const plain = tinyTraining(engine, { optimizer: adam(), epochs: 3 })
  const { validate: ___, ...unaveraged } = plain
  await train(unaveraged)
  expect(unaveraged.model.weights()).not.toEqual(seen[2])
})

it('resumes with the same bits', async () => {
  const whole = training()
  await train(whole)
  const saved: Uint8Array[] = []
  const store: RunStore = {
    record() {},
    save: (checkpoint: Checkpoint) => `checkpoint ${saved.push(encodeCheckpoint(checkpoint))}`,
    load: () => (saved.length > 0 ? decodeCheckpoint(saved[saved.length - 1], 'memory') : undefined),
  }
  const stop = new AbortController()
  const cut = training({ store, signal: stop.signal })
  await train({ ...cut, on: (event) => event.type === 'batch' && event.step === 14 && stop.abort() })
  const resumed = training({ store })
  await train(resumed)
  expect(resumed.model.weights()).toEqual(whole.model.weights())
})
