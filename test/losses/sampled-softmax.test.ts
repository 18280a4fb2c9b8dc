import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ShapeError, UsageError } from '../../src/errors.js'
import { crossEntropy, sampledSoftmax } from '../../src/losses/index.js'
import { Random } from '../../src/random/index.js'
import { backpropagate, type Engine, gradientCheck, linear, type Tensor } from '../../src/tensor/index.js'
import { openEngine } from '../tensor/engines.js'

const ROWS = 4
const SIZE = 3
const TOKENS = 40
const targets = [0, 7, 39, 7]

let engine: Engine
let inputs: { hidden: Tensor; weight: Tensor; bias: Tensor }
beforeAll(async () => {
  engine = await openEngine({ backend: 'wasm', real: 'float64', threads: 1 })
  const random = new Random(5)
  const drawn = (shape: number[]) => {
    const tensor = engine.parameter(shape)
    tensor.set(Float64Array.from({ length: tensor.size }, () => random.normal() / 2))
    return tensor
  }
  inputs = { hidden: drawn([ROWS, SIZE]), weight: drawn([TOKENS, SIZE]), bias: drawn([TOKENS]) }
})
afterAll(() => engine.dispose())

const lossOf = (samples: number, seed: number) =>
  sampledSoftmax({ ...inputs, targets, samples, random: new Random(seed) })

describe('sampled softmax', () => {
  it('has the gradients of its value', () => {
    const { hidden, weight, bias } = inputs
    const sampled = (x: Tensor, w: Tensor, b: Tensor) =>
      sampledSoftmax({ hidden: x, weight: w, bias: b, targets, samples: 9, random: new Random(1) })
    expect(gradientCheck(engine, sampled, [hidden, weight, bias])).toBeLessThan(1e-7)
  })

  it('comes near the full softmax, in value and gradient, as the sample grows', () => {
    const gradientOf = (loss: () => Tensor) =>
      engine.scope(() => {
        inputs.hidden.clearGradient()
        const { value } = engine.record(loss)
        backpropagate(value)
        return { loss: value.item(), gradient: Array.from(inputs.hidden.gradient?.data ?? []) }
      })
    const full = gradientOf(() =>
      crossEntropy(linear(inputs.hidden, inputs.weight, inputs.bias), engine.indices(targets)),
    )
    const errorOf = (samples: number) => {
      const runs = Array.from({ length: 60 }, (_, seed) => gradientOf(() => lossOf(samples, seed)))
      const mean = full.gradient.map((_, i) => runs.reduce((sum, run) => sum + run.gradient[i], 0) / 60)
      return Math.max(...full.gradient.map((value, i) => Math.abs(value - mean[i])))
    }
    const largest = Math.max(...full.gradient.map(Math.abs))
    expect(errorOf(39)).toBeLessThan(0.05 * largest)
    expect(errorOf(39)).toBeLessThan(errorOf(4))
  })

  it('is decided by its stream', () => {
    const value = (seed: number) => engine.scope(() => lossOf(9, seed).item())
    expect(value(3)).toBe(value(3))
    expect(value(3)).not.toBe(value(4))
  })

  it('refuses samples and targets that do not fit', () => {
    expect(() => lossOf(TOKENS, 1)).toThrow(UsageError)
    expect(() => lossOf(0, 1)).toThrow('samples 0')
    const random = new Random(1)
    expect(() => sampledSoftmax({ ...inputs, targets: [1], samples: 3, random })).toThrow(ShapeError)
  })
})
