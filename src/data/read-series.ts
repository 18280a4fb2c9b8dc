import { DataError } from '../errors.js'
import { type Frequency, frequencyOf, frequencyText, laterBy, stepsBetween, timeText } from './frequency.js'
import { grouped } from './group.js'
import { problem, shown } from './problem.js'
import { LARGEST, type TimeSeries } from './series.js'
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
  /** Whether times are written 19901231. */
  readonly #compact: boolean

  constructor(
    private readonly table: SeriesTable,
    private readonly columns: SeriesColumns,
    private readonly options: SeriesOptions,
  ) {
    const { time } = columns
    this.#compact = time !== undefined && rowsOf(table).every((row) => compactDate(table.value(row, time)))
    this.#kind = columns.time === undefined ? undefined : this.#timeAt(0, columns.time).kind
    this.#gaps = options.gaps ?? 'error'
  }

  /** The rows of each series. */
  groups(): { id: string; target: string; rows: readonly number[] }[] {
    const { table, columns } = this
    const { id, targets } = columns
    const all = rowsOf(table)
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
    const last = this.#lastKnown(rows, target)
    const complete = this.#complete(this.#begun(rows, last), last, target, frequency)
    const [steps, beyond] = [
      complete.filter(({ row }) => row <= last),
      complete.filter(({ row }) => row > last),
    ]
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
    const time = timeOf(this.#compact ? compactDate(cell) : cell, options.dates)
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
    if (value !== undefined && !(Math.abs(value) > LARGEST)) return value
    const expected =
      value === undefined ? 'a number' : `a number of at most ${LARGEST.toExponential()} in size`
    throw problem(table.file, table.line(row), `${expected} in "${name}"`, shown(table.value(row, name)))
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

  /** The row of the last value; rows behind it only know the future. */
  #lastKnown(rows: readonly Row[], target: string): number {
    const last = rows.findLast(({ value }) => !Number.isNaN(value))
    if (!last) throw problem(this.table.file, 0, `numbers in "${target}"`, 'none')
    const open = this.columns.future.length === 0 && this.#gaps === 'error'
    return open ? (rows.at(-1) as Row).row : last.row
  }

  /** The rows from the first of which all is known, where gaps are filled from what came before them; without a future to know not those behind `last`. */
  #begun(rows: readonly Row[], last: number): readonly Row[] {
    const kept = this.columns.future.length > 0 ? rows : rows.filter(({ row }) => row <= last)
    if (this.#gaps !== 'forward' && this.#gaps !== 'interpolate') return kept
    const isWhole = ({ value, covariates }: Row) => [value, ...covariates].every((one) => !Number.isNaN(one))
    return kept.slice(Math.max(0, kept.findIndex(isWhole)))
  }

  /** The steps with those that are missing; of those behind the row `last` nobody knows the value. */
  #complete(rows: readonly Row[], last: number, target: string, frequency: Frequency | undefined): Step[] {
    const { file } = this.table
    const steps: Step[] = []
    for (const row of rows) {
      const before = steps.at(-1)
      const isAhead = row.row > last
      const distance = before && frequency ? stepsBetween(before.time, row.time, frequency) : 1
      if (before && frequency && distance !== 1) this.#checkGap(row, before, distance, frequency)
      if (before && frequency && distance > 1 && this.#gaps !== 'skip') {
        this.#checkMissing(row, steps.length + distance, rows.length, frequency)
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
      }
      const isMissing = Number.isNaN(row.value) && !isAhead
      if (isMissing && this.#gaps === 'error')
        throw problem(
          file,
          this.table.line(row.row),
          `a number in "${target}"`,
          `${shown(cellText(this.table.value(row.row, target)))}; read.gaps=skip, forward, interpolate or zero says what to do about missing values`,
        )
      if (isMissing && this.#gaps === 'skip') continue
      steps.push({ ...row, filled: isMissing })
    }
    return this.#filled(steps)
  }

  /** Throws `DataError` where nearly everything would be filled in: the table is no series of such steps. */
  #checkMissing(row: Row, steps: number, rows: number, frequency: Frequency): void {
    const most = Math.max(1000, MOST_STEPS * rows)
    if (steps <= most) return
    throw problem(
      this.table.file,
      this.table.line(row.row),
      `at most ${most} steps ${frequencyText(frequency)} where there are ${rows} rows`,
      `a gap up to ${timeText(row.time, frequency)} that makes them ${steps}; read.gaps=skip takes the rows as the steps`,
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
    if (this.#gaps === 'error' || this.#gaps === 'skip') return [...steps]
    const values = filledIn(
      steps.map(({ value }) => value),
      this.#gaps,
    )
    // what was measured beside the values is known up to now; a straight line would tell what comes next
    const policy = (k: number) =>
      this.#gaps === 'interpolate' && k < this.columns.past.length ? 'forward' : this.#gaps
    const covariates = steps[0].covariates.map((_, k) =>
      filledIn(
        steps.map((step) => step.covariates[k]),
        policy(k),
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

/** Steps for each row of a table, at most: of the rest there would be too little. */
const MOST_STEPS = 10

interface Step extends Row {
  readonly filled: boolean
}

/** A list without its gaps; the first number is there, or `policy` is `zero`. */
function filledIn(values: readonly number[], policy: GapPolicy): number[] {
  const result = [...values]
  let next = 0
  for (let t = 0; t < result.length; t++) {
    if (!Number.isNaN(result[t])) continue
    if (next < t) next = indexFrom(values, t)
    const before = result[t - 1]
    if (policy === 'zero') result[t] = 0
    else if (policy === 'interpolate' && next < result.length)
      result[t] = before + (result[next] - before) / (next - t + 1)
    else result[t] = before
  }
  return result
}

/** The place of the first number from `begin` on; the length of the list where there is none. */
function indexFrom(values: readonly number[], begin: number): number {
  let t = begin
  while (t < values.length && Number.isNaN(values[t])) t++
  return t
}

const rowsOf = (table: SeriesTable) => Array.from({ length: table.rows }, (_, row) => row)

/** A date that is written 19901231, as 1990-12-31; undefined for anything else. */
function compactDate(cell: unknown): string | undefined {
  const digits = /^((?:18|19|20|21)\d{2})(\d{2})(\d{2})$/.exec(String(cell).trim())
  const text = digits?.slice(1).join('-')
  return text !== undefined && timeOf(text) ? text : undefined
}

const cellText = (cell: unknown) => (cell instanceof Date ? cell.toISOString() : cell)

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
