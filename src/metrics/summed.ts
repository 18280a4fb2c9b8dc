import { requireSameLength } from './gold.js'

/**
 * A score of a whole set that depends only on sums of numbers counted in each row: matches and lengths for BLEU, errors and
 * words for the word error rate. So the score of any resampling of the rows comes from the counts, without looking at texts
 * again (`bootstrap`, `pairedBootstrap`).
 *
 * @example
 * const share: SummedMetric<string, string> = {
 *   name: 'accuracy',
 *   counts: (gold, predicted) => [gold === predicted ? 1 : 0, 1],
 *   score: ([right, rows]) => right / rows,
 * }
 */
export interface SummedMetric<G, P> {
  /** What the score is called in reports. */
  readonly name: string
  /** The numbers of one row; equally many for every row. */
  counts(gold: G, predicted: P): readonly number[]
  /** The score of some rows from the sums of their numbers. */
  score(sums: readonly number[]): number
}

/** The numbers of every row. Throws `UsageError` when the lists differ in length. */
export function countsOf<G, P>(
  metric: SummedMetric<G, P>,
  gold: readonly G[],
  predicted: readonly P[],
): (readonly number[])[] {
  requireSameLength(metric.name, gold, predicted)
  return gold.map((value, row) => metric.counts(value, predicted[row]))
}

/** The sums of the numbers of some rows, zeros of `width` without rows. */
export function sumsOf(rows: Iterable<readonly number[]>, width: number): number[] {
  const sums = new Array<number>(width).fill(0)
  for (const row of rows) for (let i = 0; i < width; i++) sums[i] += row[i]
  return sums
}
