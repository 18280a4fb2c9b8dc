import type { Tensor } from '../tensor/index.js'
import { add, relu, scale, subtract } from '../tensor/index.js'
import { checkSameSize } from './reduction.js'
import { type WeighedOptions, weighed } from './weighed.js'

/**
 * The pinball loss of forecasts of one quantile, element by element: max(τ (y - q), (τ - 1) (y - q)) with the level τ. It is smallest where
 * q is the quantile of that level; with τ = ½ it is half the absolute error.
 *
 * Throws a `ShapeError` unless quantiles and targets have equal shapes.
 *
 * ```ts
 * quantileLoss(engine.tensor([8, 12]), engine.tensor([10, 10]), 0.9).item() // 1
 * ```
 */
export function quantileLoss(
  quantiles: Tensor,
  targets: Tensor,
  level: number,
  options: WeighedOptions = {},
): Tensor {
  checkSameSize('quantileLoss', 'quantiles', quantiles, targets)
  const short = relu(subtract(targets, quantiles))
  const beyond = relu(subtract(quantiles, targets))
  return weighed('quantileLoss', add(scale(short, level), scale(beyond, 1 - level)), options)
}
