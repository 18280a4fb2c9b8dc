import { NonFiniteError, UsageError } from '../errors.js'

/** Throws `UsageError` for an empty list and `NonFiniteError` for the first value that is no finite number. */
export function requireNumbers(name: string, values: ArrayLike<number>): void {
  if (values.length === 0) throw new UsageError(`${name}: expected at least one number, got an empty list`)
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new NonFiniteError(`${name}: expected finite numbers, got ${values[i]} at index ${i}`)
}

/** As `requireNumbers`, and `UsageError` for a number that is not above a bound. */
export function requireAbove(name: string, values: ArrayLike<number>, bound: number): void {
  requireNumbers(name, values)
  for (let i = 0; i < values.length; i++)
    if (!(values[i] > bound))
      throw new UsageError(`${name}: expected numbers above ${bound}, got ${values[i]} at index ${i}`)
}

/** Throws `UsageError` unless a number is whole and at least `least`. */
export function requireCount(name: string, value: number, least = 1): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new UsageError(`${name}: expected a whole number of at least ${least}, got ${value}`)
}

/** The mean of one term per index. Throws `NonFiniteError` where it is beyond what a double can hold. */
export function meanOver(name: string, length: number, term: (index: number) => number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += term(i)
  if (!Number.isFinite(sum))
    throw new NonFiniteError(`${name}: the sum over ${length} values is ${sum}; scale the series down`)
  return sum / length
}
