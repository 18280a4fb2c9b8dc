import { type Example, labelSet } from '../data/example.js'
import { holdOut } from '../data/split.js'
import { DataError } from '../errors.js'
import type { Random } from '../random/index.js'
import type { DataParts } from './task.js'

/** A text and its label; several labels are joined by `#`. */
export type TextRow = Pick<Example, 'text' | 'label'>

const TENTH = 0.1

/** The labels a row is trained for: those that `#` joins, or the one it has. */
export function targetsOf(label: string): readonly string[] {
  const all = labelSet(label)
  return all.length === 1 ? all : all.slice(0, -1)
}

/**
 * Rows that the caller has in memory: a list, of which a tenth each is held out for validation and test, or parts.
 *
 * @throws DataError for a row without a text or a label (it says which), and when the training rows have fewer than two labels.
 */
export function rowsInMemory(given: unknown, random: Random): DataParts<TextRow> {
  const parts = Array.isArray(given) ? { all: given } : (given as Record<string, unknown> | null)
  if (typeof parts !== 'object' || parts === null)
    throw new DataError(`data: expected a list of { text, label } or { train, valid, test }, got ${typeof given}`)
  const rows = (name: string): TextRow[] | undefined =>
    parts[name] === undefined ? undefined : checkedRows(parts[name], name)
  let train = rows('all') ?? rows('train') ?? []
  let valid = rows('valid')
  let test = rows('test')
  checkLabels(train)
  const tenth = Math.max(1, Math.round(train.length * TENTH))
  if (!test && !valid) ({ kept: train, held: test } = holdOut(train, tenth, random))
  if (!valid) ({ kept: train, held: valid } = holdOut(train, tenth, random))
  return { train, valid, test: test ?? [] }
}

function checkedRows(given: unknown, part: string): TextRow[] {
  if (!Array.isArray(given)) throw new DataError(`data.${part}: expected a list of { text, label }`)
  return given.map((row: unknown, index) => {
    const { text, label } = (row ?? {}) as Partial<Record<string, unknown>>
    const complain = (what: string, found: unknown) =>
      new DataError(`data.${part}[${index}]: expected ${what}, found ${JSON.stringify(found) ?? 'nothing'}`)
    if (typeof text !== 'string' || text.trim() === '') throw complain('a text', text)
    if (typeof label !== 'string' || label.trim() === '') throw complain('a label', label)
    return { text: text.trim(), label: label.trim() }
  })
}

function checkLabels(train: readonly TextRow[]): void {
  if (train.length === 0) throw new DataError('data: expected training rows, found none')
  if (train.every(({ label }) => label === train[0].label))
    throw new DataError(
      `data: expected at least two labels to tell apart, found only "${train[0].label}" in ${train.length} training rows`,
    )
}
