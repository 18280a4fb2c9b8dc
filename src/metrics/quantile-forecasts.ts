import { UsageError } from '../errors.js'
import { requireSameLength } from './gold.js'
import { meanOver, requireNumbers } from './numbers.js'

/**
 * The pinball loss of forecasts of one quantile, in the unit of the series; smallest, on the average, for the true quantile.
 * A quantile that is too low costs τ per unit, one that is too high 1 - τ:
 *
 * L_τ = (1/n) Σ max( τ (y_t - q_t), (τ - 1) (y_t - q_t) ), τ the level in (0, 1)
 *
 * Throws `UsageError` for a level outside (0, 1), no values and lists that differ in length, `NonFiniteError` for NaN and infinities.
 *
 * Source: Koenker and Bassett 1978, "Regression quantiles".
 *
 * @example
 * pinball([10, 10], [8, 12], 0.9)  // 1: (0.9 · 2 + 0.1 · 2) / 2
 */
export function pinball(actual: ArrayLike<number>, quantiles: ArrayLike<number>, level: number): number {
  requireSameLength('pinball', actual, quantiles)
  requireNumbers('pinball: actual', actual)
  requireNumbers('pinball: quantiles', quantiles)
  requireLevel('pinball', level)
  return meanOver('pinball', actual.length, (t) => loss(actual[t], quantiles[t], level))
}

/**
 * The continuous ranked probability score of forecasts that are sets of quantiles, as twice the average pinball loss:
 *
 * CRPS ≈ (2/K) Σ_k L_{τ_k}
 *
 * CRPS is twice the integral of the pinball loss over all levels, so the average stands for it where the levels are spread evenly over
 * (0, 1). For τ_k = (k - 1/2)/K it is exactly the CRPS of the K values as a sample. Rows hold one quantile per level; they need not be
 * in order (quantiles that cross are scored as they are).
 *
 * Throws as `pinball`, and `UsageError` for no levels or a row of another length.
 *
 * Source: Laio and Tamea 2007; Bröcker 2012, "Evaluating raw ensembles with the continuous ranked probability score".
 *
 * @example
 * quantileCrps([10], [[8, 11]], [0.25, 0.75])  // 0.75: 2 · (0.25 · 2 + 0.25 · 1) / 2
 */
export function quantileCrps(
  actual: ArrayLike<number>,
  quantiles: readonly ArrayLike<number>[],
  levels: readonly number[],
): number {
  requireSameLength('quantileCrps', actual, quantiles)
  requireNumbers('quantileCrps: actual', actual)
  requireNumbers('quantileCrps: levels', levels)
  for (const level of levels) requireLevel('quantileCrps', level)
  for (const [t, row] of quantiles.entries()) {
    requireNumbers(`quantileCrps: quantiles[${t}]`, row)
    if (row.length !== levels.length)
      throw new UsageError(
        `quantileCrps: expected a quantile for each of ${levels.length} levels, got ${row.length} in row ${t}`,
      )
  }
  return meanOver('quantileCrps', actual.length, (t) => {
    const sum = levels.reduce((total, level, k) => total + loss(actual[t], quantiles[t][k], level), 0)
    return (2 * sum) / levels.length
  })
}

/**
 * The share of values inside their intervals, bounds included: an interval of 80 % should cover 0.8 of them. Too few is too sure of
 * itself, too many is too wide.
 *
 * Throws `UsageError` for an interval whose lower bound is above its upper one, no values and lists that differ in length,
 * `NonFiniteError` for NaN and infinities.
 *
 * @example
 * coverage([1, 5, 9], [0, 4, 4], [2, 6, 6])  // 2/3
 */
export function coverage(actual: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>): number {
  requireSameLength('coverage', actual, low)
  requireSameLength('coverage', actual, high)
  for (const [name, values] of Object.entries({ actual, low, high }))
    requireNumbers(`coverage: ${name}`, values)
  return meanOver('coverage', actual.length, (t) => {
    if (low[t] > high[t])
      throw new UsageError(`coverage: expected low <= high, got ${low[t]} and ${high[t]} at index ${t}`)
    return actual[t] >= low[t] && actual[t] <= high[t] ? 1 : 0
  })
}

function loss(actual: number, quantile: number, level: number): number {
  const error = actual - quantile
  return error >= 0 ? level * error : (level - 1) * error
}

function requireLevel(name: string, level: number): void {
  if (!(level > 0 && level < 1))
    throw new UsageError(`${name}: expected a level between 0 and 1, got ${level}`)
}
