import { keyOf, requireAlike, type VideoRow, videoRowOf } from '../data/frames.js'
import { completeParts } from '../data/split.js'
import { DataError } from '../errors.js'
import type { Random } from '../random/index.js'
import type { DataParts } from './task.js'

/**
 * Videos that the caller has in memory: a list, of which a tenth each is held out for validation and test, or
 * `{ train, valid?, test? }`.
 *
 * @throws DataError for a video that is not right (it says which), and without any.
 */
export function videosInMemory(given: unknown, random: Random): DataParts<VideoRow> {
  const parts = (Array.isArray(given) ? { all: given } : (given ?? {})) as Record<string, unknown>
  const named = ['all', 'train', 'valid', 'test'].flatMap((part) => {
    const list = parts[part]
    if (!Array.isArray(list)) return []
    const name = part === 'all' ? 'rows' : part
    return [[part, list.map((row, place) => videoRowOf(row, `${name}[${place}]`))] as const]
  })
  const rows = Object.fromEntries(named) as Partial<Record<'all' | 'train' | 'valid' | 'test', VideoRow[]>>
  if (!(rows.all ?? rows.train)?.length)
    throw new DataError(
      'data: expected a list of videos { frames, label }, or { train, valid, test } with such lists',
    )
  const all = named.flatMap(([, list]) => list)
  requireAlike(all, (row) => `video ${row + 1}`)
  const { train, valid, test } = completeParts(rows, keyOf, random)
  return { train, valid, test }
}
