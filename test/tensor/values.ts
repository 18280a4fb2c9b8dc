import { expect } from 'vitest'
import { Random } from '../../src/random/index.js'
import type { Engine, Shape, Tensor } from '../../src/tensor/index.js'
import { sizeOf } from '../../src/tensor/index.js'

/** Seeded normal numbers, as many as the shape holds, exact in single precision so that every backend sees the same. */
export function numbers(shape: Shape, name: string): number[] {
  const random = new Random('values').split(name)
  return Array.from({ length: sizeOf(shape) }, () => Math.fround(random.normal()))
}

/** A tensor of `numbers`. */
export function tensorOf(engine: Engine, shape: Shape, name: string): Tensor {
  return engine.tensor(numbers(shape, name), shape)
}

/** Expects elements within a tolerance that suits the precision, in relation to 1 or to the largest expected number. */
export function expectClose(actual: Tensor, expected: ArrayLike<number>, tolerance = 1e-5): void {
  const allowed = actual.engine.real === 'float64' ? 1e-12 : tolerance
  expect(actual.size).toBe(expected.length)
  const size = Array.from(expected, Math.abs)
    .filter(Number.isFinite)
    .reduce((a, b) => Math.max(a, b), 1)
  const { data } = actual
  for (let i = 0; i < expected.length; i++) {
    const same = Object.is(data[i], expected[i]) || data[i] === expected[i]
    if (!same && !(Math.abs(data[i] - expected[i]) <= allowed * size))
      expect.fail(`element ${i} is ${data[i]}, expected ${expected[i]} within ${allowed * size}`)
  }
}
