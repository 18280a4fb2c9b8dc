import { UsageError } from '../errors.js'

/**
 * The right answer for one row: a label, or a list of labels of which any counts as right. In tables a list counts for the
 * predicted label when it holds that, and for its first label otherwise.
 */
export type Gold = string | readonly string[]

/** Whether a predicted label is right. */
export function isRight(gold: Gold, predicted: string): boolean {
  return typeof gold === 'string' ? gold === predicted : gold.includes(predicted)
}

/** The one label that a gold value counts for, given what was predicted. */
export function countedGold(gold: Gold, predicted: string): string {
  if (typeof gold === 'string') return gold
  return gold.includes(predicted) ? predicted : (gold[0] ?? '')
}

/** Throws `UsageError` when two lists about the same rows differ in length. */
export function requireSameLength(name: string, a: ArrayLike<unknown>, b: ArrayLike<unknown>): void {
  if (a.length !== b.length)
    throw new UsageError(`${name}: expected lists of one length, got ${a.length} and ${b.length}`)
}
