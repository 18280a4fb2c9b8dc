import { ShapeError } from '../../errors.js'
import { around, matrixOf, resolveAxis } from '../shapes.js'
import { addedTarget, gradientTarget, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { elementCost } from '../work.js'
import { scale } from './scale.js'

/**
 * The sum over one axis, which goes away, or over all elements when no axis is given (a scalar). Axis -1 is the last.
 *
 * ```ts
 * sum(engine.tensor([[1, 2], [3, 4]]), 0).toArray() // [4, 6]
 * ```
 */
export function sum(x: Tensor, axis?: number): Tensor {
  if (axis === undefined) return sumOfBlocks(x, [], 1, x.size, 1)
  const resolved = resolveAxis('sum', x.shape, axis)
  const { outer, inner } = around(x.shape, resolved)
  return sumOfBlocks(x, x.shape.toSpliced(resolved, 1), outer, x.shape[resolved], inner)
}

/** The mean over one axis, which goes away, or over all elements when no axis is given (a scalar). */
export function mean(x: Tensor, axis?: number): Tensor {
  const count = axis === undefined ? x.size : x.shape[resolveAxis('mean', x.shape, axis)]
  return scale(sum(x, axis), 1 / count)
}

/**
 * The largest element of each row, over the last axis, which goes away. The gradient goes to the first of equal ones.
 * A NaN in a row is its maximum. Throws a `ShapeError` for a scalar.
 */
export function max(x: Tensor): Tensor {
  if (x.shape.length === 0) throw new ShapeError('max: got a scalar; expected at least one axis')
  const { engine } = x
  const { rows, columns } = matrixOf(x.shape)
  const y = engine.empty(x.shape.slice(0, -1))
  const arg = engine.indices(new Int32Array(rows))
  engine.run(
    'rowReduce',
    { kind: 1, rows, columns, source: x.place, target: y.place, arg: arg.place },
    x.size,
  )
  record(engine, [y], [x], () => {
    const gradient = y.gradient && addedTarget(x)
    if (!gradient) return
    const places = engine.indices(arg.data.map((column, row) => row * columns + column))
    const fields = { count: rows, columns: 1, indices: places.place }
    engine.run('scatterAddRows', { ...fields, source: y.gradient.place, target: gradient.place })
  })
  return y
}

// x is `outer` blocks of `count` x `inner`; sums over the middle.
function sumOfBlocks(
  x: Tensor,
  shape: readonly number[],
  outer: number,
  count: number,
  inner: number,
): Tensor {
  const { engine } = x
  const y = engine.empty(shape)
  if (inner === 1) {
    const fields = { kind: 0, rows: outer, columns: count, source: x.place, target: y.place, arg: 0 }
    engine.run('rowReduce', fields, x.size * elementCost)
  } else {
    const fields = { rows: count, columns: inner, rowStride: inner, accumulate: 0 }
    forEachBlock(x, y, outer, (source, target) =>
      engine.run('columnSums', { ...fields, source, target }, count * inner * elementCost),
    )
  }
  record(engine, [y], [x], () => {
    const target = gradientTarget(x)
    if (target && y.gradient) repeat(y.gradient, target.gradient, outer, count, inner, target.accumulate)
  })
  return y
}

function repeat(from: Tensor, to: Tensor, outer: number, count: number, inner: number, add: boolean): void {
  const accumulate = add ? 1 : 0
  const steps = { sourceRowStride: inner === 1 ? 1 : 0, sourceColumnStride: inner === 1 ? 0 : 1 }
  const [rows, columns] = inner === 1 ? [outer, count] : [count, inner]
  const fields = { rows, columns, ...steps, targetRowStride: columns, targetColumnStride: 1, accumulate }
  forEachBlock(to, from, inner === 1 ? 1 : outer, (target, source) =>
    to.engine.run('copy2d', { ...fields, source, target }, rows * columns * elementCost),
  )
}

function forEachBlock(a: Tensor, b: Tensor, blocks: number, visit: (a: number, b: number) => void): void {
  const words = a.engine.bytesPerReal / 4
  for (let block = 0; block < blocks; block++)
    visit(a.place + ((block * a.size) / blocks) * words, b.place + ((block * b.size) / blocks) * words)
}
