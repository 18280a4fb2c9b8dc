import { DataError } from '../errors.js'
import type { Random } from '../random/index.js'
import type { DataParts } from './task.js'
import { type PairRow, pairsInMemory } from './translate-rows.js'

/** Messages with their replies; `replies` is the dictionary where the caller gives one. */
export interface ReplyParts extends DataParts<PairRow> {
  readonly replies?: readonly string[]
}

/** Pairs that the caller has in memory. Throws as `pairsInMemory` does, and a `DataError` when all training rows have one reply. */
export function replyPairsInMemory(given: unknown, random: Random): ReplyParts {
  const parts = pairsInMemory(given, random)
  requireReplies(parts.train, 'data')
  return parts
}

/** Throws a `DataError` that names the place unless there are replies to tell apart. */
export function requireReplies(rows: readonly PairRow[], place: string): void {
  const [first] = rows
  if (rows.some(({ target }) => target !== first.target)) return
  throw new DataError(
    `${place}: expected at least two different replies, found only "${first.target.slice(0, 80)}" in ${rows.length === 1 ? 'the one training row' : `all ${rows.length} training rows`}`,
  )
}
