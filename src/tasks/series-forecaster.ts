import { type Frequency, laterBy, timeText } from '../data/frequency.js'
import type { GivenSeries, TimeSeries } from '../data/series.js'
import { DataError, UsageError } from '../errors.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import type { Forecaster } from '../models/forecaster.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { growthAt, moved } from './forecast-calibration.js'
import { evaluateForecaster } from './forecast-evaluation.js'
import type { LinearForecast } from './forecast-linear.js'
import { levelsOf } from './forecast-output.js'
import {
  readAs,
  type SeriesInput,
  type SeriesReading,
  type SeriesRow,
  seriesOfInput,
} from './forecast-rows.js'
import type { ForecastSettings } from './forecast-settings.js'
import { type LevelForecast, tellSteps } from './forecast-steps.js'
import { ForecastStream } from './forecast-stream.js'
import { inputOf, type Origin, SeriesWindows, type WindowReader } from './forecast-windows.js'
import type { Decided } from './settings.js'
import type { Evaluation, InspectionOptions, TaskModel } from './task.js'

/** The parts of a forecaster. */
export interface SeriesForecasterParts {
  readonly reader: WindowReader
  readonly network: Forecaster
  readonly settings: Decided<ForecastSettings>
  /** The straight lines it began at, which stay as a baseline. */
  readonly linear: LinearForecast
  /** Steps of the season that baselines go by. */
  readonly season: number
  /** How much each quantile moves, for each step ahead, see `calibrate`. */
  readonly offsets: readonly (readonly number[])[]
  /** How much larger errors are each step beyond the horizon, see `growthBeyond`. */
  readonly growth: readonly number[]
  /** Where what it has learned of each series ends, see `endsOf`. */
  readonly ends: Readonly<Record<string, number>>
  /** How files are read as series; absent where it has learned from rows in memory. */
  readonly reading?: SeriesReading | undefined
  /** How far the steps of the series lie apart. */
  readonly frequency?: Frequency | undefined
}

/** A forecast of one step. */
export interface ForecastStep {
  /** When, where the series has dates. */
  readonly time?: string
  readonly value: number
  /** The interval that should hold the value with the probability `model.coverage`. */
  readonly low: number
  readonly high: number
  /** The values that should be above what comes with the probability that is the name. */
  readonly quantiles: Readonly<Record<string, number>>
}

/** The forecast of a series. */
export interface SeriesForecast {
  readonly id: string
  readonly steps: readonly ForecastStep[]
}

/**
 * A trained model of the task `forecast`: says how series go on.
 *
 * ```ts
 * const [forecast] = model.predict([{ values: [112, 118, 132, …] }], { steps: 12 })
 * forecast.steps[0]      // { time: '1961-01', value: 450, low: 431, high: 470, … }
 * ```
 */
export class SeriesForecaster implements TaskModel<SeriesRow, SeriesInput> {
  readonly task = 'forecast'
  readonly reader: WindowReader
  readonly network: Forecaster
  readonly settings: Decided<ForecastSettings>
  readonly linear: LinearForecast
  readonly season: number
  readonly offsets: readonly (readonly number[])[]
  readonly growth: readonly number[]
  readonly ends: Readonly<Record<string, number>>
  readonly reading: SeriesReading | undefined
  readonly frequency: Frequency | undefined

  constructor(parts: SeriesForecasterParts) {
    this.reader = parts.reader
    this.network = parts.network
    this.settings = parts.settings
    this.linear = parts.linear
    this.season = parts.season
    this.offsets = parts.offsets
    this.growth = parts.growth
    this.ends = parts.ends
    this.reading = parts.reading
    this.frequency = parts.frequency
  }

  get engine(): Engine {
    return this.network.engine
  }

  /** The probabilities of the quantiles of each forecast. */
  get levels(): readonly number[] {
    return levelsOf(this.settings.model.coverage)
  }

  /** How files are read as those were from which it has learned. */
  get readAs(): Readonly<Record<string, unknown>> {
    return this.reading ? readAs(this.reading) : {}
  }

  /** Weights by their PyTorch names. */
  parameters(): Record<string, Tensor> {
    return this.network.parameters()
  }

