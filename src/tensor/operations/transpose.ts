import { ShapeError } from '../../errors.js'
import type { Shape } from '../shapes.js'
import { describe } from '../shapes.js'
import { gradientTarget, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { elementCost } from '../work.js'

/** The transpose of a matrix: [M, N] becomes [N, M], in new memory. Throws a `ShapeError` for other ranks. */
export function transpose(x: Tensor): Tensor {
  if (x.shape.length !== 2)
    throw new ShapeError(`transpose: got shape ${describe(x.shape)}; expected a matrix, [M, N]`)
  const { engine } = x
  const [rows, columns] = x.shape
  const y = engine.empty([columns, rows])
  copyTransposed(x, y, columns, rows, false)
  record(engine, [y], [x], () => {
    const target = gradientTarget(x)
    if (target && y.gradient) copyTransposed(y.gradient, target.gradient, rows, columns, target.accumulate)
  })
  return y
}

/** The same elements in another shape, in the same memory; one axis may be -1. Throws a `ShapeError` when the sizes differ. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return x.view(shape)
}

// target [rows, columns] (=|+=) the transpose of source [columns, rows].
function copyTransposed(
  source: Tensor,
  target: Tensor,
  rows: number,
  columns: number,
  accumulate: boolean,
): void {
  const from = { source: source.place, sourceRowStride: 1, sourceColumnStride: rows }
  const to = { target: target.place, targetRowStride: columns, targetColumnStride: 1 }
  source.engine.run(
    'copy2d',
    { rows, columns, ...from, ...to, accumulate: accumulate ? 1 : 0 },
    source.size * elementCost,
  )
}
