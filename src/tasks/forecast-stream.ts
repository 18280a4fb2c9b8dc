import { type Frequency, frequencyText, laterBy, stepsBetween, timeText } from '../data/frequency.js'
import { problem, shown } from '../data/problem.js'
import { mapped, type TimeSeries } from '../data/series.js'
import { readTimestamp } from '../data/timestamps.js'
import { UsageError } from '../errors.js'
import { firstInput, type SeriesFit } from './forecast-preparation.js'
import { fitOf, type Origin, SeriesWindows, type WindowReader } from './forecast-windows.js'
import type { ForecastStep, SeriesForecaster } from './series-forecaster.js'

/** What came at a step: its value alone, or with what is known beside it. */
export type StreamObservation =
  | number
  | {
      readonly value: number
      /** When; one step after the last one where it is left out. */
      readonly time?: string | number | Date
      readonly past?: Readonly<Record<string, number>>
      /** Known in advance, by name: what holds at the steps ahead, the next one first. */
      readonly future?: Readonly<Record<string, readonly number[]>>
    }

/** The state of a stream: the end of its series, as plain numbers. */
export interface ForecastSnapshot {
  readonly pushed: number
  readonly series: TimeSeries | undefined
  /** What the series is scaled by: found at the beginning, it stays. */
  readonly fit: SeriesFit | undefined
}

/**
 * A forecaster that takes one observation at a time and says after each how it goes on, with the bits that `predict` gives for the whole
 * series. It keeps no more of the past than the model looks back at. Made by `model.stream()`.
 *
 * ```ts
 * const stream = model.stream(history)
 * for (const price of prices) console.log(stream.push(price))
 * ```
 */
export class ForecastStream {
  readonly #model: SeriesForecaster
  readonly #reader: WindowReader
  #series: TimeSeries | undefined
  #fit: SeriesFit | undefined
  #pushed = 0
  #ended = false

  constructor(model: SeriesForecaster, history: TimeSeries | undefined) {
    this.#model = model
    this.#reader = model.reader
    if (!history) return
    this.#fit = fitOf(model.reader, history)
    this.#series = this.#checked(history, this.#fit).series
  }

  /** Observations taken since the beginning. */
  get steps(): number {
    return this.#pushed
  }

  /**
   * Takes an observation and says how the series goes on; undefined while there are fewer observations than the model looks back at. Throws
   * `DataError` for what is no finite number, a time that does not come next, and a missing covariate.
   */
  push(observation: StreamObservation): readonly ForecastStep[] | undefined {
    if (this.#ended) throw new UsageError('stream: it has ended; open a new one')
    const before = this.#series ?? emptySeries(this.#model)
    const fit = this.#fit ?? this.#reader.fits[before.id]
    const next = this.#checked(this.#appended(before, observation), fit)
    const told = this.#from(next)
    this.#series = next.series
    this.#fit = fit
    this.#pushed++
    return told
  }

  /** How the series goes on from where it is; undefined while it is too short. */
  forecast(): readonly ForecastStep[] | undefined {
    return this.#series && this.#from(new SeriesWindows(this.#reader, this.#series, this.#fit))
  }

  /** The end of a series, as the network sees it. Throws `DataError` for what it cannot see. */
  #checked(series: TimeSeries, fit: SeriesFit): SeriesWindows {
    return new SeriesWindows(this.#reader, this.#tail(series), fit)
  }

  #from(windows: SeriesWindows): readonly ForecastStep[] | undefined {
    const origin: Origin = { windows, at: windows.steps - 1 }
    if (origin.at < windows.first) return undefined
    return this.#model.forecastFrom([origin], this.#model.settings.model.horizon)[0]
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): ForecastStream {
    const copy = new ForecastStream(this.#model, undefined)
    copy.restore(this.snapshot())
    return copy
  }

  /** The state; later observations do not change it. */
  snapshot(): ForecastSnapshot {
    return { pushed: this.#pushed, series: this.#series, fit: this.#fit }
  }

  /** Goes back (or over) to a state. */
  restore({ pushed, series, fit }: ForecastSnapshot): void {
    if (this.#ended) throw new UsageError('stream: it has ended; open a new one')
    this.#pushed = pushed
    this.#series = series
    this.#fit = fit
  }

  /** Ends the stream; the model stays. */
  dispose(): void {
    this.#ended = true
    this.#series = undefined
  }

  #appended(before: TimeSeries, observation: StreamObservation): TimeSeries {
    const given = typeof observation === 'number' ? { value: observation } : observation
    const { value, past = {}, future = {} } = given ?? {}
    if (!Number.isFinite(value)) throw problem('push', 0, 'a finite number, or { value }', shown(observation))
    const seen = before.values.length
    return {
      ...before,
      values: Float64Array.from([...before.values, value]),
      past: mapped(this.#reader.past, (_, name) => {
        const number = past[name]
        if (!Number.isFinite(number)) throw problem('push', 0, `a number for "${name}"`, shown(number))
        return Float64Array.from([...(before.past[name] ?? []), number])
      }),
      future: mapped(this.#reader.future, (_, name) => {
        const ahead = future[name] ?? []
        if (ahead.length === 0 || !ahead.every(Number.isFinite))
          throw problem('push', 0, `numbers for "${name}" of the steps ahead`, shown(ahead))
        // what holds at the step itself was told with the one before; of the first step nobody asks
        const known = [...(before.future[name] ?? []).slice(0, seen + 1)]
        return Float64Array.from([...known, ...(known.length <= seen ? [ahead[0]] : []), ...ahead])
      }),
      ...this.#timesWith(before, given),
    }
  }

