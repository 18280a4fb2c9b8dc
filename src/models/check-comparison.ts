import { UnrolledError } from '../errors.js'

/** Throws an error with the message unless the condition holds. */
export function requireThat(condition: boolean, message: string): void {
  if (!condition) throw new UnrolledError(message)
}

/** Throws an error that says where two lists of numbers differ in a single bit. */
export function requireBits(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  compare(actual, expected, what, (a, b) => Object.is(a, b) || a === b, 'to the bit')
}

/** Throws an error that says where two lists differ by more than `tolerance` of the largest expected number (at least 1). */
export function requireClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  let size = 1
  for (let i = 0; i < expected.length; i++) size = Math.max(size, Math.abs(expected[i]))
  const limit = tolerance * size
  compare(actual, expected, what, (a, b) => Math.abs(a - b) <= limit, `within ${limit.toExponential(0)}`)
}

function compare(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  same: (a: number, b: number) => boolean,
  how: string,
): void {
  const { length } = expected
  requireThat(actual.length === length, `${what} has ${actual.length} numbers; expected ${length}`)
  for (let i = 0; i < length; i++)
    if (!same(actual[i], expected[i]))
      throw new UnrolledError(`${what} has ${actual[i]} at ${i}; expected ${expected[i]} ${how}`)
}
