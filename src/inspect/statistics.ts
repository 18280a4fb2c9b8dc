import type { Reals, Tensor } from '../tensor/index.js'
import { elementCost } from '../tensor/index.js'

/** The norm of every row of a matrix [rows, columns], by the kernels. */
export function rowNorms(matrix: Tensor): Reals {
  const { engine, shape, size, place } = matrix
  const [rows, columns] = shape
  return engine.scope(() => {
    const norms = engine.empty([rows])
    engine.run('rowNorms', { rows, columns, source: place, target: norms.place }, size * elementCost)
    return norms.data.slice()
  })
}

/** How often values fall where. */
export interface Histogram {
  readonly low: number
  readonly high: number
  /** How many values lie in each of the bins, all of one width, from `low` to `high`. */
  readonly counts: readonly number[]
  /** How many values lie below `low` and above `high`. */
  readonly below: number
  readonly above: number
  /** How many values are exactly 0. */
  readonly zeros: number
}

/** What is counted: values from `low` to `high` in so many bins (at most 64), of every so many rows. */
export interface HistogramOptions {
  readonly low: number
  readonly high: number
  readonly bins: number
  readonly every?: number
}

/** A histogram of the columns from `begin` to `end` of a matrix [rows, columns], by the kernels. */
export function histogram(
  matrix: Tensor,
  begin: number,
  end: number,
  { low, high, bins, every = 1 }: HistogramOptions,
): Histogram {
  const { engine, shape, place } = matrix
  const [all, columns] = shape
  const rows = Math.ceil(all / every)
  return engine.scope(() => {
    const counts = engine.indices(new Int32Array(bins + 3))
    const source = place + (begin * engine.bytesPerReal) / 4
    const part = { rows, columns: end - begin, rowStride: every * columns, source }
    engine.run(
      'histogram',
      { ...part, low, high, bins, counts: counts.place },
      rows * (end - begin) * elementCost,
    )
    const [below, ...rest] = counts.data
    return { low, high, counts: rest.slice(0, bins), below, above: rest[bins], zeros: rest[bins + 1] }
  })
}
