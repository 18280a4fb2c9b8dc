import { NonFiniteError } from '../errors.js'
import { type FittedBaseline, type ForecastBaseline, requireLength } from './forecast-baselines.js'
import { leastSquares } from './least-squares.js'
import { meanOver, requireCount } from './numbers.js'

/** The baseline AR(p). */
export interface Autoregression extends ForecastBaseline {
  fit(series: ArrayLike<number>): FittedAutoregression
}

/** An autoregression that has learnt its weights. */
export interface FittedAutoregression extends FittedBaseline {
  /** The weights of the last value, the one before it, … */
  readonly coefficients: readonly number[]
  readonly intercept: number
}

/**
 * The linear baseline AR(p): each value from the p before it, y_t = c + Σ_k φ_k y_{t-k}, with the weights that make the squared errors
 * on the series smallest. Several steps are forecast recursively: forecasts stand for the values that have not come yet. Needs a series
 * of at least 2p + 1 values. Where several sets of weights fit alike (a constant series, a pure wave) one of them is taken.
 *
 * Throws `UsageError` for an order that is no whole number of at least 1, and as every baseline; `NonFiniteError` too where the
 * forecasts of a series that explodes are beyond what a double can hold.
 *
 * Source: conditional least squares, as `statsmodels.tsa.ar_model.AutoReg`.
 *
 * @example
 * autoregression(1).fit([1, 2, 4, 8, 16]).forecast(2)  // [32, 64]
 */
export function autoregression(order: number): Autoregression {
  requireCount('autoregression: order', order)
  const name = `AR(${order})`
  return {
    name,
    fit(series) {
      requireLength(name, series, 2 * order + 1)
      const own = Float64Array.from(series)
      return new FittedWeights(name, own, ...weightsOf(name, own, order))
    },
  }
}

/** Weights of the deviations from the mean: large levels then cost no digits. */
class FittedWeights implements FittedAutoregression {
  readonly intercept: number
  constructor(
    private readonly name: string,
    private readonly series: Float64Array,
    readonly coefficients: readonly number[],
    private readonly mean: number,
    private readonly shift: number,
  ) {
    this.intercept = mean + shift - coefficients.reduce((sum, weight) => sum + weight * mean, 0)
  }

  forecast(steps: number, history: ArrayLike<number> = this.series): number[] {
    const { name, coefficients, mean, shift } = this
    requireCount(`${name}: steps`, steps)
    requireLength(`${name}: history`, history, coefficients.length)
    const last = coefficients.map((_, k) => history[history.length - 1 - k] - mean)
    return Array.from({ length: steps }, (_, index) => {
      const next = coefficients.reduce((sum, weight, k) => sum + weight * last[k], shift)
      if (!Number.isFinite(next + mean))
        throw new NonFiniteError(`${name}: the series explodes, forecast ${index + 1} is ${next + mean}`)
      last.unshift(next)
      last.pop()
      return next + mean
    })
  }
}

/** Weights, the mean of the series, and what is added to deviations from it. */
function weightsOf(name: string, series: Float64Array, order: number): [number[], number, number] {
  const mean = meanOver(name, series.length, (t) => series[t])
  const variance = meanOver(name, series.length, (t) => (series[t] - mean) ** 2)
  const scale = Math.sqrt(variance) || 1 // a constant series has only deviations of 0
  const scaled = series.map((value) => (value - mean) / scale)
  const rows = series.length - order
  const lags = Array.from({ length: order }, (_, k) => scaled.subarray(order - 1 - k, order - 1 - k + rows))
  const [shift, ...weights] = leastSquares([new Float64Array(rows).fill(1), ...lags], scaled.subarray(order))
  return [weights, mean, shift * scale]
}
