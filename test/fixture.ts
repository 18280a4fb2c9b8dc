import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Engine, Packed, Tensor } from '../src/tensor/index.js'
import { packSequences, unpackSequences } from '../src/tensor/index.js'

/** A tensor as the scripts in fixtures/ write it. */
export interface Stored {
  shape: number[]
  values: number[]
}

/** Stored tensors by name. */
export type StoredByName = Record<string, Stored>

/** A recurrent layer or stack over sequences of unequal length, in the caller's order. */
export interface RecurrentFixture {
  inputSize: number
  hiddenSize: number
  lengths: number[]
  parameters: StoredByName
  x: Stored[]
  initial: StoredByName
  outputWeights: Stored[]
  finalWeights: StoredByName
  outputs: Stored[]
  final: StoredByName
  gradients: StoredByName
  xGradients: Stored[]
  initialGradients: StoredByName
}

/** Reads fixtures/name.json. */
export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')) as T
}

/** Persistent parameters of the stored values. */
export function parametersOf(engine: Engine, stored: StoredByName): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, parameterOf(engine, value)]))
}

/** A persistent parameter of the stored values. */
export function parameterOf(engine: Engine, { shape, values }: Stored): Tensor {
  const parameter = engine.parameter(shape)
  parameter.set(values)
  return parameter
}

/** The stored sequences packed; with `requiresGradient` a gradient is computed for them. */
export function packedOf(engine: Engine, stored: readonly Stored[], requiresGradient = false): Packed {
  const packed = packSequences(
    engine,
    stored.map(({ values }) => values),
    stored[0].shape[1],
  )
  packed.data.requiresGradient = requiresGradient
  return packed
}

/** Expects the elements of PyTorch's tensor within 1e-5 of its largest (at least 1), within 1e-9 in double precision. */
export function expectStored(actual: Tensor | undefined, expected: Stored, name: string): void {
  if (!actual) throw new Error(`${name} is missing`)
  expect(actual.shape, name).toEqual(expected.shape)
  expectNumbers(actual.data, expected.values, actual.engine.real === 'float64' ? 1e-9 : 1e-5, name)
}

/** The gradient of a tensor, which must have one. */
export function gradientOf({ gradient, shape }: Tensor): Tensor {
  if (!gradient) throw new Error(`a tensor of shape ${shape} has no gradient`)
  return gradient
}

/** `expectStored` for a packed tensor and a list of sequences. */
export function expectPacked(actual: Packed, expected: readonly Stored[], name: string): void {
  const tolerance = actual.data.engine.real === 'float64' ? 1e-9 : 1e-5
  for (const [i, sequence] of unpackSequences(actual).entries())
    expectNumbers(sequence, expected[i].values, tolerance, `${name} of sequence ${i}`)
}

/** Expects numbers within a tolerance in relation to the largest expected one (at least 1). */
export function expectNumbers(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  name: string,
): void {
  expect(actual.length, name).toBe(expected.length)
  const size = Math.max(1, ...Array.from(expected, Math.abs))
  for (let i = 0; i < expected.length; i++)
    if (!(Math.abs(actual[i] - expected[i]) <= tolerance * size))
      expect.fail(`${name}: element ${i} is ${actual[i]}, expected ${expected[i]} within ${tolerance * size}`)
}
