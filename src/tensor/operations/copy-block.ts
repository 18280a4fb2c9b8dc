import type { Tensor } from '../tensor.js'
import { elementCost } from '../work.js'

/**
 * Copies `rows` runs of `width` elements between tensors; a run begins at `begin + row * stride`, counted in elements.
 * Adds to what is there when `accumulate` is set.
 */
export function copyBlock(
  source: Tensor,
  sourceBegin: number,
  sourceStride: number,
  target: Tensor,
  targetBegin: number,
  targetStride: number,
  rows: number,
  width: number,
  accumulate: boolean,
): void {
  const words = source.engine.bytesPerReal / 4
  const fields = {
    rows,
    columns: width,
    source: source.place + sourceBegin * words,
    sourceRowStride: sourceStride,
    sourceColumnStride: 1,
    target: target.place + targetBegin * words,
    targetRowStride: targetStride,
    targetColumnStride: 1,
    accumulate: accumulate ? 1 : 0,
  }
  source.engine.run('copy2d', fields, rows * width * elementCost)
}
