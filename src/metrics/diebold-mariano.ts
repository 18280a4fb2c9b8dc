import { UsageError } from '../errors.js'
import { requireSameLength } from './gold.js'
import { meanOver, requireCount, requireNumbers } from './numbers.js'
import { studentTails } from './student-t.js'

/** How two forecasts are compared. */
export interface DieboldMarianoOptions {
  /** What an error costs: its square (default) or its absolute value. */
  readonly loss?: 'squared' | 'absolute'
  /** How many steps ahead the forecasts were made (default 1): errors up to h - 1 steps apart depend on each other. */
  readonly horizon?: number
  /** The p-value below which one forecast is called better (default 0.05). */
  readonly level?: number
}

/** Whether one of two forecasts is better than the other by more than chance. */
export interface DieboldMariano {
  /** Below 0 where the first costs less. */
  readonly statistic: number
  /** How often chance alone makes a difference at least this large (two-sided). */
  readonly pValue: number
  /** The mean loss of the first minus that of the second. */
  readonly difference: number
  /** Which one may be called "better than" the other: `neither` unless the p-value is below the level. */
  readonly better: 'first' | 'second' | 'neither'
}

/**
 * The Diebold-Mariano test of two forecasts of the same values, from their errors (y_t - f_t) in the order of time, with the correction
 * for small samples of Harvey, Leybourne and Newbold:
 *
 * d_t = L(e1_t) - L(e2_t), γ_k = (1/n) Σ_{t>k} (d_t - d̄)(d_{t-k} - d̄), V = γ_0 + 2 Σ_{k=1}^{h-1} γ_k
 * S = d̄ / √(V/n) · √( (n + 1 - 2h + h(h-1)/n) / n ), p = P(|T| >= |S|) for Student's t with n - 1 degrees of freedom
 *
 * Where V is not above 0, which can happen for h > 1, the γ_k are weighted by 1 - k/h (Bartlett), which never is. Losses that are the
 * same everywhere give statistic 0 and p = 1; losses that differ by the same amount everywhere give ±Infinity and p = 0.
 *
 * Throws `UsageError` for lists that differ in length, fewer than 2 errors, a horizon that is no whole number from 1 to n - 1 and a level
 * outside (0, 1); `NonFiniteError` for NaN and infinities.
 *
 * Source: Diebold and Mariano 1995, "Comparing predictive accuracy"; Harvey, Leybourne and Newbold 1997.
 *
 * @example
 * dieboldMariano([1, -1, 2, 1], [1, -1, 2, 1]).better  // 'neither'
 */
export function dieboldMariano(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: DieboldMarianoOptions = {},
): DieboldMariano {
  const { loss = 'squared', horizon = 1, level = 0.05 } = options
  check(first, second, { loss, horizon, level })
  const cost = loss === 'squared' ? (error: number) => error * error : Math.abs
  const n = first.length
  const losses = Float64Array.from(first, (error, t) => cost(error) - cost(second[t]))
  const difference = meanOver('dieboldMariano', n, (t) => losses[t])
  const correction = Math.sqrt((n + 1 - 2 * horizon + (horizon * (horizon - 1)) / n) / n)
  const largest = losses.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const unit = losses.map((value) => value / largest) // whose squares neither overflow nor vanish
  const spread = Math.sqrt(longRunVariance(unit, difference / largest, horizon) / n)
  const statistic = difference === 0 ? 0 : (difference / largest / spread) * correction
  const pValue = studentTails(statistic, n - 1)
  const better = pValue >= level ? 'neither' : difference < 0 ? 'first' : 'second'
  return { statistic, pValue, difference, better }
}

function longRunVariance(losses: Float64Array, mean: number, horizon: number): number {
  const n = losses.length
  const gamma = Array.from({ length: horizon }, (_, k) => {
    let sum = 0
    for (let t = k; t < n; t++) sum += (losses[t] - mean) * (losses[t - k] - mean)
    return sum / n
  })
  const weighted = (weight: (k: number) => number) =>
    gamma.reduce((total, value, k) => total + (k === 0 ? 1 : 2 * weight(k)) * value, 0)
  const variance = weighted(() => 1)
  return variance > 0
    ? variance
    : Math.max(
        0,
        weighted((k) => 1 - k / horizon),
      )
}

function check(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  { loss, horizon, level }: Required<DieboldMarianoOptions>,
): void {
  requireSameLength('dieboldMariano', first, second)
  requireNumbers('dieboldMariano: first', first)
  requireNumbers('dieboldMariano: second', second)
  requireCount('dieboldMariano: horizon', horizon)
  if (first.length <= horizon)
    throw new UsageError(
      `dieboldMariano: expected more errors than the horizon of ${horizon}, got ${first.length}`,
    )
  if (loss !== 'squared' && loss !== 'absolute')
    throw new UsageError(`dieboldMariano: loss must be squared or absolute, got ${JSON.stringify(loss)}`)
  if (!(level > 0 && level < 1))
    throw new UsageError(`dieboldMariano: level must lie between 0 and 1, got ${level}`)
}
