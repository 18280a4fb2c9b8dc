import { DataError } from '../errors.js'
import type { Random } from '../random/index.js'
import { checkReplies } from './reply-distinct.js'
import type { DataParts } from './task.js'
import { type PairRow, pairsInMemory } from './translate-rows.js'

/** Messages with their replies; `replies` is the dictionary where the caller gives one. */
export interface ReplyParts extends DataParts<PairRow> {
  readonly replies?: readonly string[]
}

/**
 * Pairs that the caller has in memory, and the dictionary where `replies` stands beside them. Throws as `pairsInMemory` does, a `DataError`
 * when all training rows have one reply, and a `UsageError` for a dictionary without replies or with an empty one.
 */
export function replyPairsInMemory(given: unknown, random: Random): ReplyParts {
  const parts = pairsInMemory(given, random)
  requireReplies(parts.train, 'data')
  const { replies } = given as { readonly replies?: unknown }
  if (replies === undefined) return parts
  checkReplies(replies)
  return { ...parts, replies }
}

/** Throws a `DataError` that names the place unless there are replies to tell apart. */
export function requireReplies(rows: readonly PairRow[], place: string): void {
  const [first] = rows
  if (rows.some(({ target }) => target !== first.target)) return
  throw new DataError(
    `${place}: expected at least two different replies, found only "${first.target.slice(0, 80)}" in ${rows.length === 1 ? 'the one training row' : `all ${rows.length} training rows`}`,
  )
}
