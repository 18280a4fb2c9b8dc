import { DataError } from '../errors.js'

/**
 * The error for bad data, worded `file:line: expected …, found …`. A `line` of 0 leaves the line out.
 *
 * @example
 * throw problem('intents.jsonl', 3, 'a label under "intent"', 'none')
 * // DataError: intents.jsonl:3: expected a label under "intent", found none
 */
export function problem(file: string, line: number, expected: string, found: string): DataError {
  return new DataError(`${line > 0 ? `${file}:${line}` : file}: expected ${expected}, found ${found}`)
}

const LONGEST_SHOWN = 60

/** A value as an error message shows it: quoted, on one line, cut after 60 characters. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value
    return value === '' ? 'an empty text' : JSON.stringify(cut)
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return `an object with ${shownList(Object.keys(value))}`
  return value === undefined ? 'nothing' : String(value)
}

/** Names as an error message lists them: the first eight, and how many more there are. */
export function shownList(names: readonly string[]): string {
  if (names.length === 0) return 'no keys'
  const first = names.slice(0, 8).map((name) => (name.length > 40 ? `${name.slice(0, 40)}…` : name))
  return first.join(', ') + (names.length > 8 ? ` and ${names.length - 8} more` : '')
}
