import { UsageError } from '../errors.js'
import { requireCount, requireNumbers } from './numbers.js'

/** A way to forecast that a network has to beat. */
export interface ForecastBaseline {
  /** As it stands in tables: `persistence`, `seasonal naive (12)`, `AR(3)`. */
  readonly name: string
  /** Learns from a series, oldest value first. Throws `UsageError` for one that is too short, `NonFiniteError` for NaN and infinities. */
  fit(series: ArrayLike<number>): FittedBaseline
}

/** A baseline that has learnt from a series. */
export interface FittedBaseline {
  /**
   * The next `steps` values. They are those behind the fitted series, or behind `history`: that series with what has come since, for
   * going on without fitting anew. Throws `UsageError` for steps that are no whole number of at least 1 and a history that is too short,
   * `NonFiniteError` for NaN and infinities.
   */
  forecast(steps: number, history?: ArrayLike<number>): number[]
}

/**
 * Everything stays as it is: y_{T+h} = y_T. Hard to beat where a series is close to a random walk, as prices are.
 *
 * @example
 * persistence.fit([3, 5, 9]).forecast(2)  // [9, 9]
 */
export const persistence: ForecastBaseline = {
  name: 'persistence',
  fit: (series) => fitted(series, 1, 'persistence', (history) => () => history[history.length - 1]),
}

/**
 * Everything goes on as it went on the average: y_{T+h} = y_T + h (y_N - y_1)/(N - 1), N the values of the fitted series (at least 2).
 *
 * @example
 * drift.fit([3, 5, 9]).forecast(2)  // [12, 15]
 */
export const drift: ForecastBaseline = {
  name: 'drift',
  fit(series) {
    requireLength('drift', series, 2)
    const slope = series[series.length - 1] / (series.length - 1) - series[0] / (series.length - 1)
    return fitted(series, 1, 'drift', (history) => (h) => history[history.length - 1] + h * slope)
  },
}

/**
 * As a season ago: y_{T+h} is the last value seen at the same place of the season, of m steps. Needs one season.
 *
 * @example
 * seasonalNaive(2).fit([1, 8, 2, 9]).forecast(3)  // [2, 9, 2]
 */
export function seasonalNaive(season: number): ForecastBaseline {
  const name = `seasonal naive (${season})`
  requireCount('seasonalNaive: season', season)
  return {
    name,
    fit: (series) =>
      fitted(series, season, name, (history) => (h) => history[history.length - season + ((h - 1) % season)]),
  }
}

/**
 * As always at this time: y_{T+h} is the mean of all fitted values at the same place of the season, of m steps. Needs one season;
 * a history has to begin at the same place of the season as the fitted series.
 *
 * @example
 * climatology(2).fit([1, 8, 2, 10]).forecast(3)  // [1.5, 9, 1.5]
 */
export function climatology(season: number): ForecastBaseline {
  const name = `climatology (${season})`
  requireCount('climatology: season', season)
  return {
    name,
    fit(series) {
      requireLength(name, series, season)
      const means = meansByPosition(series, season)
      return fitted(series, 1, name, (history) => (h) => means[(history.length + h - 1) % season])
    },
  }
}

function meansByPosition(series: ArrayLike<number>, season: number): number[] {
  return Array.from({ length: season }, (_, position) => {
    let [mean, count] = [0, 0]
    for (let t = position; t < series.length; t += season) mean += (series[t] - mean) / ++count
    return mean
  })
}

/** Throws `UsageError` for a series of fewer than `least` values, `NonFiniteError` for NaN and infinities. */
export function requireLength(name: string, series: ArrayLike<number>, least: number): void {
  requireNumbers(name, series)
  if (series.length < least)
    throw new UsageError(`${name}: expected a series of at least ${least} values, got ${series.length}`)
}

/** A fitted baseline from the value h steps behind a history of at least `least` values. */
function fitted(
  series: ArrayLike<number>,
  least: number,
  name: string,
  behind: (history: ArrayLike<number>) => (h: number) => number,
): FittedBaseline {
  requireLength(name, series, least)
  const own = Float64Array.from(series)
  return {
    forecast(steps, history = own) {
      requireCount(`${name}: steps`, steps)
      requireLength(`${name}: history`, history, least)
      const value = behind(history)
      const values = Array.from({ length: steps }, (_, index) => value(index + 1))
      requireNumbers(`${name}: forecast`, values)
      return values
    },
  }
}
