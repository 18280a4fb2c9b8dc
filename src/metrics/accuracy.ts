import { type Gold, isRight, requireSameLength } from './gold.js'
import type { SummedMetric } from './summed.js'

/**
 * The share of rows whose predicted label is right: right / rows, NaN without rows.
 *
 * @example
 * accuracy(['flight', ['flight', 'airfare']], ['flight', 'airfare'])  // 1
 */
export function accuracy(gold: readonly Gold[], predicted: readonly string[]): number {
  requireSameLength('accuracy', gold, predicted)
  return gold.filter((value, row) => isRight(value, predicted[row])).length / gold.length
}

/**
 * Accuracy as a metric for `bootstrap` and `pairedBootstrap`.
 *
 * @example
 * pairedBootstrap(accuracyMetric, labels, before, after, { random }).pValue
 */
export const accuracyMetric: SummedMetric<Gold, string> = {
  name: 'accuracy',
  counts: (gold, predicted) => [isRight(gold, predicted) ? 1 : 0, 1],
  score: ([right, rows]) => right / rows,
}
