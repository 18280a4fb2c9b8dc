import { checkNumber } from './options.js'

/** The scores of all validations so far, oldest first, and which of two is the better one. */
export interface Validations {
  readonly scores: readonly number[]
  readonly better: 'lower' | 'higher'
}

/**
 * The factor on the learning rate at a step, counted from 0 for the first one: a pure function of the step and of the validations
 * (undefined where there are none), so nothing is to be saved.
 */
export type Schedule = (step: number, validations?: Validations) => number

/** Always 1. */
export function constant(): Schedule {
  return () => 1
}

/**
 * `factor` to the power of the number of whole runs of `every` steps: 1, then `factor`, then `factor`² …
 *
 * ```ts
 * stepDecay(1000, 0.5)(2500) // 0.25
 * ```
 */
export function stepDecay(every: number, factor: number): Schedule {
  checkNumber('stepDecay', 'every', every, 1)
  checkNumber('stepDecay', 'factor', factor, 0)
  return (step) => factor ** Math.floor(step / every)
}

/**
 * Half a cosine from 1 at step 0 down to `floor` at step `steps`, and `floor` from there on.
 *
 * Source: Loshchilov and Hutter (2017), "SGDR", without restarts.
 */
export function cosine(steps: number, floor = 0): Schedule {
  checkNumber('cosine', 'steps', steps, 1)
  checkNumber('cosine', 'floor', floor, 0)
  return (step) => floor + ((1 - floor) * (1 + Math.cos(Math.PI * Math.min(1, step / steps)))) / 2
}

/** A straight line from 1 at step 0 down to `floor` at step `steps`, and `floor` from there on. */
export function linearDecay(steps: number, floor = 0): Schedule {
  checkNumber('linearDecay', 'steps', steps, 1)
  checkNumber('linearDecay', 'floor', floor, 0)
  return (step) => 1 - (1 - floor) * Math.min(1, step / steps)
}

/**
 * A linear warm-up, 1/steps, 2/steps … 1, and then another schedule from its beginning.
 *
 * ```ts
 * warmUp(100, cosine(10_000))
 * ```
 */
export function warmUp(steps: number, then: Schedule = constant()): Schedule {
  checkNumber('warmUp', 'steps', steps, 0)
  return (step, validations) => (step < steps ? (step + 1) / steps : then(step - steps, validations))
}
