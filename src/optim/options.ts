import { UsageError } from '../errors.js'

/** Throws a `UsageError` unless the option is a number of at least `least` and below `limit`. */
export function checkNumber(
  owner: string,
  name: string,
  value: number,
  least: number,
  limit = Infinity,
): void {
  if (!(value >= least && value < limit))
    throw new UsageError(
      `${owner}: got ${name} ${value}; expected at least ${least}${limit === Infinity ? '' : ` and less than ${limit}`}`,
    )
}
