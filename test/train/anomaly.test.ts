import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NonFiniteError } from '../../src/errors.js'
import { Embedding, Linear } from '../../src/layers/index.js'
import { crossEntropy, squaredError } from '../../src/losses/index.js'
import {
  CarriedState,
  differentiateThroughTime,
  prefixed,
  Stack,
  segmentOf,
  timeSegments,
} from '../../src/models/index.js'
import { sgd } from '../../src/optim/index.js'
import { Random } from '../../src/random/index.js'
import { type Engine, PackedLayout, packSequences, scale, type Tensor } from '../../src/tensor/index.js'
import { type Trainable, fit as train } from '../../src/train/index.js'
import { openEngine } from './tiny.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.dispose())

type Batch = readonly Float32Array[]

const steps = 20

/** Three sequences of 2 features, of different lengths: the middle one is the longest. */
function batchOf(change: (sequences: Float32Array[]) => void = () => {}): Batch {
  const sequences = [15, steps, 6].map((length, s) =>
    Float32Array.from({ length: 2 * length }, (_, i) => Math.sin(i + s)),
  )
  change(sequences)
  return sequences
}

/** Two layers, and a loss on every step. */
function model(cell: string, changes: { weight?: number; bidirectional?: boolean; factor?: number } = {}) {
  const { weight, bidirectional = false, factor = 1 } = changes
  const random = new Random(3)
  const layers = [
    { cell, size: 4 },
    { cell, size: 4 },
  ]
  const stack = new Stack({ engine, random, inputSize: 2, layers, bidirectional })
  const parameters = stack.parameters()
  if (weight !== undefined)
    for (const [name, parameter] of Object.entries(parameters))
      if (name.startsWith('weight_hh_l1')) parameter.set(new Float32Array(parameter.size).fill(weight))
  const trainable: Trainable<Batch> = {
    engine,
    parameters: () => parameters,
    loss(batch) {
      const { output } = stack.forward(packSequences(engine, batch, 2))
      return scale(squaredError(output.data, engine.zeros(output.data.shape)), factor)
    },
  }
  return { stack, trainable }
}

async function messageOf<B>(
  trainable: Trainable<B>,
  batches: readonly B[],
  options: { accumulate?: number; learningRate?: number } = {},
) {
  const error = await train({
    model: trainable,
    data: { batchesPerEpoch: batches.length, batches: () => batches },
    optimizer: sgd(),
    learningRate: 1e-9,
    random: new Random(1),
    epochs: 3,
    ...options,
  }).catch((error) => error)
  expect(error).toBeInstanceOf(NonFiniteError)
  return error.message as string
}

