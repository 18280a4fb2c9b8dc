/** Below so many rows, unrelated n-grams of a small vocabulary fall on one; above, they cost more than they bring. */
const LEAST = 4000
const MOST = 20_000

/** Rows for the character n-grams of so many words: twice as many. */
export function gramBucketsFor(words: number): number {
  return Math.min(MOST, Math.max(LEAST, 2 * words))
}
