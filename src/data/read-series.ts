import { DataError } from '../errors.js'
import { type Frequency, frequencyOf, frequencyText, laterBy, stepsBetween, timeText } from './frequency.js'
import { grouped } from './group.js'
import { problem, shown } from './problem.js'
import { mapped, type TimeSeries } from './series.js'
import {
  numberOf,
  type SeriesColumnOptions,
  type SeriesColumns,
  seriesColumns,
  timeOf,
} from './series-columns.js'
import type { SeriesTable } from './series-table.js'
import { isAmbiguousDate, type TimeKind } from './timestamps.js'

/**
 * What is done about steps that are missing. `error`: the file is refused; `skip`: the rows that are there are the steps, as on a stock
 * exchange that is shut on holidays; `forward`: the value before; `interpolate`: a straight line; `zero`: 0.
 */
export type GapPolicy = 'error' | 'skip' | 'forward' | 'interpolate' | 'zero'

/** How a table is read as series. */
export interface SeriesOptions extends SeriesColumnOptions {
  /** `error` by default. */
  readonly gaps?: GapPolicy
}

/** Series from a table, and what was found there. */
export interface FoundSeries {
  readonly series: readonly TimeSeries[]
  readonly columns: SeriesColumns
  /** How far the steps lie apart, in words. */
  readonly every: string
  readonly notes: readonly string[]
}

/** A row of one series. */
interface Row {
  readonly row: number
  readonly time: number
  readonly value: number
  readonly covariates: readonly number[]
}

/**
 * The series in a table: one for each value of the id column, or for each target column.
 *
 * Throws `DataError` (`file:line: expected …, found …`) for a text where a number belongs, a time that cannot be read, comes twice or comes
 * too early, and for missing steps or values unless `gaps` says what to do about them.
 *
 * @example
 * const { series } = seriesOfTable(await readSeriesTable(file), { gaps: 'interpolate' })
 */
export function seriesOfTable(table: SeriesTable, options: SeriesOptions = {}): FoundSeries {
  const { columns, notes } = seriesColumns(table, options)
  const reader = new SeriesReader(table, columns, options)
  const series = reader.groups().map(({ id, target, rows }) => reader.series(id, target, rows))
  const frequency = series[0].frequency
  const filled = series.reduce(
    (sum, one) => sum + (one.filled?.reduce((count, flag) => count + flag, 0) ?? 0),
    0,
  )
  return {
    series,
    columns,
    every: frequency ? frequencyText(frequency) : 'one step a row',
    notes: filled > 0 ? [...notes, `${filled} missing values filled in (read.gaps=${options.gaps})`] : notes,
  }
}

class SeriesReader {
  readonly #kind: TimeKind | undefined
  readonly #gaps: GapPolicy

  constructor(
    private readonly table: SeriesTable,
    private readonly columns: SeriesColumns,
    private readonly options: SeriesOptions,
  ) {
    this.#kind = columns.time === undefined ? undefined : this.#timeAt(0, columns.time).kind
    this.#gaps = options.gaps ?? 'error'
  }

  /** The rows of each series. */
  groups(): { id: string; target: string; rows: readonly number[] }[] {
    const { table, columns } = this
    const { id, targets } = columns
    const all = Array.from({ length: table.rows }, (_, row) => row)
    if (id === undefined) return targets.map((target) => ({ id: target, target, rows: all }))
    const groups = grouped(all, (row) => String(table.value(row, id) ?? '').trim())
    return [...groups].flatMap(([name, rows]) =>
      targets.map((target) => ({ id: targets.length > 1 ? `${name} ${target}` : name, target, rows })),
    )
  }

