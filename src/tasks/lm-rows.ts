import { DataError } from '../errors.js'
import type { DataParts } from './task.js'

/** The share of a text that is kept for the test, and the share before it that chooses the best epoch. */
const TEST = 0.1
const VALID = 0.05

/** The lines of texts, whatever ends them; a line end at the end of a text begins no further line. */
export function linesOf(texts: Iterable<string>): string[] {
  return Array.from(texts).flatMap((text) => {
    const lines = text.split(/\r?\n/)
    if (lines.at(-1) === '' && lines.length > 1) lines.pop()
    return lines
  })
}

/** Characters (code points) of lines, their ends included. */
export function charactersOf(lines: Iterable<string>): number {
  let count = 0
  for (const line of lines) {
    count++
    for (const _ of line) count++
  }
  return count
}

/**
 * Cuts a text that names no parts: the last tenth of its characters is for the test, the twentieth before it for the validation. What
 * the parts that are given leave to be done is done: with a test part only the last twentieth is held out, with an empty validation part only
 * the last tenth.
 */
export function splitLines(
  given: Partial<Record<keyof DataParts<string>, readonly string[]>>,
): DataParts<string> {
  let train = given.train ?? []
  const heldOut = (share: number): readonly string[] => {
    const at = cutAt(train, share)
    const held = train.slice(at)
    train = train.slice(0, at)
    return held
  }
  const test = given.test ?? (given.valid?.length ? [] : heldOut(TEST))
  const valid = given.valid ?? heldOut(given.test ? VALID : VALID / (1 - TEST))
  return { train, valid, test }
}

/** The line with which the last `share` of the characters begins; the first line always stays before it. */
function cutAt(lines: readonly string[], share: number): number {
  const lengths = lines.map((line) => charactersOf([line]))
  const wanted = share * lengths.reduce((sum, length) => sum + length, 0)
  let held = 0
  let at = lines.length
  while (at > 1 && held + lengths[at - 1] / 2 <= wanted) held += lengths[--at]
  return at
}

/**
 * Text that the caller has in memory: a list of texts in their order, of which the last tenth is held out for the test and the twentieth
 * before it for the validation, or `{ train, valid?, test? }` with such lists. Their lines are the rows.
 *
 * @throws DataError for anything else, and when there is nothing to learn from.
 */
export function textInMemory(given: unknown): DataParts<string> {
  const parts = Array.isArray(given) ? { train: given } : given
  const { train, valid, test } = (typeof parts === 'object' && parts !== null ? parts : {}) as Partial<
    DataParts<unknown>
  >
  return checked(
    splitLines({
      train: lines(train, 'train'),
      ...(valid !== undefined && { valid: lines(valid, 'valid') }),
      ...(test !== undefined && { test: lines(test, 'test') }),
    }),
    'data',
  )
}

/** The same parts. Throws a `DataError` when the training part has no text. */
export function checked(parts: DataParts<string>, source: string): DataParts<string> {
  if (parts.train.some((line) => line.trim() !== '')) return parts
  throw new DataError(`${source}: expected text to learn from, found none`)
}

function lines(texts: unknown, name: string): string[] {
  if (!Array.isArray(texts))
    throw new DataError('data: expected a list of texts, or { train, valid, test } with such lists')
  for (const [index, text] of texts.entries())
    if (typeof text !== 'string')
      throw new DataError(`${name}[${index}]: expected a text, found ${text === null ? 'null' : typeof text}`)
  return linesOf(texts)
}
