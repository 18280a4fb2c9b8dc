import { DataError } from '../errors.js'
import { type Frequency, frequencyOf, frequencyText, laterBy, stepsBetween, timeText } from './frequency.js'
import { problem, shown } from './problem.js'
import { readTimestamp } from './timestamps.js'

/** A series of numbers in time, oldest first, one every step, and what is known beside it. */
export interface TimeSeries {
  /** What it is called where there are several. */
  readonly id: string
  readonly values: Float64Array
  /** When each step was: milliseconds since 1970, or plain numbers. As long as the longest of `values` and `future`. */
  readonly times?: Float64Array
  readonly frequency?: Frequency
  /** By name: what was measured beside the values, known up to the last of them. */
  readonly past: Readonly<Record<string, Float64Array>>
  /** By name: what is known in advance, such as holidays or prices; may reach beyond the values. */
  readonly future: Readonly<Record<string, Float64Array>>
  /** 1 for each step whose value was missing and has been filled in: it is read, but no forecast is scored by it. */
  readonly filled?: Uint8Array
  /** Whether nobody has given it a name: it is known by its place alone. */
  readonly unnamed?: boolean
  /** The first step that counts: what lies before is what forecasts look back at. 0 where it is left out. */
  readonly from?: number
}

/** Beyond this size sums of squares of differences may leave what a double holds. */
export const LARGEST = 1e100

/** A series as a caller gives it. */
export interface GivenSeries {
  readonly id?: string
  readonly values: ArrayLike<number>
  /** Dates, texts such as `1990-12-31 06:30`, or plain numbers. */
  readonly times?: ArrayLike<number> | readonly (string | Date)[]
  readonly past?: Readonly<Record<string, ArrayLike<number>>>
  readonly future?: Readonly<Record<string, ArrayLike<number>>>
  readonly from?: number
}

/**
 * Checks a series that the caller has in memory; `name` stands for it in messages, `fallbackId` is its id where it has none.
 *
 * Throws `DataError` for something that is no series, for a value that is no finite number or larger than any measurement, times that do not rise, and covariates that are
 * too short.
 *
 * @example
 * seriesOf({ values: [112, 118, 132], times: ['1949-01', '1949-02', '1949-03'] }, 'rows[0]').frequency  // every month
 */
export function seriesOf(given: unknown, name: string, fallbackId = name): TimeSeries {
  const { id, values, times, past = {}, future = {}, from } = (given ?? {}) as Partial<GivenSeries>
  if (!isList(values) || values.length === 0)
    throw problem(name, 0, 'a series { values: [number, …] }', shown(given))
  const numbers = numbersOf(values, `${name}.values`)
  const covariates = {
    past: covariatesOf(past, `${name}.past`, numbers.length),
    future: covariatesOf(future, `${name}.future`, numbers.length),
  }
  if (from !== undefined && !(Number.isInteger(from) && from >= 0 && from <= numbers.length))
    throw problem(name, 0, `from: a whole number from 0 to ${numbers.length}`, String(from))
  return {
    id: id ?? fallbackId,
    ...(id === undefined && { unnamed: true }),
    values: numbers,
    ...(times !== undefined && timed(times, numbers.length, name)),
    ...covariates,
    ...(from !== undefined && { from }),
  }
}

/** The steps of a series before `end`, what is known in advance with them and, where it is known, `beyond` them. */
export function upTo(series: TimeSeries, end: number, beyond = 0): TimeSeries {
  const { values, times, past, future, filled } = series
  const known = end + beyond
  return {
    ...series,
    values: values.subarray(0, end),
    past: mapped(past, (column) => column.subarray(0, end)),
    future: mapped(future, (column) => column.subarray(0, known)),
    ...(times && { times: times.subarray(0, known) }),
    ...(filled && { filled: filled.subarray(0, end) }),
  }
}

/**
 * One series after another, its continuation, as one that counts from where the second begins. Throws `DataError` where the second does not
 * come after the first, with steps as far apart (and `regular`: right after it), or does not know the same beside it; `name` stands for it in
 * messages.
 */