describe('a training that meets a number that is not finite says where it appeared first', () => {
  it('in the input: the layer, the time step and the sequence', async () => {
    const spoiled = batchOf((sequences) => {
      sequences[0][2 * 9 + 1] = Number.NaN
      sequences[1][2 * 12] = Number.NaN
    })
    for (const cell of ['elman', 'lstm', 'gru'])
      expect(await messageOf(model(cell).trainable, [batchOf(), spoiled])).toContain(
        'the loss is NaN at step 2 (epoch 1, batch 2 of 2). The first NaN of the forward pass is in the input of layer l0, time step 9 of sequence 0 (both counted from 0). No checkpoint',
      )
  })

  it('in the activations of a layer that explodes', async () => {
    const { trainable, stack } = model('elmanRelu', { weight: 1e3 })
    const message = await messageOf(trainable, [batchOf()])
    const found =
      /The first Infinity of the forward pass is in h of layer l1, time step (\d+) of sequence (\d)/.exec(
        message,
      )
    expect(found).not.toBeNull()
    const { output, layout } = engine.scope(() => {
      const { output } = stack.forward(packSequences(engine, batchOf(), 2))
      return { output: Array.from(output.data.data), layout: output.layout }
    })
    const row = Math.floor(output.findIndex((value) => !Number.isFinite(value)) / 4)
    const [step, sequence] = [Number(found?.[1]), Number(found?.[2])]
    expect(layout.rowOf(layout.order.indexOf(sequence), step)).toBe(row)
    expect(step).toBeGreaterThan(5)
  })

  it('in a reverse direction, whose time runs backwards', async () => {
    const { trainable } = model('elmanRelu', { weight: 1e3, bidirectional: true })
    const reversed = batchOf((sequences) => {
      for (const sequence of sequences) sequence.fill(0)
      sequences[1][2 * (steps - 1)] = 1e30 // its last step is the first one backwards
    })
    const forward = trainable.parameters()
    for (const name of ['weight_ih_l1', 'weight_hh_l1', 'bias_ih_l1', 'bias_hh_l1'])
      forward[name].set(new Float32Array(forward[name].size))
    for (const [name, parameter] of Object.entries(forward))
      if (/weight_ih_l._?/.test(name) && !/l1$/.test(name))
        parameter.set(new Float32Array(parameter.size).fill(1))
    expect(await messageOf(trainable, [reversed])).toMatch(
      /of the forward pass is in h of layer l1_reverse, time step 1\d of sequence 1 \(both counted from 0\)/,
    )
  })

  it('in the gradient of the states, going back in time', async () => {
    const { trainable, stack } = model('elman')
    // states far below the bend of tanh: the gradient grows by 1e3 with each step back, the forward pass stays small
    for (const [name, parameter] of Object.entries(stack.parameters()))
      if (/weight_ih_l1|bias/.test(name)) parameter.set(new Float32Array(parameter.size))
      else if (name === 'weight_hh_l1')
        parameter.set(Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1e3 : 0)))
    const last: Trainable<Batch> = {
      ...trainable,
      loss: (batch) => {
        const { final } = stack.forward(packSequences(engine, batch, 2))
        return squaredError(final[1].h, engine.full(final[1].h.shape, -1))
      },
    }
    const message = await messageOf(last, [batchOf()])
    expect(message).toContain('the norm of the gradients is')
    const found =
      /The forward pass is finite. Going back in time, the first -?Infinity is in ∂L\/∂h of layer l1, time step (\d+) of sequence 1/.exec(
        message,
      )
    // 1e3 to the power of 13 is beyond single precision: 13 steps before the last, which is step 19
    expect(Number(found?.[1])).toBeGreaterThanOrEqual(5)
    expect(Number(found?.[1])).toBeLessThanOrEqual(7)
  })

  it('outside the recurrent layers', async () => {
    const { trainable } = model('lstm', { factor: Number.POSITIVE_INFINITY })
    expect(await messageOf(trainable, [batchOf()])).toContain(
      'The weights and all recurrent layers are finite: the loss became Infinity after them, in the output layer, in the targets or in the loss itself.',
    )
    const weight = engine.parameter([1])
    weight.set([1e-30])
    const root: Trainable<number> = {
      engine,
      parameters: () => ({ weight }),
      loss: () => squaredError(weight, engine.tensor([3e38])),
    }
    expect(await messageOf(root, [1])).toContain('The weights are finite: the loss became Infinity')
  })

  it('in a weight, after a step that was too long', async () => {
    const { trainable } = model('elmanRelu', { factor: 1e20 })
    expect(await messageOf(trainable, [batchOf()], { learningRate: 1e30 })).toMatch(
      /at step 2 .*The weight (weight|bias)_ih_l0 was (NaN|-?Infinity) before the batch\./,
    )
  })

  it('in which of several accumulated batches, from the state that was carried into it', async () => {
    const { stack, trainable } = model('gru')
    const state = new CarriedState(stack, 3)
    const carrying: Trainable<Batch> = {
      ...trainable,
      carried: () => state.tensors(),
      loss(batch) {
        const { output, final } = stack.forward(packSequences(engine, batch, 2), { initial: state.initial() })
        state.keep(final)
        return squaredError(output.data, engine.zeros(output.data.shape))
      },
    }
    const spoiled = batchOf((sequences) => {
      sequences[2][3] = Number.POSITIVE_INFINITY
    })
    expect(await messageOf(carrying, [batchOf(), spoiled, batchOf()], { accumulate: 3 })).toContain(
      'of the forward pass is in the input of layer l0, time step 1 of sequence 2 (both counted from 0). (Batch 2 of the 3 of this step.)',
    )
  })

  it('with the time step of the whole when it is computed in segments', async () => {
    const { stack } = model('lstm')
    const layout = PackedLayout.of([steps])
    const segmented: Trainable<Float32Array> = {
      engine,
      parameters: () => stack.parameters(),
      loss: () => engine.full([], 0),
      differentiate: (x) => {
        const segments = timeSegments(layout, 6)
        return differentiateThroughTime(engine, segments.length, (index, states) => {
          const part = segmentOf({ data: engine.tensor(x, [steps, 2]), layout }, segments[index])
          const { output, final } = stack.forward(part, states && { initial: states })
          return { final, loss: () => squaredError(output.data, engine.zeros(output.data.shape)) }
        })
      },
    }
    for (const bad of [3, 14, 19]) {
      const x = new Float32Array(2 * steps).fill(0.5)
      x[2 * bad] = Number.NaN
      expect(await messageOf(segmented, [x])).toContain(`input of layer l0, time step ${bad} of sequence 0`)
    }
  })

  it('in the gradient of a weight that no recurrent layer shows', async () => {
    const random = new Random(1)
    const embedding = new Embedding(3, 2, { engine, random })
    const head = new Linear(2, 3, { engine, random })
    head.weight.set(new Float32Array(6).fill(3e38))
    embedding.weight.set(new Float32Array(6))
    const parameters = {
      ...prefixed('embedding', embedding.parameters()),
      ...prefixed('head', head.parameters()),
    }
    const plain: Trainable<number> = {
      engine,
      parameters: () => parameters as Record<string, Tensor>,
      loss: () => scale(crossEntropy(head.forward(embedding.forward([1])), engine.indices([2])), 1e3),
    }
    expect(await messageOf(plain, [1])).toMatch(
      /The forward pass is finite. The first (NaN|-?Infinity) found going back is in the gradient of embedding.weight\./,
    )
  })
})
