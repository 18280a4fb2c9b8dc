import type { TimeKind } from './timestamps.js'

const SECOND = 1000
const DAY = 86_400 * SECOND

/** How far the steps of a series lie apart: so many (`every`) months, days, weekdays (Monday to Friday), seconds, or plain numbers. */
export interface Frequency {
  readonly unit: 'month' | 'day' | 'weekday' | 'second' | 'number'
  readonly every: number
  /** Of months: the day, where some months are too short for it; those have their last day instead. */
  readonly day?: number
}

/** What comes again and again: a name, and how many steps it takes. */
export interface Season {
  readonly name: 'year' | 'week' | 'day' | 'steps'
  readonly steps: number
}

/** The distance that most neighbours have, of several the smallest; of fewer than two times none. */
export function frequencyOf(times: ArrayLike<number>, kind: TimeKind): Frequency | undefined {
  if (times.length < 2) return undefined
  const gap = mostFrequent(Array.from({ length: times.length - 1 }, (_, t) => times[t + 1] - times[t]))
  if (kind === 'number') return { unit: 'number', every: gap }
  const day = gap >= 28 * DAY ? dayOfMonths(Array.from(times)) : undefined
  if (day !== undefined) {
    const months = Array.from(
      { length: times.length - 1 },
      (_, t) => monthOf(times[t + 1]) - monthOf(times[t]),
    )
    return { unit: 'month', every: mostFrequent(months), ...(day > 28 && { day }) }
  }
  if (gap % DAY !== 0) return { unit: 'second', every: gap / SECOND }
  const weekend = Array.from(times).some((time) => [0, 6].includes(new Date(time).getUTCDay()))
  return gap === DAY && !weekend && times.length >= 10
    ? { unit: 'weekday', every: 1 }
    : { unit: 'day', every: gap / DAY }
}

/** The time `steps` steps later. */
export function laterBy(time: number, { unit, every, day }: Frequency, steps: number): number {
  if (unit === 'month') return monthsLater(time, every * steps, day)
  if (unit === 'weekday') return weekdaysLater(time, every * steps)
  return time + every * steps * { number: 1, second: SECOND, day: DAY }[unit]
}

/** How many steps lie between two times; no whole number where they do not fit. */
export function stepsBetween(from: number, to: number, { unit, every }: Frequency): number {
  if (unit === 'month') return (monthOf(to) - monthOf(from)) / every
  if (unit === 'weekday') return weekdayOf(to) - weekdayOf(from)
  return (to - from) / (every * { number: 1, second: SECOND, day: DAY }[unit])
}

/** A time as people write it: only as fine as the steps are. */
export function timeText(time: number, { unit, every }: Frequency): string {
  if (unit === 'number') return String(Number(time.toPrecision(12)))
  const iso = new Date(time).toISOString()
  if (unit === 'month' && iso.slice(8, 10) === '01') return iso.slice(0, 7)
  if (unit !== 'second') return iso.slice(0, 10)
  return `${iso.slice(0, 10)} ${iso.slice(11, every % 60 === 0 ? 16 : 19)}`
}

/** How often, in words: `every month`, `every 15 minutes`, `every weekday`. */
export function frequencyText({ unit, every }: Frequency): string {
  const [size, name] = ([
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ].find(([length]) => unit === 'second' && every % Number(length) === 0) ?? [1, unit]) as [number, string]
  const count = every / size
  if (name === 'month' && count === 12) return 'every year'
  if (name === 'month' && count === 3) return 'every quarter'
  if (name === 'day' && count === 7) return 'every week'
  if (name === 'number') return `steps of ${count}`
  return count === 1 ? `every ${name}` : `every ${count} ${name}s`
}

/** The seasons that steps so far apart may have, the shortest first: the day, the week, the year. */
export function seasonsOf({ unit, every }: Frequency): Season[] {
  const perDay = unit === 'second' ? 86_400 / every : unit === 'day' ? 1 / every : 0
  const lengths: Season[] = [
    { name: 'day', steps: perDay },
    { name: 'week', steps: unit === 'weekday' ? 5 : 7 * perDay },
    { name: 'year', steps: unit === 'month' ? 12 / every : unit === 'weekday' ? 261 : 365 * perDay },
  ]
  return lengths
    .map(({ name, steps }) => ({ name, steps: Math.round(steps) }))
    .filter(({ steps }) => steps >= 2)
}

/** Where in a season a time lies, from 0 to 1; undefined for a season that is counted in steps. */
export function placeInSeason(time: number, name: Season['name']): number | undefined {
  const date = new Date(time)
  const ofDay = (time - Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate())) / DAY
  if (name === 'day') return ofDay
  if (name === 'week') return (((date.getUTCDay() + 6) % 7) + ofDay) / 7
  if (name === 'steps') return undefined
  const [begin, end] = [0, 1].map((k) => Date.UTC(date.getUTCFullYear() + k, 0, 1))
  return (time - begin) / (end - begin)
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const better = ([a, often]: [number, number], [b, oftener]: [number, number]) =>
    oftener > often || (oftener === often && b < a)
  return [...counts].reduce((best, next) => (better(best, next) ? next : best))[0]
}

const monthOf = (time: number) => {
  const date = new Date(time)
  return 12 * date.getUTCFullYear() + date.getUTCMonth()
}

/** The day of the month on which all times lie, or in months too short for it on the last one; 31: all lie on the last one; else undefined. */
function dayOfMonths(times: readonly number[]): number | undefined {
  const dates = times.map((time) => new Date(time).getUTCDate())
  const day = dates.reduce((most, date) => Math.max(most, date), 1)
  if (times.every((time, k) => dates[k] === lengthOf(monthOf(time)))) return 31
  return times.every((time, k) => dates[k] === Math.min(day, lengthOf(monthOf(time)))) ? day : undefined
}

function monthsLater(time: number, months: number, day = new Date(time).getUTCDate()): number {
  const month = monthOf(time) + months
  return beginOf(month) + (Math.min(day, lengthOf(month)) - 1) * DAY
}

const beginOf = (month: number) => Date.UTC(Math.floor(month / 12), ((month % 12) + 12) % 12, 1)

/** Days of a month. */
const lengthOf = (month: number) => (beginOf(month + 1) - beginOf(month)) / DAY

/** Weekdays since Monday, 5 January 1970. */
function weekdayOf(time: number): number {
  const day = Math.floor(time / DAY) - 4
  return 5 * Math.floor(day / 7) + Math.min(4, ((day % 7) + 7) % 7)
}

function weekdaysLater(time: number, count: number): number {
  const target = weekdayOf(time) + count
  return (7 * Math.floor(target / 5) + (((target % 5) + 5) % 5) + 4) * DAY
}
