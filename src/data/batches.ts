import { UsageError } from '../errors.js'
import type { Random } from '../random/random.js'

/** Batches whose lengths are sorted together: longer windows waste less, shorter ones mix more. */
const WINDOW = 32

/**
 * The batches of one epoch: each row exactly once, rows of similar length together, batches in random order.
 *
 * Rows are permuted, cut into windows of 32 batches, sorted by length inside a window and cut into batches of `batchSize`
 * rows (the last one of all may be smaller). The same `random` gives the same batches; give each epoch its own.
 *
 * @example
 * for (const rows of lengthBatches(lengths, 32, random.split('epoch').split(epoch))) train(rows)
 */
export function lengthBatches(
  lengths: ArrayLike<number>,
  batchSize: number,
  random: Pick<Random, 'shuffle'>,
): Int32Array[] {
  requireSize(batchSize)
  const rows = Int32Array.from(lengths, (_, row) => row)
  random.shuffle(rows)
  const batches: Int32Array[] = []
  for (let start = 0; start < rows.length; start += WINDOW * batchSize) {
    const window = rows.slice(start, start + WINDOW * batchSize)
    for (const batch of cut(byLength(window, lengths), batchSize)) batches.push(batch)
  }
  random.shuffle(batches)
  return batches
}

/**
 * Batches for evaluation: all rows sorted by length, the longest first, without any chance.
 *
 * @example
 * for (const rows of sortedBatches(lengths, 64)) predict(rows)
 */
export function sortedBatches(lengths: ArrayLike<number>, batchSize: number): Int32Array[] {
  requireSize(batchSize)
  return cut(
    byLength(
      Int32Array.from(lengths, (_, row) => row),
      lengths,
    ),
    batchSize,
  )
}

/** Rows by falling length, equal ones in the order in which they came. */
function byLength(rows: Int32Array, lengths: ArrayLike<number>): Int32Array {
  return rows.sort((a, b) => lengths[b] - lengths[a])
}

function cut(rows: Int32Array, batchSize: number): Int32Array[] {
  const batches: Int32Array[] = []
  for (let start = 0; start < rows.length; start += batchSize)
    batches.push(rows.slice(start, start + batchSize))
  return batches
}

function requireSize(batchSize: number): void {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1)
    throw new UsageError(`batches: batchSize must be a whole number of at least 1, got ${batchSize}`)
}
