import { UsageError } from '../errors.js'
import { requireSameLength } from './gold.js'

/** The rows whose confidence lies from `from` up to `to` (the last bin holds 1 too). */
export interface ConfidenceBin {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly right: number
  /** Mean confidence in the bin, NaN when it is empty. */
  readonly confidence: number
  /** Share of right rows in the bin, NaN when it is empty. */
  readonly accuracy: number
}

/**
 * A histogram of confidences in equal bins, with the accuracy of each: where a model is sure of itself it should be right.
 *
 * Throws `UsageError` for a confidence outside [0, 1].
 *
 * @example
 * confidenceHistogram([0.95, 0.2], [true, false], 2)
 * // [{ from: 0, to: 0.5, count: 1, right: 0, … }, { from: 0.5, to: 1, count: 1, right: 1, … }]
 */
export function confidenceHistogram(
  confidences: ArrayLike<number>,
  right: readonly boolean[],
  bins = 10,
): ConfidenceBin[] {
  requireSameLength('confidenceHistogram', confidences, right)
  const counts = new Array<number>(bins).fill(0)
  const rights = new Array<number>(bins).fill(0)
  const sums = new Array<number>(bins).fill(0)
  for (let row = 0; row < confidences.length; row++) {
    const confidence = checked(confidences[row], row)
    const bin = Math.min(bins - 1, Math.floor(confidence * bins))
    counts[bin]++
    sums[bin] += confidence
    if (right[row]) rights[bin]++
  }
  return counts.map((count, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    count,
    right: rights[bin],
    confidence: sums[bin] / count,
    accuracy: rights[bin] / count,
  }))
}

// Float32 probabilities may exceed 1 by their rounding.
const ROUNDING = 1e-5

function checked(confidence: number, row: number): number {
  if (!(confidence >= 0 && confidence <= 1 + ROUNDING))
    throw new UsageError(`confidences[${row}]: expected a number from 0 to 1, got ${confidence}`)
  return Math.min(1, confidence)
}

/** How well confidences agree with accuracy. */
export interface Calibration {
  /** Σ_b n_b / n · |accuracy_b - confidence_b| over equal bins (Guo et al. 2017), NaN without rows. */
  readonly expectedError: number
  /** The largest |accuracy_b - confidence_b| of a bin that is not empty. */
  readonly largestError: number
  /** The bins, for a reliability diagram. */
  readonly bins: readonly ConfidenceBin[]
}

/**
 * The expected calibration error and its bins (Guo et al. 2017, "On calibration of modern neural networks", 15 bins).
 *
 * @example
 * calibration([0.9, 0.9], [true, false]).expectedError  // 0.4: half of them are right, 0.9 was claimed
 */
export function calibration(
  confidences: ArrayLike<number>,
  right: readonly boolean[],
  bins = 15,
): Calibration {
  const histogram = confidenceHistogram(confidences, right, bins)
  const filled = histogram.filter(({ count }) => count > 0)
  const gap = ({ accuracy, confidence }: ConfidenceBin) => Math.abs(accuracy - confidence)
  return {
    expectedError: filled.reduce((sum, bin) => sum + bin.count * gap(bin), 0) / confidences.length,
    largestError: filled.reduce((most, bin) => Math.max(most, gap(bin)), 0),
    bins: histogram,
  }
}
