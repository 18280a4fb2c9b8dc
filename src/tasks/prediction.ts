import { UsageError } from '../errors.js'
import type { Reals } from '../tensor/index.js'

/** A label and how sure the model is of it, 0 to 1. */
export interface Prediction {
  readonly label: string
  readonly score: number
}

/** Probabilities from logits, in double precision. */
export function softmax(logits: Reals): Float64Array {
  const top = Math.max(...logits)
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - top))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

/** Throws a `UsageError` that begins with `problem` unless a text has something to read. */
export function checkText(text: unknown, problem: string): asserts text is string {
  if (typeof text !== 'string' || text.trim() === '') throw new UsageError(`${problem}; expected some words`)
}
