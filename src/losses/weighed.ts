import type { Tensor } from '../tensor/index.js'
import { multiply, scale } from '../tensor/index.js'
import { checkSameSize, type ReductionOptions, reduceLosses, reductionFactor } from './reduction.js'

/** What a loss over single numbers can be told. */
export interface WeighedOptions extends ReductionOptions {
  /** How much each element counts, in the shape of the targets; 0 leaves one out. All count 1 by default. */
  readonly weights?: Tensor
}

/** Losses of single elements as one number, each as much as it weighs. */
export function weighed(operation: string, losses: Tensor, options: WeighedOptions): Tensor {
  const { weights } = options
  if (weights) checkSameSize(operation, 'weights', weights, losses)
  const total = weights ? Array.from(weights.data).reduce((sum, weight) => sum + weight, 0) : losses.size
  const factor = reductionFactor(operation, options, total)
  const reduced = reduceLosses(weights ? multiply(losses, weights) : losses, options)
  return factor === 1 ? reduced : scale(reduced, factor)
}
