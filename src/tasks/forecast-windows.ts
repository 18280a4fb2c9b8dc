import { type CalendarCycle, CYCLE_FEATURES, calendarFeatures } from '../data/calendar.js'
import { laterBy } from '../data/frequency.js'
import { mapped, type TimeSeries, upTo } from '../data/series.js'
import { DataError } from '../errors.js'
import type { ForecasterInput } from '../models/forecaster.js'
import { type Engine, PackedLayout } from '../tensor/index.js'
import {
  firstInput,
  fitSeries,
  meanAndDeviation,
  type Preparation,
  PreparedSeries,
  type SeriesFit,
} from './forecast-preparation.js'
import { type SeriesRow, scoredFrom } from './forecast-rows.js'

/** A mean and a standard deviation by which numbers are brought to a common size. */
export interface Scaling {
  readonly centre: number
  readonly scale: number
}

/** Everything that turns series into the numbers a network reads. */
export interface WindowReader {
  readonly preparation: Preparation
  readonly window: number
  /** Last values for the linear path. */
  readonly recent: number
  /** Steps ahead that the network says something about at once. */
  readonly block: number
  readonly cycles: readonly CalendarCycle[]
  /** The covariates by name, in the order in which they are read. */
  readonly past: Readonly<Record<string, Scaling>>
  readonly future: Readonly<Record<string, Scaling>>
  /** What was found on the training part of each series, by its id. */
  readonly fits: Readonly<Record<string, SeriesFit>>
  /** For each step ahead the mean and deviation of the targets. */
  readonly reach: readonly Scaling[]
}

/** The mean and deviation of covariates over all series, by name. */
export function covariateScaling(
  series: readonly TimeSeries[],
  kind: 'past' | 'future',
): Record<string, Scaling> {
  return mapped(series[0][kind], (_, name) => {
    const all = series.flatMap(({ [kind]: columns, values }) => [...columns[name].subarray(0, values.length)])
    const { centre, scale } = meanAndDeviation(all)
    return { centre, scale: scale || 1 }
  })
}

/** Numbers in a row of the window, and those about the steps ahead that the head is told besides. */
export function sizesOf({ past, future, cycles, block }: WindowReader): { features: number; ahead: number } {
  const known = Object.keys(future).length + CYCLE_FEATURES * cycles.length
  return { features: 1 + Object.keys(past).length + known, ahead: known * (block - 1) }
}

/**
 * What was found on the training part of a series. One that was not learned from, or has no name to be known by, is scaled by itself:
 * by its first `known` steps.
 */
export function fitOf(
  { fits, preparation }: WindowReader,
  series: TimeSeries,
  known = series.values.length,
): SeriesFit {
  if (!series.unnamed && Object.hasOwn(fits, series.id)) return fits[series.id]
  return fitSeries(upTo(series, known), preparation)
}

/** A scaled covariate that is known in advance. */
interface KnownColumn {
  readonly name: string
  readonly values: Float64Array
}

/** A series as windows, each named by its last step, from which the forecast looks ahead. */
export class SeriesWindows {
  readonly prepared: PreparedSeries
  /** The first step from which a forecast can be made. */
  readonly first: number
  readonly #past: readonly Float64Array[]
  readonly #known: readonly KnownColumn[]
  /** What is known of each step, as far as somebody has asked. */
  readonly #rows: (readonly number[])[] = []

