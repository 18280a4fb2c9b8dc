import { UsageError } from '../errors.js'
import type { Random } from './random.js'

/**
 * `count` independent numbers from U(-bound, bound).
 * ```ts
 * uniformValues(hiddenSize * inputSize, 1 / Math.sqrt(hiddenSize), random)   // PyTorch's rule for recurrent layers
 * ```
 */
export function uniformValues(count: number, bound: number, random: Random): Float64Array {
  const values = new Float64Array(count)
  for (let k = 0; k < count; k++) values[k] = (2 * random.uniform() - 1) * bound
  return values
}

/** `count` independent numbers from a normal distribution with mean 0. */
export function normalValues(count: number, deviation: number, random: Random): Float64Array {
  const values = new Float64Array(count)
  for (let k = 0; k < count; k++) values[k] = random.normal() * deviation
  return values
}

/** The bound of Glorot and Bengio's uniform rule (2010), √(6 / (fanIn + fanOut)), which keeps the variance in both directions. */
export function glorotBound(fanIn: number, fanOut: number): number {
  return Math.sqrt(6 / (fanIn + fanOut))
}

/**
 * A random orthogonal matrix, row-major: `rows <= columns` orthonormal rows, otherwise orthonormal columns (Saxe et al. 2014).
 *
 * Rows of normal numbers are made orthonormal by modified Gram-Schmidt in doubles. Its triangular factor has a positive diagonal,
 * so the result is uniform over the orthogonal group without a correction of signs (Mezzadri 2007).
 */
export function orthogonalValues(rows: number, columns: number, random: Random): Float64Array {
  if (rows < 1 || columns < 1)
    throw new UsageError(`orthogonal: a matrix of ${rows} x ${columns} has no elements`)
  if (rows > columns) return transposed(orthogonalValues(columns, rows, random), columns, rows)
  const vectors = Array.from({ length: rows }, () => normalValues(columns, 1, random))
  for (let i = 0; i < rows; i++) {
    const unit = vectors[i]
    scale(unit, 1 / Math.sqrt(dot(unit, unit)))
    for (let j = i + 1; j < rows; j++) subtractProjection(vectors[j], unit)
  }
  const values = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) values.set(vectors[i], i * columns)
  return values
}

function subtractProjection(vector: Float64Array, unit: Float64Array): void {
  const length = dot(vector, unit)
  for (let k = 0; k < vector.length; k++) vector[k] -= length * unit[k]
}

// Four sums at once: one chain of additions would wait for each addition's latency.
function dot(a: Float64Array, b: Float64Array): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let k = 0
  for (; k + 4 <= a.length; k += 4) {
    s0 += a[k] * b[k]
    s1 += a[k + 1] * b[k + 1]
    s2 += a[k + 2] * b[k + 2]
    s3 += a[k + 3] * b[k + 3]
  }
  for (; k < a.length; k++) s0 += a[k] * b[k]
  return s0 + s1 + (s2 + s3)
}

function scale(vector: Float64Array, factor: number): void {
  for (let k = 0; k < vector.length; k++) vector[k] *= factor
}

function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(values.length)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j]
  return result
}