export function continuedBy(
  first: TimeSeries,
  second: TimeSeries,
  name: string,
  { regular = false }: { readonly regular?: boolean } = {},
): TimeSeries {
  const seam = first.values.length
  checkSeam(first, second, name, regular)
  const joined = (kind: 'past' | 'future') =>
    mapped(first[kind], (column, key) => {
      const rest = second[kind][key]
      if (!rest) throw problem(name, 0, `a column "${key}", which the series had before`, 'none')
      return glued(column.subarray(0, seam), rest)
    })
  const filled = [first, second].flatMap((one) => [...(one.filled ?? new Uint8Array(one.values.length))])
  const { times: _, filled: __, ...bare } = first
  return {
    ...bare,
    values: glued(first.values, second.values),
    past: joined('past'),
    future: joined('future'),
    ...(first.times && second.times && { times: glued(first.times.subarray(0, seam), second.times) }),
    ...(filled.includes(1) && { filled: Uint8Array.from(filled) }),
    from: seam + (second.from ?? 0),
  }
}

function checkSeam(first: TimeSeries, second: TimeSeries, name: string, regular: boolean): void {
  const [last, next] = [first.times?.[first.values.length - 1], second.times?.[0]]
  if (last === undefined || next === undefined) return
  const { frequency } = first
  const text = (time: number) => (frequency ? timeText(time, frequency) : String(time))
  if (next <= last)
    throw new DataError(
      `${name}: expected values that come after those of the series "${first.id}" before it, which end at ${text(last)}, found a step that begins earlier, at ${text(next)}`,
    )
  if (!frequency) return
  const other = second.frequency
  if (other && second.values.length > 2 && !isAlike(frequency, other))
    throw new DataError(
      `${name}: expected steps as of the series "${first.id}" before it (${frequencyText(frequency)}), found ${frequencyText(other)}`,
    )
  if (regular && stepsBetween(last, next, frequency) !== 1)
    throw new DataError(
      `${name}: expected the step ${text(laterBy(last, frequency, 1))} (${frequencyText(frequency)}), where the series "${first.id}" before it goes on, found ${text(next)}; put both into one file, or read.gaps=skip`,
    )
}

/** A few trading days may look like days. */
const isAlike = (one: Frequency, other: Frequency) =>
  (one.unit === other.unit && one.every === other.every) ||
  [one, other].every(({ unit, every }) => (unit === 'day' || unit === 'weekday') && every === 1)

/** What becomes of every entry of an object. */
export function mapped<T, U>(
  entries: Readonly<Record<string, T>>,
  change: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, change(value, name)]))
}

function glued(first: Float64Array, second: Float64Array): Float64Array {
  const whole = new Float64Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}

const isList = (value: unknown): value is ArrayLike<number> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)

function numbersOf(values: ArrayLike<number>, name: string): Float64Array {
  return Float64Array.from(values, (value: unknown, step) => {
    if (typeof value === 'number' && Math.abs(value) <= LARGEST) return value
    const expected = Number.isFinite(value)
      ? `a number of at most ${LARGEST.toExponential()} in size`
      : 'a finite number'
    throw problem(`${name}[${step}]`, 0, expected, shown(value))
  })
}

function covariatesOf(given: unknown, name: string, least: number): Record<string, Float64Array> {
  if (typeof given !== 'object' || given === null)
    throw problem(name, 0, 'lists of numbers by name', shown(given))
  return mapped(given as Record<string, unknown>, (column, key) => {
    const place = `${name}.${key}`
    if (!isList(column)) throw problem(place, 0, 'a list of numbers', shown(column))
    if (column.length < least)
      throw problem(place, 0, `${least} numbers, one for each step`, String(column.length))
    return numbersOf(column, place)
  })
}

function timed(times: unknown, least: number, name: string) {
  if (!(isList(times) && times.length >= least))
    throw problem(`${name}.times`, 0, `${least} times, one for each step`, shown(times))
  const list = Array.from(times as ArrayLike<unknown>)
  const kind = list.every((time) => typeof time === 'number') ? 'number' : 'date'
  const stamps = Float64Array.from(list, (time, step) => {
    const at = typeof time === 'string' ? readTimestamp(time)?.at : Number(time)
    if (at === undefined || !Number.isFinite(at))
      throw problem(`${name}.times[${step}]`, 0, 'a time such as 1990-12-31', shown(time))
    return at
  })
  const back = stamps.findIndex((at, step) => step > 0 && !(at > stamps[step - 1]))
  if (back >= 0)
    throw problem(`${name}.times[${back}]`, 0, 'a later time than the one before', shown(list[back]))
  const frequency = frequencyOf(stamps, kind)
  return { times: stamps, ...(frequency && { frequency }) }
}
