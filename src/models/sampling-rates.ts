import { UsageError } from '../errors.js'

/**
 * The probability with which a model reads its own predictions, by the number of updates made: pure functions, so nothing is to be saved.
 * All begin near 0 (teacher forcing) and rise; they are 1 - ε of Bengio et al. (2015).
 */
export type SamplingRate = (step: number) => number

/** Rises in a straight line from 0 at step 0 to `most` at step `steps`, and stays there. */
export function linearSampling(steps: number, most = 1): SamplingRate {
  check('linearSampling', 'steps', steps, steps >= 1, 'at least 1')
  check('linearSampling', 'most', most, most >= 0 && most <= 1, '0 to 1')
  return (step) => most * Math.min(1, step / steps)
}

/** 1 - k^step, with k a little below 1: the teacher's share falls by the same factor each step. */
export function exponentialSampling(k: number): SamplingRate {
  check('exponentialSampling', 'k', k, k > 0 && k < 1, 'more than 0 and less than 1')
  return (step) => 1 - k ** step
}

/** 1 - k / (k + exp(step / k)): slow, fast, slow; half way at step k ln k. */
export function inverseSigmoidSampling(k: number): SamplingRate {
  check('inverseSigmoidSampling', 'k', k, k >= 1, 'at least 1')
  return (step) => 1 - k / (k + Math.exp(step / k))
}

function check(owner: string, name: string, value: number, fits: boolean, expected: string): void {
  if (!fits) throw new UsageError(`${owner}: got ${name} ${value}; expected ${expected}`)
}
