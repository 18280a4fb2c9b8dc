/** How often each n-gram occurs. */
export type NgramCounts = Map<string, number>

/** Counts the n-grams of `order` pieces, written with `separator` between the pieces. */
export function ngramCounts(pieces: readonly string[], order: number, separator: string): NgramCounts {
  const counts: NgramCounts = new Map()
  for (let start = 0; start + order <= pieces.length; start++) {
    const ngram = order === 1 ? pieces[start] : pieces.slice(start, start + order).join(separator)
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1)
  }
  return counts
}

/** How many n-grams two texts share: each as often as in the one that has it less often. */
export function sharedNgrams(a: NgramCounts, b: NgramCounts): number {
  let shared = 0
  for (const [ngram, count] of a) shared += Math.min(count, b.get(ngram) ?? 0)
  return shared
}
