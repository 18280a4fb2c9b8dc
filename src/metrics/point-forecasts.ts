import { UsageError } from '../errors.js'
import { requireSameLength } from './gold.js'
import { meanOver, requireCount, requireNumbers } from './numbers.js'

/**
 * The mean absolute error of forecasts, in the unit of the series: MAE = (1/n) Σ |y_t - f_t|.
 *
 * Throws `UsageError` for no values and for lists that differ in length, `NonFiniteError` for NaN and infinities.
 *
 * @example
 * mae([20, 22], [21, 19])  // 2
 */
export function mae(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  requireForecasts('mae', actual, predicted)
  return meanOver('mae', actual.length, (t) => Math.abs(actual[t] - predicted[t]))
}

/**
 * The root of the mean squared error, in the unit of the series; large errors count more than in `mae`:
 * RMSE = √( (1/n) Σ (y_t - f_t)² ).
 *
 * Throws as `mae`.
 *
 * @example
 * rmse([20, 22], [21, 15])  // 5
 */
export function rmse(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  requireForecasts('rmse', actual, predicted)
  return Math.sqrt(meanOver('rmse', actual.length, (t) => (actual[t] - predicted[t]) ** 2))
}

/**
 * The mean absolute percentage error, in percent of the values themselves: MAPE = (100/n) Σ |y_t - f_t| / |y_t|.
 *
 * Throws as `mae`, and `UsageError` where a value is 0: no error is a percentage of nothing.
 *
 * @example
 * mape([100, 200], [110, 180])  // 10
 */
export function mape(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  requireForecasts('mape', actual, predicted)
  for (let t = 0; t < actual.length; t++)
    if (actual[t] === 0)
      throw new UsageError(`mape: expected values other than 0, got 0 at index ${t}; use mae or mase`)
  return meanOver(
    'mape',
    actual.length,
    (t) => (100 * Math.abs(actual[t] - predicted[t])) / Math.abs(actual[t]),
  )
}

/**
 * The symmetric percentage error, from 0 to 200: sMAPE = (100/n) Σ 2 |y_t - f_t| / (|y_t| + |f_t|). A forecast of 0 for a value of 0
 * is right and counts 0.
 *
 * Throws as `mae`.
 *
 * Source: Makridakis, Spiliotis and Assimakopoulos 2020, the M4 competition.
 *
 * @example
 * smape([100, 0], [300, 0])  // 50
 */
export function smape(actual: ArrayLike<number>, predicted: ArrayLike<number>): number {
  requireForecasts('smape', actual, predicted)
  return meanOver('smape', actual.length, (t) => {
    const error = Math.abs(actual[t] - predicted[t])
    return error === 0 ? 0 : (200 * error) / (Math.abs(actual[t]) + Math.abs(predicted[t]))
  })
}

/**
 * The mean absolute scaled error: how large the errors are beside those of the seasonal naive forecast (the value one season before)
 * on the training series x. Has no unit; below 1 is better than that forecast did there.
 *
 * MASE = (1/n) Σ |y_t - f_t| / ( 1/(N - m) Σ_{t>m} |x_t - x_{t-m}| ), N values of training, m steps in a season (1: no season)
 *
 * Throws as `mae`, and `UsageError` where the training series has at most m values or is the same in every season.
 *
 * Source: Hyndman and Koehler 2006, "Another look at measures of forecast accuracy".
 *
 * @example
 * mase([14, 15], [13, 17], [10, 11, 9, 12])  // 0.75: 1.5 beside 2
 */
export function mase(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  training: ArrayLike<number>,
  season = 1,
): number {
  requireForecasts('mase', actual, predicted)
  requireNumbers('mase: training series', training)
  requireCount('mase: season', season)
  const steps = training.length - season
  if (steps < 1)
    throw new UsageError(
      `mase: expected a training series of more than one season of ${season}, got ${training.length} values`,
    )
  const naive = meanOver('mase: training series', steps, (t) => Math.abs(training[t + season] - training[t]))
  if (naive === 0)
    throw new UsageError(
      `mase: expected a training series that changes from season to season (of ${season}), got one that never does; use mae`,
    )
  return meanOver('mase', actual.length, (t) => Math.abs(actual[t] - predicted[t])) / naive
}

function requireForecasts(name: string, actual: ArrayLike<number>, predicted: ArrayLike<number>): void {
  requireSameLength(name, actual, predicted)
  requireNumbers(`${name}: actual`, actual)
  requireNumbers(`${name}: predicted`, predicted)
}