  /** One series, its gaps seen to. */
  series(id: string, target: string, places: readonly number[]): TimeSeries {
    const rows = places.map((row) => this.#row(row, target))
    const frequency = this.#frequency(rows)
    const [known, ahead] = this.#parted(rows, target)
    const steps = this.#complete(known, target, frequency)
    const beyond = this.#complete([...known.slice(-1), ...ahead], target, frequency).slice(1)
    const { past, future } = this.columns
    const column = (k: number, from: readonly Step[]) =>
      Float64Array.from(from, ({ covariates }) => covariates[k])
    const whole = [...steps, ...beyond]
    this.#checkCovariates(id, steps, beyond)
    return {
      id,
      values: Float64Array.from(steps, ({ value }) => value),
      ...(frequency && { times: Float64Array.from(whole, ({ time }) => time), frequency }),
      past: Object.fromEntries(past.map((name, k) => [name, column(k, steps)])),
      future: Object.fromEntries(future.map((name, k) => [name, column(past.length + k, whole)])),
      ...(steps.some(({ filled }) => filled) && {
        filled: Uint8Array.from(steps, ({ filled }) => Number(filled)),
      }),
    }
  }

  #row(row: number, target: string): Row {
    const { time, past, future } = this.columns
    return {
      row,
      time: time === undefined ? row : this.#timeAt(row, time).at,
      value: this.#numberAt(row, target),
      covariates: [...past, ...future].map((name) => this.#numberAt(row, name)),
    }
  }

  #timeAt(row: number, name: string) {
    const { table, options } = this
    const cell = table.value(row, name)
    const time = timeOf(cell, options.dates)
    if (time !== undefined && (row === 0 || time.kind === this.#kind)) return time
    const ambiguous = typeof cell === 'string' && isAmbiguousDate(cell)
    const expected = ambiguous
      ? `a date in "${name}" whose day and month are told apart (read.dates=dmy or mdy says which comes first)`
      : `a time in "${name}" such as 1990-12-31 or 1990-12-31 06:30${row > 0 ? ', written as those before' : ''}`
    throw problem(table.file, table.line(row), expected, shown(cell))
  }

  #numberAt(row: number, name: string): number {
    const { table } = this
    const value = numberOf(table.value(row, name))
    if (value !== undefined) return value
    throw problem(table.file, table.line(row), `a number in "${name}"`, shown(table.value(row, name)))
  }

  /** Rows are in order of time, each later than the one before. */
  #frequency(rows: readonly Row[]): Frequency | undefined {
    const { table, columns } = this
    if (columns.time === undefined || this.#kind === undefined) return undefined
    for (let k = 1; k < rows.length; k++) {
      if (rows[k].time > rows[k - 1].time) continue
      const cells = [rows[k], rows[k - 1]].map(({ row }) =>
        shown(cellText(table.value(row, columns.time as string))),
      )
      const twice = rows[k].time === rows[k - 1].time
      throw problem(
        table.file,
        table.line(rows[k].row),
        `a time later than ${cells[1]}, which stands before it`,
        twice ? 'the same time again' : cells[0],
      )
    }
    return frequencyOf(
      Float64Array.from(rows, ({ time }) => time),
      this.#kind,
    )
  }

  /** Rows up to the last known value, and rows behind it that only know the future. */
  #parted(rows: readonly Row[], target: string): [readonly Row[], readonly Row[]] {
    const last = rows.findLastIndex(({ value }) => !Number.isNaN(value))
    if (last < 0) throw problem(this.table.file, 0, `numbers in "${target}"`, 'none')
    const ahead = rows.slice(last + 1)
    if (ahead.length === 0 || this.columns.future.length > 0) return [rows.slice(0, last + 1), ahead]
    return [this.#gaps === 'error' ? rows : rows.slice(0, last + 1), []]
  }

  /** The steps with those that are missing. */
  #complete(rows: readonly Row[], target: string, frequency: Frequency | undefined): Step[] {
    const { file } = this.table
    const steps: Step[] = []
    for (const row of rows) {
      const before = steps.at(-1)
      const distance = before && frequency ? stepsBetween(before.time, row.time, frequency) : 1
      if (before && frequency && distance !== 1) this.#checkGap(row, before, distance, frequency)
      if (before && frequency && distance > 1 && this.#gaps !== 'skip')
        for (let k = 1; k < distance; k++) {
          const covariates = row.covariates.map(() => Number.NaN)
          steps.push({
            ...row,
            covariates,
            time: laterBy(before.time, frequency, k),
            value: Number.NaN,
            filled: true,
          })
        }
      if (Number.isNaN(row.value) && this.#gaps === 'error' && rows[0].row <= row.row && !this.#isAhead(row))
        throw problem(
          file,
          this.table.line(row.row),
          `a number in "${target}"`,
          `${shown(cellText(this.table.value(row.row, target)))}; read.gaps=skip, forward, interpolate or zero says what to do about missing values`,
        )
      if (Number.isNaN(row.value) && this.#gaps === 'skip' && !this.#isAhead(row)) continue
      steps.push({ ...row, filled: Number.isNaN(row.value) && !this.#isAhead(row) })
    }
    return this.#filled(steps)
  }

  #isAhead(row: Row): boolean {
    const { future } = this.columns
    return (
      future.length > 0 &&
      Number.isNaN(row.value) &&
      row.covariates.slice(-future.length).every(Number.isFinite)
    )
  }

  #checkGap(row: Row, before: Step, distance: number, frequency: Frequency): void {
    const { table } = this
    const whole = Math.abs(distance - Math.round(distance)) < 1e-9
    if (this.#gaps === 'skip' || (whole && this.#gaps !== 'error')) return
    const expected = timeText(laterBy(before.time, frequency, 1), frequency)
    const advice = whole
      ? 'read.gaps=skip, forward, interpolate or zero says what to do about missing steps'
      : 'the steps are irregular: read.gaps=skip takes the rows as the steps'
    throw problem(
      table.file,
      table.line(row.row),
      `${expected} (${frequencyText(frequency)})`,
      `${timeText(row.time, frequency)}; ${advice}`,
    )
  }

  #filled(steps: readonly Step[]): Step[] {
    if (!steps.some(({ filled }) => filled)) return [...steps]
    const values = filledIn(
      steps.map(({ value }) => value),
      this.#gaps,
    )
    const covariates = steps[0].covariates.map((_, k) =>
      filledIn(
        steps.map((step) => step.covariates[k]),
        this.#gaps,
      ),
    )
    return steps.map((step, t) => ({
      ...step,
      value: values[t],
      covariates: covariates.map((list) => list[t]),
    }))
  }

  #checkCovariates(id: string, steps: readonly Step[], beyond: readonly Step[]): void {
    const { past, future } = this.columns
    const names = [...past, ...future]
    for (const [place, { covariates, row }] of [...steps, ...beyond].entries())
      for (const [k, value] of covariates.entries())
        if (Number.isNaN(value) && (place < steps.length || k >= past.length))
          throw problem(
            this.table.file,
            this.table.line(row),
            `a number in "${names[k]}" (series ${shown(id)})`,
            shown(cellText(this.table.value(row, names[k]))),
          )
  }
}

interface Step extends Row {
  readonly filled: boolean
}

/** A list without its gaps. Throws `DataError` where the first value is missing, from which nothing can be filled. */
function filledIn(values: readonly number[], policy: GapPolicy): number[] {
  const result = [...values]
  for (let t = 0; t < result.length; t++) {
    if (!Number.isNaN(result[t])) continue
    const next = result.findIndex((value, later) => later > t && !Number.isNaN(value))
    const before = t > 0 ? result[t - 1] : Number.NaN
    if (policy === 'zero') result[t] = 0
    else if (policy === 'interpolate' && next > 0 && t > 0)
      result[t] = before + (result[next] - before) / (next - t + 1)
    else result[t] = t > 0 ? before : result[next]
  }
  return result
}

const cellText = (cell: unknown) => (cell instanceof Date ? cell.toISOString() : cell)

/** How long each part of a series is at its end: a number of steps, or below 1 a share. */
export interface SeriesShares {
  readonly valid: number
  readonly test: number
}

/** The steps of a part: those that a number says, or a share of the steps there are, one at least. */
export function stepsOf(part: number, steps: number): number {
  if (part >= 1 || part === 0) return part
  return Math.max(1, Math.round(part * steps))
}

/** The last `steps` values of a series are those that count. Throws `DataError` where it has no more than those. */
export function scoredAtEnd(series: TimeSeries, steps: number): TimeSeries {
  const from = series.values.length - steps
  if (from > 0) return { ...series, from }
  throw new DataError(
    `${series.id}: expected a series of more than the ${steps} values that are held out at its end, found ${series.values.length}`,
  )
}

/** The covariates of a series by name, past and future. */
export const namesOf = ({ past, future }: TimeSeries) => ({
  past: Object.keys(past),
  future: Object.keys(future),
})

/** The series with every covariate changed, for scaling. */
export function withCovariates(
  series: TimeSeries,
  change: (column: Float64Array, name: string) => Float64Array,
): TimeSeries {
  return { ...series, past: mapped(series.past, change), future: mapped(series.future, change) }
}
