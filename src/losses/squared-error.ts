import type { Tensor } from '../tensor/index.js'
import { scale, square, subtract } from '../tensor/index.js'
import type { ReductionOptions } from './reduction.js'
import { checkSameSize, reduceLosses, reductionFactor } from './reduction.js'

/**
 * Squared error, (prediction - target)², element by element; `'mean'` is the mean squared error. The gradient is
 * 2 (prediction - target). Throws a `ShapeError` unless the shapes are equal: a forgotten axis is not broadcast.
 *
 * ```ts
 * squaredError(engine.tensor([1, 2]), engine.tensor([1, 4])).item() // 2
 * ```
 */
export function squaredError(predictions: Tensor, targets: Tensor, options: ReductionOptions = {}): Tensor {
  checkSameSize('squaredError', 'predictions', predictions, targets)
  const factor = reductionFactor('squaredError', options, predictions.size)
  const reduced = reduceLosses(square(subtract(predictions, targets)), options)
  return factor === 1 ? reduced : scale(reduced, factor)
}
