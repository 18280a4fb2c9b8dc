import { leastSquares } from '../metrics/least-squares.js'
import type { Forecaster } from '../models/forecaster.js'
import type { ForecastOutput } from './forecast-output.js'
import { isMeasured, type Origin, type WindowReader } from './forecast-windows.js'

/** Straight lines from the last values to each step ahead. */
export interface LinearForecast {
  /** For each step ahead the weight of each of the last values, the newest last. */
  readonly weights: readonly (readonly number[])[]
  readonly shifts: readonly number[]
  /** The standard deviation of its errors on the windows it was fitted to. */
  readonly deviations: readonly number[]
}

/** Windows that are enough to fit a line to. */
const MOST_WINDOWS = 6000
/** Steps ahead that get lines of their own; those between take the nearest one before. */
const MOST_LINES = 16

/** The lines with the smallest squared errors: an autoregression of the prepared series, for each step ahead. */
export function fitLinear(
  reader: WindowReader,
  origins: readonly Origin[],
  recent = reader.recent,
): LinearForecast {
  const every = Math.max(1, Math.ceil(origins.length / MOST_WINDOWS))
  const chosen = origins.filter((_, k) => k % every === 0)
  const each = Math.ceil(reader.block / MOST_LINES)
  const lines = Array.from({ length: Math.ceil(reader.block / each) }, (_, k) => {
    const measured = chosen.filter((origin) => isMeasured(origin, k * each + 1))
    const rows = measured.map(({ windows, at }) => windows.recent(at, recent))
    const columns = Array.from({ length: recent + 1 }, (_, column) =>
      Float64Array.from(rows, (row) => (column === 0 ? 1 : row[column - 1])),
    )
    const targets = Float64Array.from(measured, ({ windows, at }) => windows.target(at, k * each + 1))
    const weights = [...leastSquares(columns, targets)]
    const squares = targets.reduce((sum, target, row) => {
      const said = weights.reduce((total, weight, column) => total + weight * columns[column][row], 0)
      return sum + (target - said) ** 2
    }, 0)
    return { weights, deviation: Math.sqrt(squares / targets.length) || 1e-3 }
  })
  const spread = Array.from({ length: reader.block }, (_, k) => lines[Math.floor(k / each)])
  return {
    weights: spread.map(({ weights }) => weights.slice(1)),
    shifts: spread.map(({ weights }) => weights[0]),
    deviations: spread.map(({ deviation }) => deviation),
  }
}

/** What the lines say about each step ahead. */
export function linearForecast({ weights, shifts }: LinearForecast, { windows, at }: Origin): number[] {
  const recent = windows.recent(at, weights[0].length)
  return weights.map((line, k) =>
    line.reduce((sum, weight, place) => sum + weight * recent[place], shifts[k]),
  )
}

/** Lets a network begin at what the lines say; without a linear path at the mean of the targets, which have a deviation of 1. */
export function beginAtLinear(
  network: Forecaster,
  output: ForecastOutput,
  levels: readonly number[],
  { weights, shifts, deviations }: LinearForecast,
): void {
  const { horizon, linear, head } = network
  const bias = (head.bias as NonNullable<typeof head.bias>).data
  for (let k = 0; k < horizon; k++)
    for (const [number, value] of output.begin(linear ? deviations[k] : 1, levels).entries())
      bias[number * horizon + k] = value
  if (!linear) return
  linear.weight.set(weights.flat())
  linear.bias?.set(shifts)
}
