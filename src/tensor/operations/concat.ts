import { ShapeError } from '../../errors.js'
import { around, describe, resolveAxis, sameShape } from '../shapes.js'
import { checkEngines, gradientTarget, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { copyBlock } from './copy-block.js'

/**
 * The tensors one after the other along an axis (-1 is the last). Throws a `ShapeError` when they differ in any other axis.
 *
 * ```ts
 * concat([engine.tensor([[1], [2]]), engine.tensor([[3], [4]])], 1).toArray() // [[1, 3], [2, 4]]
 * ```
 */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors
  if (!first) throw new ShapeError('concat: got no tensors; expected at least one')
  const along = resolveAxis('concat', first.shape, axis)
  for (const tensor of tensors)
    if (
      tensor.shape.length !== first.shape.length ||
      !sameShape(tensor.shape.with(along, 1), first.shape.with(along, 1))
    )
      throw new ShapeError(
        `concat: ${describe(first.shape)} and ${describe(tensor.shape)} do not fit; expected shapes that differ in axis ${along} only`,
      )
  const { engine } = first
  checkEngines(engine, tensors)
  const total = tensors.reduce((length, tensor) => length + tensor.shape[along], 0)
  const result = engine.empty(first.shape.with(along, total))
  const { outer, inner } = around(result.shape, along)
  const parts = partsOf(tensors, along, inner)
  for (const { tensor, begin, width } of parts)
    copyBlock(tensor, 0, width, result, begin, total * inner, outer, width, false)
  record(engine, [result], tensors, () => {
    if (!result.gradient) return
    for (const { tensor, begin, width } of parts) {
      const target = gradientTarget(tensor)
      if (target)
        copyBlock(
          result.gradient,
          begin,
          total * inner,
          target.gradient,
          0,
          width,
          outer,
          width,
          target.accumulate,
        )
    }
  })
  return result
}

function partsOf(tensors: readonly Tensor[], axis: number, inner: number) {
  let begin = 0
  return tensors.map((tensor) => {
    const width = tensor.shape[axis] * inner
    begin += width
    return { tensor, begin: begin - width, width }
  })
}
