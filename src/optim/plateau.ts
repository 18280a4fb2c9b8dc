import { UsageError } from '../errors.js'
import { checkNumber } from './options.js'
import type { Schedule } from './schedules.js'

/** What `plateau` can be told. */
export interface PlateauOptions {
  /** What the rate is multiplied by. Default 0.1. */
  factor?: number
  /** How many validations in a row may be no better before the rate falls. Default 10. */
  patience?: number
  /** The share by which a score must beat the best one to count as better. Default 1e-4. */
  threshold?: number
  /** How many validations after a fall are not counted. Default 0. */
  cooldown?: number
  /** The factor never goes below this. Default 0. */
  floor?: number
}

/**
 * Multiplies the learning rate by `factor` whenever the monitored score of the validations has stood still for more than `patience`
 * validations: PyTorch's `ReduceLROnPlateau` with its defaults.
 *
 * The factor is computed anew from all the scores so far, and these are in every checkpoint: nothing else is to be saved, and a resumed
 * training goes on with the same rate. Throws a `UsageError` when there are no validations at all.
 *
 * ```ts
 * fit({ ...options, schedule: plateau({ factor: 0.5, patience: 2 }), monitor: { metric: 'loss', better: 'lower' } })
 * ```
 */
export function plateau(options: PlateauOptions = {}): Schedule {
  const { factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, floor = 0 } = options
  checkNumber('plateau', 'factor', factor, 0, 1)
  checkNumber('plateau', 'patience', patience, 0)
  checkNumber('plateau', 'threshold', threshold, 0, 1)
  checkNumber('plateau', 'cooldown', cooldown, 0)
  checkNumber('plateau', 'floor', floor, 0, 1)
  return (_, validations) => {
    if (!validations) throw new UsageError('plateau: there are no validations to go by; give fit a validate')
    const { scores, better } = validations
    const isBetter = (score: number, best: number) =>
      better === 'higher' ? score > best * (1 + threshold) : score < best * (1 - threshold)
    let rate = 1
    let best = better === 'higher' ? -Infinity : Infinity
    let standing = 0
    let cooling = 0
    for (const score of scores) {
      if (isBetter(score, best)) {
        best = score
        standing = 0
      } else standing++
      if (cooling > 0) {
        cooling--
        standing = 0
      }
      if (standing <= patience) continue
      rate = Math.max(rate * factor, floor)
      cooling = cooldown
      standing = 0
    }
    return rate
  }
}