  /**
   * How each series goes on behind its last value, for `steps` steps (those of the training by default; more are forecast by feeding the
   * forecasts back). Throws `DataError` for a series that is shorter than what the model looks back at, or lacks a covariate.
   */
  predict(
    series: SeriesInput,
    { steps = this.settings.model.horizon }: { readonly steps?: number } = {},
  ): SeriesForecast[] {
    if (!Number.isSafeInteger(steps) || steps < 1)
      throw new UsageError(`predict: steps must be a whole number of at least 1, got ${steps}`)
    const rows = seriesOfInput(series, this.reading)
    const origins = rows.map((row) => this.#origin(row))
    for (const row of rows) this.#checkKnown(row, steps)
    return this.forecastFrom(origins, steps).map((told, k) => ({
      id: rows[k].id,
      steps: told.map((step, ahead) => ({ ...timeAt(rows[k], rows[k].values.length + ahead), ...step })),
    }))
  }

  /** The forecasts from each origin, without dates. */
  forecastFrom(origins: readonly Origin[], steps: number): ForecastStep[][] {
    return tellSteps(this, origins, steps).map((told, row) =>
      told.map((_, k) => this.#finished(origins[row], told, k + 1)),
    )
  }

  /** Scores forecasts from every step of the scored parts (behind `from`, or the last tenth), with baselines beside them. */
  evaluate(rows: readonly GivenSeries[]): Evaluation {
    return evaluateForecaster(this, rows)
  }

  /** How series go on. */
  answer(input: SeriesInput): JsonObject {
    return JSON.parse(JSON.stringify({ forecasts: this.predict(input) }))
  }

  /** What happens inside while it reads the last window of a series. */
  inspect(input: SeriesInput, options: InspectionOptions = {}): Inspection {
    const [series] = seriesOfInput(input, this.reading)
    const { windows, at } = this.#origin(series)
    const steps = Array.from({ length: this.reader.window }, (_, k) => {
      const t = at - this.reader.window + 1 + k
      return timeAt(series, t).time ?? String(t + 1)
    })
    const run = (copies: number) =>
      this.network.forward(inputOf(this.engine, this.reader, Array<Origin>(copies).fill({ windows, at })))
    return inspectSequence(this.network, run, { title: series.id, ...options, steps })
  }

  /**
   * Takes one observation at a time and says after each how the series goes on. It begins behind `history`, a series as for `predict`, or
   * without one at the beginning of the series that the model has learned.
   */
  stream(history?: GivenSeries): ForecastStream {
    return new ForecastStream(this, history && seriesOfInput([history])[0])
  }

  store(): Pick<StoredModel, 'tensors' | 'config'> {
    const { settings, reader, linear, season, offsets, growth, ends, reading, frequency } = this
    const config = {
      task: this.task,
      settings,
      reader,
      linear,
      season,
      offsets,
      growth,
      ends,
      ...(reading && { reading }),
      ...(frequency && { frequency }),
    }
    return {
      tensors: storeWeights(this.parameters()),
      config: JSON.parse(JSON.stringify(config)) as JsonObject,
    }
  }

  /** Releases the weights; the engine stays. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters())) parameter.dispose()
  }

  /** How much wider intervals are so many steps beyond those that were calibrated. */
  #growthAt(beyond: number): number {
    const { horizon } = this.settings.model
    const { difference, seasonal } = this.reader.preparation
    return beyond > 0
      ? growthAt(this.growth, beyond, { horizon, wanders: difference || seasonal === 'difference' })
      : 1
  }

  #origin(row: TimeSeries): Origin {
    const windows = new SeriesWindows(this.reader, row)
    const at = row.values.length - 1
    if (at >= windows.first) return { windows, at }
    throw new DataError(
      `${row.id}: expected at least ${windows.first + 1} values, which the model looks back at, found ${row.values.length}`,
    )
  }

  /** Throws `DataError` where less is known in advance than blocks of steps ahead need. */
  #checkKnown({ id, values, future }: TimeSeries, steps: number): void {
    const { block } = this.reader
    const needed = values.length + block * Math.ceil(steps / block)
    for (const name of Object.keys(this.reader.future))
      if (future[name] && future[name].length < needed)
        throw new DataError(
          `${id}: expected "${name}", which is known in advance, up to step ${needed}, found ${future[name].length} steps; add rows with an empty target`,
        )
  }

  #finished({ windows, at }: Origin, told: readonly LevelForecast[], ahead: number): ForecastStep {
    const { prepared } = windows
    const { scale } = prepared.scaleAt(at, this.reader.window)
    const { horizon, coverage } = this.settings.model
    const { point } = told[ahead - 1]
    const measured = Math.min(ahead, horizon)
    const quantiles = moved(told[measured - 1], this.offsets[measured - 1], scale).map((level) => {
      const distance = (level - told[measured - 1].point) * this.#growthAt(ahead - horizon)
      return prepared.value(ahead > horizon ? point + distance : level)
    })
    const at2 = (level: number) => quantiles[this.levels.findIndex((one) => Math.abs(one - level) < 1e-6)]
    return {
      value: prepared.value(point),
      low: at2((1 - coverage) / 2),
      high: at2((1 + coverage) / 2),
      quantiles: Object.fromEntries(this.levels.map((level, k) => [String(level), quantiles[k]])),
    }
  }
}

/** When the step `t` is, which may lie behind the last value, where the series has dates. */
function timeAt({ times, frequency }: TimeSeries, t: number): { time?: string } {
  if (!times || !frequency) return {}
  const last = times.length - 1
  const time = t <= last ? times[t] : laterBy(times[last], frequency, t - last)
  return { time: timeText(time, frequency) }
}
