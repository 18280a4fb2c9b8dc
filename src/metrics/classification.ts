import { countedGold, type Gold, requireSameLength } from './gold.js'

/** Precision, recall and their harmonic mean F1. A quotient without a denominator is 0, as in scikit-learn. */
export interface PrecisionRecall {
  /** Right among those predicted. */
  readonly precision: number
  /** Right among those that are. */
  readonly recall: number
  /** 2 · precision · recall / (precision + recall) */
  readonly f1: number
}

/** The scores of one label. */
export interface ClassScores extends PrecisionRecall {
  readonly label: string
  /** Rows that have the label. */
  readonly support: number
  /** Rows for which it was predicted. */
  readonly predicted: number
}

/** Scores over all labels and one line per label. */
export interface ClassificationScores {
  readonly rows: number
  /** The share of rows that are right. */
  readonly accuracy: number
  /** Means over labels, each label alike. */
  readonly macro: PrecisionRecall
  /** Counts summed over labels first; with one label per row all three equal the accuracy. */
  readonly micro: PrecisionRecall
  /** Means over labels, weighted by support. */
  readonly weighted: PrecisionRecall
  /** Every label that is gold or predicted, sorted. */
  readonly classes: readonly ClassScores[]
}

/**
 * Accuracy, precision, recall and F1 per label and averaged (macro over the labels that occur as gold or as predicted).
 *
 * @example
 * const { macro, classes } = classificationScores(['a', 'a', 'b'], ['a', 'b', 'b'])
 * macro.f1          // 2/3
 * classes[0]        // { label: 'a', precision: 1, recall: 0.5, f1: 2/3, support: 2, predicted: 1 }
 */
export function classificationScores(
  gold: readonly Gold[],
  predicted: readonly string[],
): ClassificationScores {
  requireSameLength('classificationScores', gold, predicted)
  const counts = new Map<string, { right: number; support: number; predicted: number }>()
  const of = (label: string) => {
    const found = counts.get(label) ?? { right: 0, support: 0, predicted: 0 }
    counts.set(label, found)
    return found
  }
  let right = 0
  for (const [row, label] of predicted.entries()) {
    const counted = countedGold(gold[row], label)
    of(counted).support++
    of(label).predicted++
    if (counted !== label) continue
    of(label).right++
    right++
  }
  const classes = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([label, count]): ClassScores => ({
        label,
        ...precisionRecall(count.right, count.predicted, count.support),
        support: count.support,
        predicted: count.predicted,
      }),
    )
  return {
    rows: gold.length,
    accuracy: right / gold.length,
    macro: mean(classes, () => 1),
    micro: precisionRecall(right, gold.length, gold.length),
    weighted: mean(classes, (one) => one.support),
    classes,
  }
}

/**
 * The mean F1 over the labels that occur, each label alike.
 *
 * @example
 * macroF1(['a', 'a', 'b'], ['a', 'b', 'b'])  // 2/3
 */
export function macroF1(gold: readonly Gold[], predicted: readonly string[]): number {
  return classificationScores(gold, predicted).macro.f1
}

/** Precision, recall and F1 from counts. */
export function precisionRecall(right: number, predicted: number, support: number): PrecisionRecall {
  const sum = predicted + support
  return {
    precision: predicted === 0 ? 0 : right / predicted,
    recall: support === 0 ? 0 : right / support,
    f1: sum === 0 ? 0 : (2 * right) / sum,
  }
}

function mean(classes: readonly ClassScores[], weight: (one: ClassScores) => number): PrecisionRecall {
  const total = classes.reduce((sum, one) => sum + weight(one), 0)
  const over = (value: (one: ClassScores) => number) =>
    classes.reduce((sum, one) => sum + weight(one) * value(one), 0) / total
  return {
    precision: over((one) => one.precision),
    recall: over((one) => one.recall),
    f1: over((one) => one.f1),
  }
}
