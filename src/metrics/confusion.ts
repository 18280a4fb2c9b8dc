import { countedGold, type Gold, requireSameLength } from './gold.js'

/** How often each label was taken for each: `counts[i][j]` rows of `labels[i]` were predicted as `labels[j]`. */
export interface ConfusionMatrix {
  readonly labels: readonly string[]
  readonly counts: readonly (readonly number[])[]
}

/**
 * The confusion matrix over every label that is gold or predicted, sorted.
 *
 * @example
 * confusionMatrix(['a', 'a', 'b'], ['a', 'b', 'b'])  // { labels: ['a', 'b'], counts: [[1, 1], [0, 1]] }
 */
export function confusionMatrix(gold: readonly Gold[], predicted: readonly string[]): ConfusionMatrix {
  requireSameLength('confusionMatrix', gold, predicted)
  const counted = gold.map((value, row) => countedGold(value, predicted[row]))
  const labels = [...new Set([...counted, ...predicted])].sort()
  const places = new Map(labels.map((label, index) => [label, index]))
  const counts = labels.map(() => labels.map(() => 0))
  for (const [row, label] of counted.entries())
    counts[places.get(label) ?? 0][places.get(predicted[row]) ?? 0]++
  return { labels, counts }
}

/** One kind of mistake. */
export interface Confusion {
  readonly gold: string
  readonly predicted: string
  readonly count: number
}

/**
 * The mistakes of a confusion matrix, the most frequent first: what is worth reading when there are many labels.
 *
 * @example
 * confusions(confusionMatrix(['a', 'a', 'b'], ['a', 'b', 'b']))  // [{ gold: 'a', predicted: 'b', count: 1 }]
 */
export function confusions(matrix: ConfusionMatrix, most = 10): Confusion[] {
  const { labels, counts } = matrix
  return counts
    .flatMap((row, i) => row.map((count, j) => ({ gold: labels[i], predicted: labels[j], count })))
    .filter(({ gold, predicted, count }) => gold !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, most)
}
