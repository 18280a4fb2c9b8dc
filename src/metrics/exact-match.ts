import type { Gold } from './gold.js'
import { referencesOf } from './signature.js'
import { countsOf, type SummedMetric, sumsOf } from './summed.js'

/** What counts as the same text. */
export interface ExactMatchOptions {
  /** Compare in lower case (default false). */
  readonly lowerCase?: boolean
}

/**
 * The share of predicted texts that equal their reference, or one of them: 0 to 1, NaN without rows. White space at the ends
 * and the kind and amount of white space between words do not count.
 *
 * Throws `UsageError` when the lists differ in length.
 *
 * @example
 * exactMatch(['2024-05-17', '1999-01-02'], ['2024-05-17', '1999-02-01'])  // 0.5
 */
export function exactMatch(
  references: readonly Gold[],
  predicted: readonly string[],
  options: ExactMatchOptions = {},
): number {
  const metric = exactMatchMetric(options)
  return metric.score(sumsOf(countsOf(metric, references, predicted), 2))
}

/**
 * Exact match as a metric for `bootstrap` and `pairedBootstrap`.
 *
 * @example
 * pairedBootstrap(exactMatchMetric(), references, before, after, { random }).pValue
 */
export function exactMatchMetric({ lowerCase = false }: ExactMatchOptions = {}): SummedMetric<Gold, string> {
  const plain = (text: string) => {
    const spaced = text.trim().replace(/\s+/g, ' ')
    return lowerCase ? spaced.toLowerCase() : spaced
  }
  return {
    name: 'exact match',
    counts: (gold, predicted) => [
      referencesOf(gold).some((text) => plain(text) === plain(predicted)) ? 1 : 0,
      1,
    ],
    score: ([right, rows]) => right / rows,
  }
}
