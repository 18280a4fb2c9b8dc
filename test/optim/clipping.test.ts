import { describe, expect, it } from 'vitest'
import { clipByGlobalNorm, clipByValue } from '../../src/optim/index.js'
import type { Engine, Tensor } from '../../src/tensor/index.js'
import { gradientTarget } from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'

/** A parameter with the given gradient. */
function withGradient(engine: Engine, values: number[]): Tensor {
  const parameter = engine.parameter([values.length])
  gradientTarget(parameter)?.gradient.set(values)
  return parameter
}

onEveryBackend((engine) => {
  it('measures the norm of all gradients together', () => {
    const parameters = {
      a: withGradient(engine(), [3, 0]),
      b: withGradient(engine(), [0, 0, -4]),
      c: engine().parameter([2]),
    }
    expect(clipByGlobalNorm(parameters, 10)).toEqual({ norm: 5, scale: 1 })
    expect(clipByGlobalNorm(parameters, 1)).toEqual({ norm: 5, scale: 0.2 })
    const long = withGradient(engine(), Array(10_007).fill(0.01))
    expect(clipByGlobalNorm({ long }, 1).norm).toBeCloseTo(Math.sqrt(1.0007), 6)
  })

  it('measures and clips exploding gradients whose squares leave the range of single precision', () => {
    const huge = withGradient(engine(), [...Array(2000).fill(1), 3e30, 4e30])
    const { norm, scale } = clipByGlobalNorm({ huge }, 1)
    expect(norm / 5e30).toBeCloseTo(1, 6)
    expect(scale * norm).toBeCloseTo(1, 6)
  })

  it('brings elements into a range, in place', () => {
    const a = withGradient(engine(), [...Array(15).fill(0.25), 7, -7, Number.NaN, Number.POSITIVE_INFINITY])
    clipByValue({ a, none: engine().parameter([1]) }, 0.5)
    expect(a.gradient?.toArray()).toEqual([...Array(15).fill(0.25), 0.5, -0.5, Number.NaN, 0.5])
  })
})

describe('clipping', () => {
  const engine = useEngine()

  it('returns a norm that is not finite as it is', () => {
    expect(clipByGlobalNorm({ a: withGradient(engine(), [Number.NaN, 1]) }, 1)).toEqual({
      norm: Number.NaN,
      scale: 1,
    })
    const infinite = { a: withGradient(engine(), [Number.POSITIVE_INFINITY]) }
    expect(clipByGlobalNorm(infinite, 1)).toEqual({ norm: Number.POSITIVE_INFINITY, scale: 0 })
  })

  it('refuses a negative limit', () => {
    expect(() => clipByGlobalNorm({}, -1)).toThrow('clipByGlobalNorm: got maximum -1; expected at least 0')
    expect(() => clipByValue({}, Number.NaN)).toThrow('clipByValue: got limit NaN; expected at least 0')
  })
})
