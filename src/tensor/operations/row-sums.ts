import { gradientTarget } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { elementCost } from '../work.js'

/**
 * Adds leftᵀ right, a sum over the rows of `left` [..., M] and of `right` [rows, N], to the gradient of `weight` [M, N], when it needs one.
 * Every element is one running sum from the last row to the first: a batch that is cut in time gives the same bits when its pieces are
 * added up from the last to the first.
 */
export function addRowProducts(weight: Tensor | undefined, left: Tensor, right: () => Tensor): void {
  const target = gradientTarget(weight)
  if (!weight || !target) return
  const { engine } = weight
  const [rows, columns] = weight.shape
  const inner = left.size / rows
  const a = left.place + ((inner - 1) * rows * engine.bytesPerReal) / 4
  const packed = engine.packedLastFirst(right())
  const fields = { rows, inner, columns, a, aRowStride: 1, aColumnStride: -rows, packed, bias: 0 }
  const to = { c: target.gradient.place, cRowStride: columns, accumulate: target.accumulate ? 1 : 0 }
  engine.run('matmul', { ...fields, ...to }, rows * inner * columns)
}

/** Adds the sum over the rows of `gradients` [..., N], in the order of `addRowProducts`, to the gradient of `bias` [N], when it needs one. */
export function addRowSums(bias: Tensor | undefined, gradients: Tensor): void {
  const target = gradientTarget(bias)
  if (!target) return
  const columns = target.gradient.size
  const from = { rows: gradients.size / columns, columns, rowStride: columns, source: gradients.place }
  const to = { target: target.gradient.place, accumulate: target.accumulate ? 1 : 0 }
  gradients.engine.run('columnSums', { ...from, ...to }, gradients.size * elementCost)
}
