import type { GivenSeries } from '../data/series.js'
import { UsageError } from '../errors.js'
import type { JsonObject } from '../formats/index.js'
import { mae, mape, mase, rmse, smape } from '../metrics/point-forecasts.js'
import { coverage, pinball, quantileCrps } from '../metrics/quantile-forecasts.js'
import type { SummedMetric } from '../metrics/summed.js'
import { baselineForecasts } from './forecast-baselines.js'
import { EVEN_LEVELS } from './forecast-output.js'
import { learnedSteps, type SeriesRow, scoredFrom, seriesRows } from './forecast-rows.js'
import { scaleBefore, timeOf, verdictOn } from './forecast-verdict.js'
import { isMeasured, type Origin, scoredOrigins } from './forecast-windows.js'
import type { ForecastStep, SeriesForecaster } from './series-forecaster.js'
import type { Evaluation, RowAnswers } from './task.js'

/** What an evaluation needs of a model. */
export type EvaluatedForecaster = Pick<
  SeriesForecaster,
  'reader' | 'settings' | 'linear' | 'season' | 'levels' | 'ends' | 'forecastFrom'
>

/** Forecasts beside what came: those of one series after the other, step by step. */
interface Backtest {
  readonly origins: readonly (readonly Origin[])[]
  readonly forecasts: readonly (readonly ForecastStep[])[]
}

/**
 * Rolling origin: from every step of the scored parts (the first right before it) the steps ahead are forecast and compared with what came;
 * simple rules do the same. Steps that were filled in are not scored. Throws a `UsageError` without rows, and where no origin has all its
 * steps ahead inside the scored part.
 */
export function evaluateForecaster(model: EvaluatedForecaster, given: readonly GivenSeries[]): Evaluation {
  if (!Array.isArray(given) || given.length === 0)
    throw new UsageError('evaluate: expected at least one series, got none')
  const rows = seriesRows(given, 'rows')
  const { horizon, window, coverage: wanted } = model.settings.model
  const test = backtest(model, rows)
  const all = test.origins.flat()
  const values = (k: number) => test.forecasts[k].map(({ value }) => value)
  const scales = test.origins.flatMap((own) => own.map(() => scaleBefore(own[0], model.season)))
  const own = errorsOf(all, (k) => values(k), horizon, scales)
  const { baselines, leftOut } = baselineForecasts(test.origins, {
    ...model,
    order: Math.max(1, window),
    horizon,
  })
  const others = baselines.map(({ name, forecasts }) => ({
    name,
    ...errorsOf(all, (k) => forecasts[k], horizon, scales),
  }))
  const best = others.reduce((a, b) => (b.rmse < a.rmse ? b : a))
  return {
    rows: rows.length,
    scores: { ...pointScores(model, rows, test), ...intervalScores(test) },
    baselines: Object.fromEntries(others.map(({ name, rmse: error }) => [name, error])),
    details: {
      forecasts: all.length,
      horizon,
      coverage: wanted,
      from: rows.map((row) => scoredFrom(row)),
      learned: learnedSteps(model.ends, rows),
      leftOut,
      verdict: { ...verdictOn(own.costs, best, horizon) },
      byStep: stepTable(own.bySteps, others),
    } satisfies JsonObject,
  }
}

/** The forecasts of each series beside what came; the root of the mean square of their differences is the headline score. */
export function forecastAnswers(model: EvaluatedForecaster, given: readonly GivenSeries[]): RowAnswers {
  const rows = seriesRows(given, 'rows')
  const { horizon } = model.settings.model
  const answers: number[][] = []
  const right: number[][] = []
  for (const row of rows) {
    const { origins, forecasts } = backtest(model, [row])
    const pairs = pairsOf(origins.flat(), (k) => forecasts[k].map(({ value }) => value), horizon)
    right.push(pairs.map(({ actual }) => actual))
    answers.push(pairs.map(({ said }) => said))
  }
  return { score: 'rmse', metric: rootMeanSquare, right, answers }
}

const rootMeanSquare: SummedMetric<readonly number[], readonly number[]> = {
  name: 'RMSE',
  counts: (right, said) => [right.reduce((sum, value, k) => sum + (value - said[k]) ** 2, 0), right.length],
  score: ([squares, count]) => Math.sqrt(squares / count),
}

function backtest(model: EvaluatedForecaster, rows: readonly SeriesRow[]): Backtest {
  const { horizon } = model.settings.model
  const origins = rows.map((row) => scoredOrigins(model.reader, row, horizon))
  if (origins.every((own) => own.length === 0))
    throw new UsageError(
      `evaluate: expected a scored part of at least ${horizon} steps (model.horizon) behind a window of ${model.reader.window}, got ${rows.map((row) => row.values.length - scoredFrom(row)).join(', ')}`,
    )
  return { origins, forecasts: model.forecastFrom(origins.flat(), horizon) }
}

