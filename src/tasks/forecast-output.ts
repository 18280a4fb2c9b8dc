import { gaussianNll, studentTNll } from '../losses/likelihood.js'
import { quantileLoss } from '../losses/quantile.js'
import { squaredError } from '../losses/squared-error.js'
import type { WeighedOptions } from '../losses/weighed.js'
import { weighed } from '../losses/weighed.js'
import { normalQuantile } from '../metrics/normal.js'
import { studentQuantile } from '../metrics/student-t.js'
import type { Tensor } from '../tensor/index.js'
import { add, scale } from '../tensor/index.js'

/** What a network says about one step ahead, and what it costs to be wrong. */
export interface ForecastOutput {
  /** For each number that is said, whether it moves with the forecast (a location, a quantile) or not (a scale). */
  locations(levels: readonly number[]): readonly boolean[]
  /** What each number begins at, given the deviation of the linear forecast's errors. */
  begin(deviation: number, levels: readonly number[]): readonly number[]
  /** The loss from the numbers, each a tensor over all steps. */
  loss(
    numbers: readonly Tensor[],
    targets: Tensor,
    levels: readonly number[],
    options: WeighedOptions,
  ): Tensor
  /** The quantile of each level; the levels rise. */
  quantiles(numbers: readonly number[], levels: readonly number[]): number[]
  /** The single value that is said. */
  point(numbers: readonly number[], levels: readonly number[]): number
}

/** Scales are kept as logarithms, within what a float holds. */
const scaleOf = (log: number) => Math.exp(Math.max(-30, Math.min(30, log)))

/** ln ν of Student's t begins here: 10 degrees of freedom. */
const FIRST_LOG_DEGREES = Math.log(10)

/** Every kind of output by its name. */
export const forecastOutputs: Readonly<Record<string, ForecastOutput>> = {
  point: {
    locations: () => [true],
    begin: () => [0],
    loss: ([value], targets, _, options) =>
      weighed('squaredError', squaredError(value, targets, { reduction: 'none' }), options),
    quantiles: ([value], levels) => levels.map(() => value),
    point: ([value]) => value,
  },
  quantiles: {
    locations: (levels) => levels.map(() => true),
    begin: (deviation, levels) => levels.map((level) => deviation * normalQuantile(level)),
    loss: (quantiles, targets, levels, options) =>
      scale(
        quantiles.map((each, k) => quantileLoss(each, targets, levels[k], options)).reduce(add),
        2 / levels.length,
      ),
    quantiles: (numbers) => [...numbers].sort((a, b) => a - b),
    point: (numbers, levels) => [...numbers].sort((a, b) => a - b)[levels.indexOf(0.5)],
  },
  gaussian: {
    locations: () => [true, false],
    begin: (deviation) => [0, Math.log(deviation)],
    loss: ([mean, logDeviation], targets, _, options) => gaussianNll(mean, logDeviation, targets, options),
    quantiles: ([mean, logDeviation], levels) =>
      levels.map((level) => mean + scaleOf(logDeviation) * normalQuantile(level)),
    point: ([mean]) => mean,
  },
  studentT: {
    locations: () => [true, false, false],
    begin: (deviation) => [0, Math.log(deviation), FIRST_LOG_DEGREES],
    loss: ([location, logScale, logDegrees], targets, _, options) =>
      studentTNll(location, logScale, logDegrees, targets, options),
    quantiles: ([location, logScale, logDegrees], levels) =>
      levels.map((level) => location + scaleOf(logScale) * studentQuantile(level, degreesOf(logDegrees))),
    point: ([location]) => location,
  },
}

/** Beyond these bounds Student's t has no quantiles that a double holds, or is the normal distribution. */
const degreesOf = (log: number) => Math.exp(Math.max(Math.log(0.2), Math.min(Math.log(1e5), log)))

/**
 * The levels of the quantiles that every forecast has: five that are spread evenly over all probabilities, the median among them, and the
 * bounds of the interval.
 */
export function levelsOf(coverage: number): number[] {
  const bounds = [(1 - coverage) / 2, (1 + coverage) / 2].map((level) => Number(level.toFixed(6)))
  return [...new Set([...EVEN_LEVELS, ...bounds])].sort((a, b) => a - b)
}

/** (k - ½)/5: their mean pinball loss stands for the CRPS. */
export const EVEN_LEVELS: readonly number[] = [0.1, 0.3, 0.5, 0.7, 0.9]
