import { NonFiniteError } from '../errors.js'

/** How good rankings are in which one candidate is right. */
export interface RankingScores {
  /** The share of rows whose right candidate is the first. */
  readonly recallAt1: number
  /** The share of rows whose right candidate is among the first three. */
  readonly recallAt3: number
  /** The mean of 1 / rank (mean reciprocal rank). */
  readonly mrr: number
}

/**
 * Scores of rankings from the rank of the right candidate in each row, counted from 1; `Infinity` where it is not among the candidates.
 * NaN without rows.
 *
 * @example
 * rankingScores([1, 2, Infinity])  // { recallAt1: 1/3, recallAt3: 2/3, mrr: 0.5 }
 */
export function rankingScores(ranks: readonly number[]): RankingScores {
  const mean = (value: (rank: number) => number) =>
    ranks.reduce((sum, rank) => sum + value(rank), 0) / ranks.length
  return {
    recallAt1: mean((rank) => (rank <= 1 ? 1 : 0)),
    recallAt3: mean((rank) => (rank <= 3 ? 1 : 0)),
    mrr: mean((rank) => 1 / rank),
  }
}

/**
 * The rank of a candidate from 1, equal scores in their order; `Infinity` for the place -1. Throws a `NonFiniteError` for a score that is
 * no number: NaN is neither above nor below anything, and would leave every candidate the first.
 */
export function rankOf(scores: ArrayLike<number>, place: number): number {
  let rank = 1
  for (let other = 0; other < scores.length; other++) {
    if (Number.isNaN(scores[other]))
      throw new NonFiniteError(`rankOf: expected numbers, got NaN as score ${other + 1} of ${scores.length}`)
    if (scores[other] > scores[place] || (scores[other] === scores[place] && other < place)) rank++
  }
  return place < 0 ? Number.POSITIVE_INFINITY : rank
}