/** A forecast of a step that was measured. */
interface Pair {
  readonly origin: number
  readonly ahead: number
  readonly actual: number
  readonly said: number
}

function pairsOf(
  origins: readonly Origin[],
  said: (k: number) => readonly number[],
  horizon: number,
): Pair[] {
  return origins.flatMap((origin, k) => {
    const forecasts = said(k)
    const { values } = origin.windows.series
    return Array.from({ length: horizon }, (_, step) => step + 1).flatMap((ahead): Pair[] => {
      if (!isMeasured(origin, ahead)) return []
      return [{ origin: k, ahead, actual: values[origin.at + ahead], said: forecasts[ahead - 1] }]
    })
  })
}

/** The errors of forecasts: over all, for each step ahead, and for each origin what its steps cost together, in scales of its series. */
function errorsOf(
  origins: readonly Origin[],
  said: (k: number) => readonly number[],
  horizon: number,
  scales: readonly number[],
) {
  const pairs = pairsOf(origins, said, horizon)
  const squares = (some: readonly Pair[]) =>
    some.reduce((sum, pair) => sum + (pair.actual - pair.said) ** 2, 0)
  const byOrigin = origins.map((): Pair[] => [])
  const bySteps = Array.from({ length: horizon }, (): Pair[] => [])
  for (const pair of pairs) {
    byOrigin[pair.origin].push(pair)
    bySteps[pair.ahead - 1].push(pair)
  }
  const root = (some: readonly Pair[]) => Math.sqrt(squares(some) / some.length)
  return {
    rmse: root(pairs),
    bySteps: bySteps.map(root),
    costs: byOrigin.map((own, k) => ({ time: timeOf(origins[k]), cost: root(own) / scales[k] })),
  }
}

/** Scores of single values, those that the series allow: no percentages where a value is 0. */
function pointScores(
  model: EvaluatedForecaster,
  rows: readonly SeriesRow[],
  { origins, forecasts }: Backtest,
) {
  const { horizon } = model.settings.model
  const pairs = pairsOf(origins.flat(), (k) => forecasts[k].map(({ value }) => value), horizon)
  const [actual, said] = [pairs.map((pair) => pair.actual), pairs.map((pair) => pair.said)]
  const scaled = () => {
    let begin = 0
    const each = rows.map((row, k) => {
      const own = pairsOf(origins[k], (place) => forecasts[begin + place].map(({ value }) => value), horizon)
      begin += origins[k].length
      const history = row.values.subarray(0, scoredFrom(row))
      const [right, told] = [own.map((pair) => pair.actual), own.map((pair) => pair.said)]
      return mase(right, told, history, model.season < history.length ? model.season : 1)
    })
    return each.reduce((sum, score) => sum + score, 0) / each.length
  }
  return {
    rmse: rmse(actual, said),
    mae: mae(actual, said),
    ...allowed('mape', () => mape(actual, said)),
    smape: smape(actual, said),
    ...allowed('mase', scaled),
  }
}

/** A score by its name, or nothing where the series has none. */
function allowed(name: string, score: () => number): Record<string, number> {
  try {
    return { [name]: score() }
  } catch (error) {
    if (error instanceof UsageError) return {}
    throw error
  }
}

function intervalScores({ origins, forecasts }: Backtest) {
  const steps = origins
    .flat()
    .flatMap((origin, k) =>
      forecasts[k].flatMap((step, ahead) =>
        isMeasured(origin, ahead + 1)
          ? [{ ...step, actual: origin.windows.series.values[origin.at + ahead + 1] }]
          : [],
      ),
    )
  const actual = steps.map((step) => step.actual)
  const even = EVEN_LEVELS.map((level) => steps.map(({ quantiles }) => quantiles[String(level)]))
  const losses = even.map((quantiles, k) => pinball(actual, quantiles, EVEN_LEVELS[k]))
  const [low, high] = [steps.map((step) => step.low), steps.map((step) => step.high)]
  return {
    pinball: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
    crps: quantileCrps(
      actual,
      steps.map(({ quantiles }) => EVEN_LEVELS.map((level) => quantiles[String(level)])),
      EVEN_LEVELS,
    ),
    coverage: coverage(actual, low, high),
    width: high.reduce((sum, bound, k) => sum + bound - low[k], 0) / high.length,
  }
}

function stepTable(own: readonly number[], others: readonly { name: string; bySteps: readonly number[] }[]) {
  return own.map((rmse, k) => ({
    ahead: k + 1,
    rmse,
    baselines: Object.fromEntries(others.map(({ name, bySteps }) => [name, bySteps[k]])),
  }))
}
