import type { Observation } from '../cells/index.js'
import { UsageError } from '../errors.js'

/** h of the units of a layer while a sequence is read: a heat map's numbers. */
export interface HiddenMap {
  /** The unit that each row shows, counted from 0. */
  readonly units: readonly number[]
  /** h by row and step, in the order in which the sequence is read by people: a reverse direction's last step stands first. */
  readonly values: readonly (readonly number[])[]
  /** How many units the layer has; the map may show fewer. */
  readonly of: number
}

/** How a map is made. */
export interface HiddenMapOptions {
  /** Which of the batch's sequences, in the caller's order; the first by default. */
  readonly sequence?: number
  /** How many units are shown at most: those that vary most. 40 by default. */
  readonly most?: number
}

/**
 * The states of an observed layer over one sequence. The rows are ordered by the step at which their unit is furthest from 0, so that the
 * map reads from top left to bottom right like the sequence. Throws a `UsageError` when the batch has no such sequence.
 */
export function hiddenMap(
  { name, result }: Pick<Observation, 'name' | 'result'>,
  { sequence = 0, most = 40 }: HiddenMapOptions = {},
): HiddenMap {
  const { data, layout } = result.output
  const position = layout.order.indexOf(sequence)
  if (position < 0)
    throw new UsageError(
      `hiddenMap: there is no sequence ${sequence}; the batch has ${layout.batch}, counted from 0`,
    )
  const size = data.shape[1]
  const values = data.data
  const steps = Array.from({ length: layout.lengths[position] }, (_, step) => layout.rowOf(position, step))
  if (isReverse(name)) steps.reverse()
  const courses = Array.from({ length: size }, (_, unit) => steps.map((row) => values[row * size + unit]))
  const units = courses
    .map((course, unit) => ({ unit, spread: spreadOf(course), peak: peakOf(course) }))
    .sort((a, b) => b.spread - a.spread || a.unit - b.unit)
    .slice(0, most)
    .sort((a, b) => a.peak - b.peak || courses[b.unit][b.peak] - courses[a.unit][a.peak])
    .map(({ unit }) => unit)
  return { units, values: units.map((unit) => courses[unit]), of: size }
}

/** Whether a layer reads sequences from their ends: `l0_reverse`, as PyTorch names it. */
export function isReverse(name: string): boolean {
  return name.endsWith('_reverse')
}

function spreadOf(course: readonly number[]): number {
  const mean = course.reduce((sum, value) => sum + value, 0) / course.length
  return course.reduce((sum, value) => sum + (value - mean) ** 2, 0)
}

function peakOf(course: readonly number[]): number {
  return course.reduce((best, value, step) => (Math.abs(value) > Math.abs(course[best]) ? step : best), 0)
}
