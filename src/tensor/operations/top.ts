import { UsageError } from '../../errors.js'
import type { Indices } from '../indices.js'
import { describe, matrixOf } from '../shapes.js'
import type { Tensor } from '../tensor.js'
import { functionCost } from '../work.js'

/** The largest elements of each row, and their columns. */
export interface Top {
  /** [rows, count], the largest first; of equal ones that of the lower column. */
  readonly values: Tensor
  /** [rows · count] */
  readonly indices: Indices
}

/**
 * The `count` largest elements of each row, over the last axis, with their columns. Not differentiable. A row with a NaN has it
 * in the first place, and nothing of meaning behind it. Throws a `UsageError` unless `count` is from 1 to the row's elements.
 *
 * ```ts
 * top(engine.tensor([[1, 9, 5]]), 2).indices.data // 1, 2
 * ```
 */
export function top(x: Tensor, count: number): Top {
  return largest('top', x, count, 0)
}

/**
 * The `count` largest elements of each row as `top` finds them, with the values that `logSoftmax` gives them: what a search over a
 * large vocabulary wants to know of it. Throws as `top` does.
 */
export function topLogSoftmax(x: Tensor, count: number): Top {
  return largest('topLogSoftmax', x, count, 1)
}

function largest(operation: string, x: Tensor, count: number, log: 0 | 1): Top {
  const { rows, columns } = matrixOf(x.shape)
  if (!Number.isInteger(count) || count < 1 || count > columns)
    throw new UsageError(
      `${operation}: got count ${count} for ${describe(x.shape)}; expected a whole number from 1 to ${columns}`,
    )
  const { engine } = x
  const values = engine.empty([rows, count])
  const indices = engine.indices(new Int32Array(rows * count))
  const to = { values: values.place, indices: indices.place }
  const work = x.size * (log ? functionCost : 1)
  engine.run('topRows', { rows, columns, count, source: x.place, ...to, log }, work)
  return { values, indices }
}
