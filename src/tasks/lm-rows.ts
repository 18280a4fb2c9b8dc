import type { PartsNamed } from '../data/split.js'
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

/** The lines with which the parts of a text that names none begin: those before `valid` are for the training. */
export interface Cuts {
  readonly valid: number
  readonly test: number
}

/**
 * Cuts a text of lines of such lengths: the last tenth of its characters is for the test, the twentieth before it for the validation. What
 * the parts that are `given` leave to be done is done: with a test part only the last twentieth is held out, with an empty validation part only
 * the last tenth.
 */
export function cutsOf(lengths: readonly number[], given: PartsNamed): Cuts {
  const test = given.test || given.valid?.length ? lengths.length : cutAt(lengths, TEST)
  if (given.valid) return { valid: test, test }
  return { valid: cutAt(lengths.slice(0, test), given.test ? VALID : VALID / (1 - TEST)), test }
}

/** The line with which the last `share` of the characters begins; the first line always stays before it. */
function cutAt(lengths: readonly number[], share: number): number {
  const wanted = share * lengths.reduce((sum, length) => sum + length, 0)
  let held = 0
  let at = lengths.length
  while (at > 1 && held + lengths[at - 1] / 2 <= wanted) held += lengths[--at]
  return at
}

/** The parts of a text in memory. */
function splitLines(
  given: Partial<Record<keyof DataParts<string>, readonly string[]>> & { readonly train: readonly string[] },
): DataParts<string> {
  const { train } = given
  const cuts = cutsOf(
    train.map((line) => charactersOf([line])),
    given,
  )
  return {
    train: train.slice(0, cuts.valid),
    valid: given.valid ?? train.slice(cuts.valid, cuts.test),
    test: given.test ?? train.slice(cuts.test),
  }
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
  const split = splitLines({
    train: lines(train, 'train'),
    ...(valid !== undefined && { valid: lines(valid, 'valid') }),
    ...(test !== undefined && { test: lines(test, 'test') }),
  })
  requireText(split.train.some(isText), 'data')
  return split
}

/** Whether a line has more than blanks. */
export const isText = (line: string): boolean => line.trim() !== ''

/** Throws a `DataError` unless there is text to learn from. */
export function requireText(found: boolean, source: string): void {
  if (!found) throw new DataError(`${source}: expected text to learn from, found none`)
}

function lines(texts: unknown, name: string): string[] {
  if (!Array.isArray(texts))
    throw new DataError('data: expected a list of texts, or { train, valid, test } with such lists')
  for (const [index, text] of texts.entries())
    if (typeof text !== 'string')
      throw new DataError(`${name}[${index}]: expected a text, found ${text === null ? 'null' : typeof text}`)
  return linesOf(texts)
}