  /** Throws `DataError` where a covariate is missing. */
  constructor(
    readonly reader: WindowReader,
    readonly series: TimeSeries,
    fit: SeriesFit = fitOf(reader, series),
  ) {
    const { preparation, window, past, future } = reader
    this.prepared = new PreparedSeries(series, preparation, fit)
    this.first = this.prepared.begin + window - 1
    this.#past = Object.entries(past).map(([name, { centre, scale }]) =>
      this.#column('past', name).map((value) => (value - centre) / scale),
    )
    this.#known = Object.entries(future).map(([name, { centre, scale }]) => ({
      name,
      values: this.#column('future', name).map((value) => (value - centre) / scale),
    }))
  }

  /** Steps with a value. */
  get steps(): number {
    return this.prepared.steps
  }

  /** Writes the window that ends at `at`, a row of numbers for each step; `place` says where the row of a step begins. */
  writePast(at: number, into: { [index: number]: number }, place: (step: number) => number): void {
    const { window } = this.reader
    const { centre, scale } = this.prepared.scaleAt(at, window)
    for (let step = 0; step < window; step++) {
      const t = at - window + 1 + step
      let next = place(step)
      into[next++] = (this.prepared.inputs[t] - centre) / scale
      for (const column of this.#past) into[next++] = column[t]
      for (const value of this.#knownAt(t + 1)) into[next++] = value
    }
  }

  /** The last values before a forecast, scaled, the newest last. */
  recent(at: number, count = this.reader.recent): number[] {
    const { window } = this.reader
    const { centre, scale } = this.prepared.scaleAt(at, window)
    return Array.from(
      this.prepared.inputs.subarray(at - count + 1, at + 1),
      (value) => (value - centre) / scale,
    )
  }

  /** What is known of the steps ahead behind the next one. */
  ahead(at: number): number[] {
    return Array.from({ length: this.reader.block - 1 }, (_, k) => this.#knownAt(at + 2 + k)).flat()
  }

  /** What the network should say about the step `ahead` steps behind `at`. */
  target(at: number, ahead: number): number {
    const { centre, scale } = this.prepared.scaleAt(at, this.reader.window)
    const distance = (this.prepared.level(at + ahead) - this.prepared.anchor(at, ahead, centre)) / scale
    const { reach } = this.reader
    return (distance - reach[ahead - 1].centre) / reach[ahead - 1].scale
  }

  /** The level of which the network says `said`. */
  levelOf(at: number, ahead: number, said: number): number {
    const { centre, scale } = this.prepared.scaleAt(at, this.reader.window)
    const reach = this.reader.reach[ahead - 1]
    return this.prepared.anchor(at, ahead, centre) + (said * reach.scale + reach.centre) * scale
  }

  /** What is known in advance of a step. */
  #knownAt(t: number): readonly number[] {
    this.#rows[t] ??= [...this.#known.map((column) => this.#covariateAt(column, t)), ...this.#calendarAt(t)]
    return this.#rows[t]
  }

  #covariateAt({ name, values }: KnownColumn, t: number): number {
    if (t < values.length) return values[t]
    throw new DataError(
      `${this.series.id}: expected "${name}", which is known in advance, up to step ${t + 1}, found ${values.length} steps; add rows with an empty target`,
    )
  }

  #calendarAt(t: number): number[] {
    const { cycles } = this.reader
    if (cycles.length === 0) return []
    const { times, frequency, id } = this.series
    if (!times || !frequency)
      throw new DataError(
        `${id}: expected a series with dates, as those that the model has learned from; found none`,
      )
    const last = times.length - 1
    return calendarFeatures(t <= last ? times[t] : laterBy(times[last], frequency, t - last), cycles)
  }

  #column(kind: 'past' | 'future', name: string): Float64Array {
    const { [kind]: columns, id } = this.series
    if (Object.hasOwn(columns, name)) return columns[name]
    throw new DataError(
      `${id}: expected "${name}" beside the values (read.${kind}), as where the model has learned; found ${Object.keys(columns).join(', ') || 'nothing'}`,
    )
  }
}

/** A window to forecast from. */
export interface Origin {
  readonly windows: SeriesWindows
  /** Its last step. */
  readonly at: number
}

/**
 * The windows that end at step `begin` or behind it and have `ahead` steps before them of which one at least was measured. None ends at a
 * step that was filled in: what stands there may have been made from the next value, which would be its own forecast.
 */
export function originsFrom(windows: SeriesWindows, begin: number, ahead: number): Origin[] {
  const { filled } = windows.series
  const count = Math.max(0, windows.steps - ahead - begin)
  const origins = Array.from({ length: count }, (_, k) => ({ windows, at: begin + k }))
  if (!filled) return origins
  return origins.filter(({ at }) => !filled[at] && filled.subarray(at + 1, at + 1 + ahead).includes(0))
}

/** Whether the step `ahead` steps behind an origin was measured. */
export function isMeasured({ windows: { series }, at }: Origin, ahead: number): boolean {
  return !series.filled?.[at + ahead]
}

/** The windows that forecast the scored part of a series, `ahead` steps of it each; the first ends right before it. */
export function scoredOrigins(reader: WindowReader, row: SeriesRow, ahead = reader.block): Origin[] {
  const first = firstInput(reader.preparation) + reader.window - 1
  const begin = Math.max(first, scoredFrom(row) - 1)
  const windows = new SeriesWindows(reader, row, fitOf(reader, row, begin + 1))
  return originsFrom(windows, begin, ahead)
}

/** Windows as the network reads them. */
export function inputOf(engine: Engine, reader: WindowReader, origins: readonly Origin[]): ForecasterInput {
  const { features, ahead } = sizesOf(reader)
  const batch = origins.length
  const layout = PackedLayout.of(new Int32Array(batch).fill(reader.window))
  const past = engine.empty([layout.rows, features])
  const values = past.data
  for (const [row, { windows, at }] of origins.entries())
    windows.writePast(at, values, (step) => (step * batch + row) * features)
  const matrix = (columns: number, of: (origin: Origin) => readonly number[]) =>
    columns > 0 ? engine.tensor(origins.flatMap(of), [batch, columns]) : undefined
  return {
    past: { data: past, layout },
    recent: matrix(reader.recent, ({ windows, at }) => windows.recent(at)),
    ahead: matrix(ahead, ({ windows, at }) => windows.ahead(at)),
  }
}
