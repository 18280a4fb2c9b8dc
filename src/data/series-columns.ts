import { DataError, nearest } from '../errors.js'
import { problem, shownList } from './problem.js'
import type { SeriesTable } from './series-table.js'
import { type DateOrder, isAmbiguousDate, readTimestamp, type Timestamp } from './timestamps.js'

/** Which column holds what. */
export interface SeriesColumns {
  /** When; without one the rows are the steps. */
  readonly time?: string
  /** Which series a row belongs to; without one every target is a series of its own. */
  readonly id?: string
  /** What is to be forecast: one column, or with a table that is wide several, each a series. */
  readonly targets: readonly string[]
  /** What was measured beside it. */
  readonly past: readonly string[]
  /** What is known in advance. */
  readonly future: readonly string[]
}

/** What a caller may say about the columns; names in one text are parted by commas. */
export interface SeriesColumnOptions {
  /** `none`: the rows are the steps. */
  readonly time?: string
  readonly id?: string
  readonly target?: string
  readonly past?: string
  readonly future?: string
  readonly dates?: DateOrder
}

const timeNames = 'ds date time timestamp datetime month day week quarter year period index'.split(' ')
const idNames = 'unique_id series_id item_id series id'.split(' ')
const targetNames = 'y target value values'.split(' ')

/** Decides by this many rows what a column holds. */
const SAMPLE = 200

/**
 * Which columns hold what: those that the caller names, else those with a common name, else the first with dates and all others with numbers.
 * The second result says what was left out, for the caller to print.
 *
 * Throws `DataError` for a column that is not there (with the nearest that is), and when nothing can be forecast.
 */
export function seriesColumns(
  table: SeriesTable,
  options: SeriesColumnOptions = {},
): { readonly columns: SeriesColumns; readonly notes: readonly string[] } {
  const listed = (text: string | undefined) =>
    (text ?? '').split(',').flatMap((name) => (name.trim() === '' ? [] : [existing(table, name.trim())]))
  const [past, future, targets] = [listed(options.past), listed(options.future), listed(options.target)]
  const taken = () => [...past, ...future, ...targets, ...(id ? [id] : []), ...(time ? [time] : [])]
  let id: string | undefined
  let time: string | undefined
  id = options.id === undefined ? idColumn(table, taken()) : existing(table, options.id)
  const hasNone = options.time === 'none' && !table.names.includes('none')
  if (!hasNone)
    time =
      options.time === undefined ? timeColumn(table, taken(), options.dates) : existing(table, options.time)
  const others = table.names.filter((name) => !taken().includes(name))
  if (targets.length === 0) targets.push(...targetsAmong(table, others, id !== undefined))
  if (targets.length === 0)
    throw problem(
      table.file,
      table.line(0),
      'a column with numbers to be forecast',
      `${shownList(table.names)}; name it with read.target`,
    )
  const unused = others.filter((name) => !targets.includes(name))
  const notes =
    unused.length > 0
      ? [
          `not used: ${shownList(unused)} (read.past and read.future take columns that are known beside the target)`,
        ]
      : []
  return { columns: { ...(time && { time }), ...(id && { id }), targets, past, future }, notes }
}

/** The time in a cell; a cell that is a date already keeps it. */
export function timeOf(cell: unknown, order: DateOrder = 'auto'): Timestamp | undefined {
  if (cell instanceof Date) return { at: cell.getTime(), kind: 'date' }
  if (typeof cell === 'number') return { at: cell, kind: 'number' }
  return typeof cell === 'string' ? readTimestamp(cell, order) : undefined
}

/** The number in a cell; NaN for one that is blank or says that it is none, undefined for one that is something else. */
export function numberOf(cell: unknown): number | undefined {
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : Number.NaN
  if (cell === null || cell === undefined) return Number.NaN
  if (typeof cell !== 'string') return undefined
  const bare = cell.trim()
  if (bare === '' || /^(na|nan|null|none|[+-]?inf(inity)?|-|\.)$/i.test(bare)) return Number.NaN
  const value = Number(bare)
  return Number.isFinite(value) ? value : undefined
}

function existing(table: SeriesTable, name: string): string {
  if (table.names.includes(name)) return name
  const near = nearest(name, table.names)
  throw new DataError(
    `${table.file}: expected a column "${name}", found ${shownList(table.names)}${near === undefined ? '' : `; did you mean "${near}"?`}`,
  )
}

const plain = (name: string) => name.trim().toLowerCase()

function named(table: SeriesTable, common: readonly string[], taken: readonly string[]): string[] {
  return common.flatMap((word) => table.names.filter((name) => plain(name) === word && !taken.includes(name)))
}

/** A column of a common name whose values repeat: a long table. */
function idColumn(table: SeriesTable, taken: readonly string[]): string | undefined {
  return named(table, idNames, taken).find((name) => {
    const seen = cells(table, name)
    return new Set(seen).size < seen.length
  })
}

function timeColumn(table: SeriesTable, taken: readonly string[], order?: DateOrder): string | undefined {
  const isTime = (name: string) => {
    const cell = table.value(0, name)
    return timeOf(cell, order) !== undefined || (typeof cell === 'string' && isAmbiguousDate(cell))
  }
  const common = named(table, timeNames, taken)
  const found = common.find(isTime)
  if (found !== undefined || common.length > 0) return found ?? common[0]
  const isDate = (cell: unknown) => timeOf(cell, order ?? 'dmy')?.kind === 'date'
  return table.names.find((name) => !taken.includes(name) && isDate(table.value(0, name)))
}

function targetsAmong(table: SeriesTable, names: readonly string[], isLong: boolean): string[] {
  const common = named(table, targetNames, []).filter((name) => names.includes(name))
  if (common.length > 0) return [common[0]]
  const numeric = names.filter((name) => {
    const values = cells(table, name).map(numberOf)
    return values.filter((value) => value !== undefined && !Number.isNaN(value)).length > values.length / 2
  })
  return isLong ? numeric.slice(0, 1) : numeric
}

function cells(table: SeriesTable, name: string): unknown[] {
  return Array.from({ length: Math.min(SAMPLE, table.rows) }, (_, row) => table.value(row, name))
}
