import { baseOf } from '../data/data-file.js'
import type { Encoding } from '../data/decode.js'
import { problem, shown } from '../data/problem.js'
import { type GapPolicy, scoredAtEnd, seriesOfTable, stepsOf } from '../data/read-series.js'
import { continuedBy, type GivenSeries, seriesOf, type TimeSeries, upTo } from '../data/series.js'
import type { SeriesColumns } from '../data/series-columns.js'
import type { SeriesTable } from '../data/series-table.js'
import type { DateOrder } from '../data/timestamps.js'
import type { DataParts } from './task.js'

/** A series; what is forecast and scored begins at `from`. */
export type SeriesRow = TimeSeries

/** Where series are read from a table: its columns, and what is done about gaps, so that a model reads later files alike. */
export interface SeriesReading extends SeriesColumns {
  readonly gaps: GapPolicy
  readonly dates: DateOrder
  readonly encoding?: Encoding
  /** Whether series are named by their files too: there were several. */
  readonly byFile?: boolean
}

/** Series by their use. */
export interface SeriesParts extends DataParts<SeriesRow> {
  readonly reading?: SeriesReading
}

/** What a model answers: series, or the table of a file that holds some. */
export type SeriesInput = readonly GivenSeries[] | SeriesTable

/** The series of an input; a table is read as the data that the model has learned from were. */
export function seriesOfInput(input: SeriesInput, reading?: SeriesReading): readonly TimeSeries[] {
  if (!('names' in input)) return seriesRows(input, 'series')
  if (!reading) return seriesOfTable(input).series
  const { targets, past, future, byFile = false, ...rest } = reading
  const { time = 'none' } = rest
  const listed = { time, target: targets.join(','), past: past.join(','), future: future.join(',') }
  const { series } = seriesOfTable(input, { ...rest, ...listed })
  return byFile ? namedByFile(series, input.file) : series
}

/** How later files are read: the settings of `read` that say how those were from which a model has learned. */
export function readAs({
  targets,
  past,
  future,
  byFile: _,
  ...rest
}: SeriesReading): Record<string, unknown> {
  const listed = (names: readonly string[]) => (names.length > 0 ? names.join(',') : null)
  return { time: 'none', ...rest, target: listed(targets), past: listed(past), future: listed(future) }
}

/** Where what was learned of a series ends: the time of its last step or, without dates, how many steps it had. */
export function endsOf(rows: readonly SeriesRow[]): Record<string, number> {
  const end = ({ times, values }: SeriesRow) => (times ? times[values.length - 1] : values.length)
  return Object.fromEntries(rows.map((row) => [row.id, end(row)]))
}

/** How many of the scored steps of series a model has learned from, or was chosen by. */
export function learnedSteps(ends: Readonly<Record<string, number>>, rows: readonly SeriesRow[]): number {
  return rows.reduce((sum, row) => {
    if (row.unnamed || !Object.hasOwn(ends, row.id)) return sum
    const last = row.times
      ? row.times.findLastIndex((time, t) => t < row.values.length && time <= ends[row.id])
      : Math.min(ends[row.id], row.values.length) - 1
    return sum + Math.max(0, last + 1 - scoredFrom(row))
  }, 0)
}

/** Series by the name of their file besides, as they are called where several files hold some. */
export function namedByFile(series: readonly TimeSeries[], file: string): TimeSeries[] {
  return series.map((row) => ({ ...row, id: `${baseOf(file).replace(/\..*$/, '')} ${row.id}` }))
}

/** The share of each series that is held out at its end for each part, where nobody says otherwise. */
export const TENTH = 0.1

/** How many steps of each series are held out: a number of steps, or below 1 a share. */
export interface HeldOut {
  readonly valid: number
  readonly test: number
}

/**
 * Series that the caller has in memory: a list, of each of which the last tenth is the test part and the tenth before it the validation
 * part, or `{ train, valid?, test? }`. A series of those parts that has the name of a training series goes on where that one ends.
 *
 * @throws DataError for what is no series of finite numbers, and where the training part is empty.
 */
