import { UsageError } from '../errors.js'

/** Throws a `UsageError` unless the value is a whole number of at least `least`; returns it. */
export function checkWhole(operation: string, name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new UsageError(`${operation}: got ${name} ${value}; expected a whole number of at least ${least}`)
  return value
}

/** Throws a `UsageError` unless the value is finite and at least `least`; returns it. */
export function checkNumber(operation: string, name: string, value: number, least: number): number {
  if (!(value >= least && value < Infinity))
    throw new UsageError(`${operation}: got ${name} ${value}; expected a number of at least ${least}`)
  return value
}
