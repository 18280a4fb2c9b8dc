/** In which order a date that does not begin with its year is written; `auto` reads only what is beyond doubt. */
export type DateOrder = 'auto' | 'dmy' | 'mdy'

/** A point in time: milliseconds since 1970 in UTC where the text is a date, the number itself where it is one. */
export interface Timestamp {
  readonly at: number
  readonly kind: TimeKind
}

/** Whether steps are dates or plain numbers. */
export type TimeKind = 'date' | 'number'

const clock = '(?:[T ]+(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d{1,9}))?)?)?\\s*(Z|[+-]\\d{2}:?\\d{2})?'
const yearFirst = new RegExp(`^(\\d{4})[-/.](\\d{1,2})(?:[-/.](\\d{1,2})${clock})?$`)
const yearLast = new RegExp(`^(\\d{1,2})[-/.](\\d{1,2})[-/.](\\d{4})${clock}$`)
const quarter = /^(\d{4})[- ]?Q([1-4])$/i
const monthAndYear = /^([a-z]{3,9})[-\s.]+(\d{4})$/i
const months = 'january february march april may june july august september october november december'.split(
  ' ',
)
const plainNumber = /^[+-]?\d+(\.\d+)?$/

/**
 * The time that a text says: `1990-12-31`, `1990-12`, `1990-12-31 06:30`, `1990-12-31T06:30:00+01:00`, `1990/12/31`, `1990-Q4`, `Dec 1990`, `31/12/1990`,
 * or a plain number such as `1990`; undefined for anything else, and for `3/4/1990`, which may be March or April, unless `order` says so.
 * Times without a zone are UTC.
 *
 * @example
 * readTimestamp('1970-01-02')          // { at: 86400000, kind: 'date' }
 * readTimestamp('3/4/1990', 'dmy')     // 3 April 1990
 */
export function readTimestamp(text: string, order: DateOrder = 'auto'): Timestamp | undefined {
  const cell = text.trim()
  if (plainNumber.test(cell)) return { at: Number(cell), kind: 'number' }
  const inQuarter = quarter.exec(cell)
  if (inQuarter) return dated(Number(inQuarter[1]), 3 * Number(inQuarter[2]) - 2, 1)
  const inMonth = monthAndYear.exec(cell)
  const begun = inMonth?.[1].toLowerCase()
  if (inMonth && begun)
    return dated(Number(inMonth[2]), months.findIndex((name) => name.startsWith(begun)) + 1, 1)
  const first = yearFirst.exec(cell)
  if (first) return dated(Number(first[1]), Number(first[2]), Number(first[3] ?? 1), first.slice(4))
  const last = yearLast.exec(cell)
  if (!last) return undefined
  const [one, two] = [Number(last[1]), Number(last[2])]
  const dayFirst = order === 'dmy' || (order === 'auto' && one > 12)
  if (order === 'auto' && one <= 12 && two <= 12 && one !== two) return undefined
  return dated(Number(last[3]), dayFirst ? two : one, dayFirst ? one : two, last.slice(4))
}

/** Whether a text is a date whose day and month could be exchanged. */
export function isAmbiguousDate(text: string): boolean {
  return readTimestamp(text) === undefined && readTimestamp(text, 'dmy') !== undefined
}

function dated(
  year: number,
  month: number,
  day: number,
  [hour = '0', minute = '0', second = '0', fraction = '0', zone]: readonly (string | undefined)[] = [],
): Timestamp | undefined {
  const at = Date.UTC(year, month - 1, day)
  const date = new Date(at)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined // 31 April
  if (Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return undefined
  const seconds = 3600 * Number(hour) + 60 * Number(minute) + Number(second) + Number(`0.${fraction}`)
  return { at: at + Math.round(1000 * seconds) - 60_000 * minutesOf(zone), kind: 'date' }
}

function minutesOf(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0
  const minutes = 60 * Number(zone.slice(1, 3)) + Number(zone.slice(-2))
  return zone.startsWith('-') ? -minutes : minutes
}
