import type { TextSearch } from '../tasks/text-search.js'
import { numberOf } from './text-model.js'

/** The options of a search for texts; numbers as they were typed. */
export interface SearchArguments {
  readonly width?: string
  readonly best?: string
  readonly alpha?: string
  readonly longest?: string
  readonly prefix?: string
  readonly ban?: readonly string[]
}

/** What was told of a search. Throws a `UsageError` for a number that is none. */
export function searchOf({ width, best, alpha, longest, prefix, ban }: SearchArguments): TextSearch {
  const numbers = {
    width: numberOf('width', width),
    best: numberOf('best', best),
    lengthNormalisation: numberOf('alpha', alpha),
    maximumLength: numberOf('longest', longest),
  }
  return {
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)),
    ...(prefix !== undefined && { prefix }),
    ...(ban !== undefined && { banned: ban }),
  }
}
