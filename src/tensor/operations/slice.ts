import { ShapeError } from '../../errors.js'
import { around, describe, resolveAxis } from '../shapes.js'
import { addedTarget, gradientTarget, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { elementCost } from '../work.js'
import { copyBlock } from './copy-block.js'

/**
 * The part of `x` from `begin` up to, not including, `end` along an axis (-1 is the last); a negative bound counts from the
 * end. Throws a `ShapeError` when the part is empty or reaches outside.
 *
 * ```ts
 * slice(engine.tensor([[1, 2, 3]]), 1, 1, 3).toArray() // [[2, 3]]
 * ```
 */
export function slice(x: Tensor, axis: number, begin: number, end: number): Tensor {
  const along = resolveAxis('slice', x.shape, axis)
  const length = x.shape[along]
  const from = begin < 0 ? begin + length : begin
  const to = end < 0 ? end + length : end
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > length || from >= to)
    throw new ShapeError(
      `slice: got ${begin} to ${end} along axis ${along} of ${describe(x.shape)}; expected a part of 0 to ${length} with at least one element`,
    )
  const { engine } = x
  const { outer, inner } = around(x.shape, along)
  const y = engine.empty(x.shape.with(along, to - from))
  const width = (to - from) * inner
  copyBlock(x, from * inner, length * inner, y, 0, width, outer, width, false)
  record(engine, [y], [x], () => {
    const gradient = y.gradient && addedTarget(x)
    if (gradient) copyBlock(y.gradient, 0, width, gradient, from * inner, length * inner, outer, width, true)
  })
  return y
}

/**
 * `x` cut into equal parts along an axis (-1 is the last): the gates of a cell. Throws a `ShapeError` when the axis cannot
 * be divided so.
 *
 * ```ts
 * const [i, f, g, o] = split(linear(x, weight), 4, 1)
 * ```
 */
export function split(x: Tensor, parts: number, axis: number): Tensor[] {
  const along = resolveAxis('split', x.shape, axis)
  const length = x.shape[along]
  if (!Number.isInteger(parts) || parts < 1 || length % parts !== 0)
    throw new ShapeError(
      `split: got ${parts} parts along axis ${along} of ${describe(x.shape)}; expected a divisor of ${length}`,
    )
  const { engine } = x
  const { outer, inner } = around(x.shape, along)
  const width = (length / parts) * inner
  const results = Array.from({ length: parts }, (_, part) => {
    const y = engine.empty(x.shape.with(along, length / parts))
    copyBlock(x, part * width, length * inner, y, 0, width, outer, width, false)
    return y
  })
  record(engine, results, [x], () => {
    const target = gradientTarget(x)
    if (!target) return
    const { gradient, accumulate } = target
    if (!accumulate && results.some((y) => !y.gradient))
      engine.run('fill', { count: x.size, target: gradient.place, value: 0 }, x.size * elementCost)
    for (const [part, y] of results.entries())
      if (y.gradient)
        copyBlock(y.gradient, 0, width, gradient, part * width, length * inner, outer, width, accumulate)
  })
  return results
}