  #timesWith({ times, frequency, values }: TimeSeries, given: Exclude<StreamObservation, number>) {
    const { time } = given
    if (!frequency) return {}
    const seen = times?.subarray(0, values.length) ?? new Float64Array()
    const at = time === undefined ? undefined : timeOf(time)
    const last = seen.at(-1)
    if (last === undefined && at === undefined)
      throw problem('push', 0, 'the time of the first observation, { value, time }', 'none')
    if (at !== undefined && last !== undefined && !(at > last))
      throw problem('push', 0, 'a later time than that of the observation before', shown(time))
    if (at !== undefined && last !== undefined) this.#checkStep(seen, at, frequency, shown(time))
    return { times: Float64Array.from([...seen, at ?? laterBy(last as number, frequency, 1)]) }
  }

  /** Throws `DataError` for a time beside the steps; where files were read without gaps, also for one that is not the next. */
  #checkStep(seen: Float64Array, at: number, frequency: Frequency, text: string): void {
    const [before, last] = [seen.at(-2), seen[seen.length - 1]]
    const isStep = (distance: number) => Math.abs(distance - Math.round(distance)) < 1e-9
    const distance = stepsBetween(last, at, frequency)
    const { gaps = 'skip' } = this.#model.reading ?? {}
    const regular = before === undefined || isStep(stepsBetween(before, last, frequency))
    if (gaps === 'skip' ? isStep(distance) || !regular : distance === 1) return
    const expected = timeText(laterBy(last, frequency, 1), frequency)
    throw problem('push', 0, `${expected} (${frequencyText(frequency)})`, text)
  }

  /** As much of the end of a series as the model looks back at; whole seasons are cut off, so that each step keeps its place in its season. */
  #tail(series: TimeSeries): TimeSeries {
    const { preparation, window } = this.#reader
    const season = preparation.season?.steps ?? 1
    const needed = firstInput(preparation) + window
    const cut = season * Math.max(0, Math.floor((series.values.length - needed) / season))
    if (cut === 0) return series
    const after = (column: Float64Array) => column.slice(cut)
    return {
      ...series,
      values: after(series.values),
      past: mapped(series.past, after),
      future: mapped(series.future, after),
      ...(series.times && { times: after(series.times) }),
    }
  }
}

/** A series without values, named as the one that the model knows. */
function emptySeries({ reader, frequency }: SeriesForecaster): TimeSeries {
  const [id = '1', ...others] = Object.keys(reader.fits)
  if (others.length > 0)
    throw new UsageError(
      `stream: the model knows several series (${[id, ...others].slice(0, 5).join(', ')} …); begin with a history that has an id`,
    )
  return { id, values: new Float64Array(), past: {}, future: {}, ...(frequency && { frequency }) }
}

function timeOf(time: string | number | Date): number {
  const at = typeof time === 'string' ? readTimestamp(time)?.at : Number(time)
  if (at !== undefined && Number.isFinite(at)) return at
  throw problem('push', 0, 'a time such as 1990-12-31', shown(time))
}
