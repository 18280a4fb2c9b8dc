import { UsageError } from '../errors.js'
import { requireSameLength } from './gold.js'

/** The temperatures tried: outside of these a model is worth nothing, or the rows are too few. */
const RANGE = [0.25, 4] as const
const GOLDEN = (Math.sqrt(5) - 1) / 2
const STEPS = 40

/**
 * The temperature T at which softmax(scores / T) gives the right classes of some rows the highest probability (least mean -log p), from 1/4
 * to 4: one number that makes a model as sure as it is right, and changes no ranking (Guo et al. 2017, "On calibration of modern neural
 * networks"). The loss is convex in 1 / T, so a golden section search finds it. 1 without rows.
 *
 * @example
 * fitTemperature([[4, 0], [4, 0], [4, 0], [4, 0]], [0, 0, 0, 1])  // 3.64: right three times in four, sure of 98 %
 */
export function fitTemperature(scores: readonly ArrayLike<number>[], right: readonly number[]): number {
  requireSameLength('fitTemperature', scores, right)
  for (const [row, place] of right.entries())
    if (!(place >= 0 && place < scores[row].length))
      throw new UsageError(
        `fitTemperature: row ${row} has ${scores[row].length} scores; got the right class ${place}`,
      )
  if (scores.length === 0) return 1
  const loss = (inverse: number) => scores.reduce((sum, row, i) => sum + lossOf(row, right[i], inverse), 0)
  let [low, high] = [1 / RANGE[1], 1 / RANGE[0]]
  for (let step = 0; step < STEPS; step++) {
    const [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)]
    if (loss(a) <= loss(b)) high = b
    else low = a
  }
  return 2 / (low + high)
}

// -log softmax(inverse · scores) at the right class.
function lossOf(scores: ArrayLike<number>, right: number, inverse: number): number {
  const values = Array.from(scores, (score) => inverse * score)
  const top = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0)) - values[right]
}
