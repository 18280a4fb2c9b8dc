import { UsageError } from '../errors.js'
import { requireSameLength } from './gold.js'

/** What a threshold does on the rows it is measured on: answers below it are withheld. */
export interface Rejection {
  readonly threshold: number
  /** The share of rows that are answered. */
  readonly coverage: number
  /** The share of wrong answers among those given, 0 when none is. */
  readonly error: number
  /** The share of right answers that are still given. */
  readonly rightKept: number
  /** The share of wrong answers that are withheld. */
  readonly wrongRejected: number
}

/**
 * What happens when answers with a confidence below `threshold` are withheld.
 *
 * @example
 * rejectionAt(0.5, [0.9, 0.4], [true, false])
 * // { threshold: 0.5, coverage: 0.5, error: 0, rightKept: 1, wrongRejected: 1 }
 */
export function rejectionAt(
  threshold: number,
  confidences: ArrayLike<number>,
  right: readonly boolean[],
): Rejection {
  requireSameLength('rejectionAt', confidences, right)
  let given = 0
  let rightGiven = 0
  for (let row = 0; row < right.length; row++) {
    if (confidences[row] < threshold) continue
    given++
    if (right[row]) rightGiven++
  }
  const rights = right.filter(Boolean).length
  const wrongs = right.length - rights
  return {
    threshold,
    coverage: share(given, right.length, 1),
    error: share(given - rightGiven, given, 0),
    rightKept: share(rightGiven, rights, 1),
    wrongRejected: share(wrongs - (given - rightGiven), wrongs, 1),
  }
}

const share = (part: number, whole: number, none: number) => (whole === 0 ? none : part / whole)

/** Options of `chooseRejection`. */
export interface RejectionOptions {
  /** The share of right answers that must still be given (default 0.95). */
  readonly keep?: number
  /** The threshold is never higher (default 0.7). */
  readonly highest?: number
  /** The threshold where no row is right, so that there is nothing to choose it by (default 0: nothing is withheld). */
  readonly otherwise?: number
}

/**
 * Chooses the confidence below which a model should say that it does not know, on rows it has not learned from.
 *
 * Texts of no known label are not among these rows, so their share cannot be measured; what can is the price: right answers
 * withheld. The threshold is the highest that still gives `keep` of the right answers, because a higher one turns away more
 * foreign texts. It stays below `highest`: on few rows, all of them sure, the rule alone would ask too much of any new text.
 *
 * @example
 * chooseRejection([0.99, 0.9, 0.6, 0.3], [true, true, true, false], { keep: 1 }).threshold  // 0.6
 */
export function chooseRejection(
  confidences: ArrayLike<number>,
  right: readonly boolean[],
  options: RejectionOptions = {},
): Rejection {
  requireSameLength('chooseRejection', confidences, right)
  const { keep = 0.95, highest = 0.7, otherwise = 0 } = options
  if (!(keep > 0 && keep <= 1)) throw new UsageError(`chooseRejection: keep must be in (0, 1], got ${keep}`)
  const rights = Array.from(confidences)
    .filter((_, row) => right[row])
    .sort((a, b) => b - a)
  const last = Math.ceil(keep * rights.length - 1e-9) - 1
  const threshold = rights.length === 0 ? otherwise : Math.min(highest, rights[last])
  return rejectionAt(threshold, confidences, right)
}

/**
 * Coverage against error at every confidence that occurs, from answering everything to answering only the surest row.
 *
 * @example
 * rejectionCurve([0.9, 0.4], [true, false]).map(({ coverage, error }) => [coverage, error])  // [[1, 0.5], [0.5, 0]]
 */
export function rejectionCurve(confidences: ArrayLike<number>, right: readonly boolean[]): Rejection[] {
  requireSameLength('rejectionCurve', confidences, right)
  const rows = [...right.keys()].sort((a, b) => confidences[a] - confidences[b])
  const rights = right.filter(Boolean).length
  const curve: Rejection[] = []
  let rightBelow = 0
  for (const [below, row] of rows.entries()) {
    if (below === 0 || confidences[row] !== confidences[rows[below - 1]]) {
      const given = rows.length - below
      curve.push({
        threshold: confidences[row],
        coverage: given / rows.length,
        error: (given - (rights - rightBelow)) / given,
        rightKept: share(rights - rightBelow, rights, 1),
        wrongRejected: share(below - rightBelow, rows.length - rights, 1),
      })
    }
    if (right[row]) rightBelow++
  }
  return curve
}