export function seriesInMemory(given: unknown): SeriesParts {
  if (Array.isArray(given))
    return splitInTime(named(seriesRows(given, 'rows'), 'rows'), { valid: TENTH, test: TENTH })
  const parts = (typeof given === 'object' && given !== null ? given : {}) as Partial<DataParts<unknown>>
  if (!Array.isArray(parts.train))
    throw problem('data', 0, 'a list of series, or { train, valid, test } with such lists', shown(given))
  const train = named(seriesRows(parts.train, 'train'), 'train')
  const rest = (name: 'valid' | 'test') => named(seriesRows(parts[name] ?? [], name, 0), name)
  const valid = continuing(train, rest('valid'), 'valid')
  return { train, valid, test: continuing(valid.length > 0 ? valid : train, rest('test'), 'test') }
}

/**
 * Series that a model will know by their names; those that have none by their places. Throws `DataError` where two have the same, for what
 * was found on one would be taken for the other.
 */
export function named(series: readonly SeriesRow[], name: string): SeriesRow[] {
  const places = new Map<string, number>()
  return series.map(({ unnamed: _, ...row }, k) => {
    const before = places.get(row.id)
    if (before !== undefined)
      throw problem(
        `${name}[${k}].id`,
        0,
        'a name that no other series has',
        `${shown(row.id)}, as of ${name}[${before}]`,
      )
    places.set(row.id, k)
    return row
  })
}

/** The parts of series by time: nothing is shuffled, and what comes later is never learned from. */
export function splitInTime(series: readonly SeriesRow[], held: HeldOut): DataParts<SeriesRow> {
  const cut = series.map((row) => {
    const test = stepsOf(held.test, row.values.length)
    const valid = stepsOf(held.valid, row.values.length - test)
    const [ofTest, ofValid] = [row.values.length - test, row.values.length - test - valid]
    return {
      train: upTo(test + valid > 0 ? scoredAtEnd(row, test + valid) : row, ofValid),
      valid: { ...upTo(row, ofTest), from: ofValid },
      test: { ...row, from: ofTest },
    }
  })
  return {
    train: cut.map(({ train: { from: _, ...row } }) => row),
    valid: held.valid > 0 ? cut.map(({ valid }) => valid) : [],
    test: held.test > 0 ? cut.map(({ test }) => test) : [],
  }
}

/** Rows that go on where series of the same name end (`regular`: without a step between); others stand for themselves. */
export function continuing(
  before: readonly SeriesRow[],
  rows: readonly SeriesRow[],
  name: string,
  regular = false,
): SeriesRow[] {
  const known = new Map(before.map((row) => [row.id, row]))
  return rows.map((row) => {
    const first = known.get(row.id)
    return first ? continuedBy(first, row, `${name} ${shown(row.id)}`, { regular }) : row
  })
}

/** The first step that is scored; without a word the last tenth is. */
export function scoredFrom({ from, values }: SeriesRow): number {
  return from ?? values.length - stepsOf(TENTH, values.length)
}

/** Series that a caller gives, checked. Throws `DataError` for what is none, fewer than `least`, and covariates that are not those of the first. */
export function seriesRows(rows: unknown, name: string, least = 1): SeriesRow[] {
  if (!Array.isArray(rows) || rows.length < least)
    throw problem(name, 0, 'a list of series { values: [number, …] }', shown(rows))
  // series that were read already are checked again: it costs little, and they may have been changed
  const series = rows.map((row, k) => {
    const { filled, frequency, unnamed } = (row ?? {}) as Partial<TimeSeries>
    const known = { ...(filled && { filled }), ...(frequency && { frequency }), ...(unnamed && { unnamed }) }
    return { ...seriesOf(row, `${name}[${k}]`, String(k + 1)), ...known }
  })
  const [first] = series
  for (const [k, row] of series.entries())
    for (const kind of ['past', 'future'] as const) {
      const [own, expected] = [row, first].map((one) => Object.keys(one[kind]).join(', '))
      if (own !== expected)
        throw problem(
          `${name}[${k}].${kind}`,
          0,
          `the columns ${expected || 'of the first series, none'}`,
          own || 'none',
        )
    }
  return series
}
