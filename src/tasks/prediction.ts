import { UsageError } from '../errors.js'
import type { Reals } from '../tensor/index.js'

/** A label and how sure the model is of it, 0 to 1. */
export interface Prediction {
  readonly label: string
  readonly score: number
}

/** Probabilities from logits, in double precision. */
export function softmax(logits: Reals): Float64Array {
  const top = largest(logits)
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - top))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

/** The largest of any number of values; `Math.max(...values)` fails for more than fit on the stack, about a hundred thousand. */
export function largest(values: Reals): number {
  let most = Number.NEGATIVE_INFINITY
  for (const value of values) most = Math.max(most, value)
  return most
}

/** Throws a `UsageError` unless a text has something to read; `name` says which it is: `predict: text 2 of 3`. */
export function checkText(text: unknown, name: string): asserts text is string {
  if (typeof text !== 'string')
    throw new UsageError(`${name} is no text (${inWords(text)}); expected some words`)
  if (text.trim() === '') throw new UsageError(`${name} is empty; expected some words`)
}

/** The texts of a call that takes a text or a list of them. Throws a `UsageError` for anything else and for a text with nothing to read. */
export function textsOf(input: unknown, operation: string, noun = 'text'): readonly string[] {
  const texts: unknown = typeof input === 'string' ? [input] : input
  if (!Array.isArray(texts))
    throw new UsageError(`${operation}: expected a ${noun} or a list of ${noun}s, got ${inWords(input)}`)
  for (const [index, text] of texts.entries())
    checkText(text, `${operation}: ${noun} ${index + 1} of ${texts.length}`)
  return texts
}

/** Throws a `UsageError` unless so many answers can be given. */
export function checkTop(top: number): void {
  if (!Number.isSafeInteger(top) || top < 1)
    throw new UsageError(`predict: top must be a whole number of at least 1, got ${top}`)
}

/** Throws a `UsageError` unless there are rows, each with two texts that have something to read. */
export function checkPairs(rows: unknown, operation: string): void {
  if (!Array.isArray(rows)) throw new UsageError(`${operation}: expected rows, got ${inWords(rows)}`)
  if (rows.length === 0) throw new UsageError(`${operation}: expected at least one row, got none`)
  for (const [index, row] of rows.entries())
    for (const side of ['source', 'target'])
      checkText(row?.[side], `${operation}: the ${side} of row ${index + 1} of ${rows.length}`)
}

function inWords(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
