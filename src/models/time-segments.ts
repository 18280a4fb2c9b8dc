import type { State } from '../cells/index.js'
import { UsageError } from '../errors.js'
import type { Packed } from '../tensor/index.js'
import { PackedLayout, slice } from '../tensor/index.js'

/** A stretch of time of a packed batch: the steps from `begin` up to, not including, `end` of all sequences that last so long. */
export interface TimeSegment {
  readonly begin: number
  readonly end: number
  /** Its rows in the whole: from `firstRow` up to, not including, `endRow`. */
  readonly firstRow: number
  readonly endRow: number
  /** Its own layout. Sequences stay in the sorted order of the whole, so that those which go on come first. */
  readonly layout: PackedLayout
}

/** The number of steps of a segment that needs the least memory: √T, so that there are as many segments as steps in each. */
export function segmentLength(steps: number): number {
  return Math.max(1, Math.ceil(Math.sqrt(steps)))
}

/**
 * Cuts a packed layout in time into segments of `length` steps (the last one may be shorter). Throws a `UsageError` unless `length` is a
 * positive whole number.
 *
 * ```ts
 * timeSegments(PackedLayout.of([5, 3]), 2).map(({ layout }) => Array.from(layout.lengths)) // [2, 2], [2, 1], [1]
 * ```
 */
export function timeSegments(layout: PackedLayout, length = segmentLength(layout.steps)): TimeSegment[] {
  if (!Number.isSafeInteger(length) || length < 1)
    throw new UsageError(`timeSegments: got length ${length}; expected a whole number of at least 1`)
  const begins = Array.from({ length: Math.ceil(layout.steps / length) }, (_, index) => index * length)
  return cutInTime(layout, begins)
}

/** The segments that begin at the given steps, which rise from 0. */
export function cutInTime(layout: PackedLayout, begins: readonly number[]): TimeSegment[] {
  let endRow = 0
  return begins.map((begin, index) => {
    const end = begins[index + 1] ?? layout.steps
    const firstRow = endRow
    for (let step = begin; step < end; step++) endRow += layout.batchSizes[step]
    const lengths = layout.lengths.slice(0, layout.batchSizes[begin])
    const own = PackedLayout.of(lengths.map((length) => Math.min(length, end) - begin))
    return { begin, end, firstRow, endRow, layout: own }
  })
}

/** The part of a packed batch that lies in a segment. Differentiable. */
export function segmentOf({ data, layout }: Packed, segment: TimeSegment): Packed {
  const { firstRow, endRow } = segment
  return {
    data: endRow - firstRow === layout.rows ? data : slice(data, 0, firstRow, endRow),
    layout: segment.layout,
  }
}

/** The states of the first `batch` sequences: those that go on into a segment, from the final states of the one before. Differentiable. */
export function continuing(states: readonly State[], batch: number): State[] {
  return states.map((state) => {
    const entries = Object.entries(state).map(([name, tensor]) => [
      name,
      tensor.shape[0] === batch ? tensor : slice(tensor, 0, 0, batch),
    ])
    return Object.fromEntries(entries) as State
  })
}
