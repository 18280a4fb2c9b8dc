import { type Gold, isRight, requireSameLength } from './gold.js'

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
