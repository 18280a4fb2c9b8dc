import { type Frequency, placeInSeason, type Season, seasonsOf } from './frequency.js'

/** What comes again in the calendar. */
export type CalendarCycle = 'day' | 'week' | 'year'

/** The cycles of the calendar, the shortest first. */
export const calendarCycles: readonly CalendarCycle[] = ['day', 'week', 'year']

/** Sine and cosine of the cycle itself and of half of it: enough for a smooth rise and fall that is not the same both ways. */
const WAVES = 2

/** Numbers that a cycle takes in a row of features. */
export const CYCLE_FEATURES = 2 * WAVES

/** The cycles that steps so far apart go through, as far as so many steps show them twice. */
export function cyclesShown(frequency: Frequency, steps: number): CalendarCycle[] {
  return seasonsOf(frequency).flatMap(({ name, steps: length }) =>
    name !== 'steps' && steps >= 2 * length ? [name] : [],
  )
}

/** Where in each cycle a time lies, as sines and cosines, so that 31 December is beside 1 January. */
export function calendarFeatures(time: number, cycles: readonly CalendarCycle[]): number[] {
  return cycles.flatMap((cycle) => waves(placeInSeason(time, cycle) ?? 0, WAVES))
}

/** sin 2πkp and cos 2πkp for k from 1 to `count`: a place p from 0 to 1 on a circle. */
export function waves(place: number, count: number): number[] {
  return Array.from({ length: count }, (_, k) => 2 * Math.PI * (k + 1) * place).flatMap((angle) => [
    Math.sin(angle),
    Math.cos(angle),
  ])
}

/** The waves of a season that its steps can show, at most three where there are many: a year of days is smooth. */
export function wavesOf({ steps }: Season): number {
  return steps > 53 ? 3 : Math.floor(steps / 2)
}
