import { datasetOf } from '../data/dataset.js'
import { type Example, labelSet } from '../data/example.js'
import { DataError } from '../errors.js'
import type { Random } from '../random/index.js'
import type { DataParts } from './task.js'

/** A text and its label; several labels are joined by `#`. */
export type TextRow = Pick<Example, 'text' | 'label'>

/** The labels a row is trained for: those that `#` joins, or the one it has. */
export function targetsOf(label: string): readonly string[] {
  const all = labelSet(label)
  return all.length === 1 ? all : all.slice(0, -1)
}

/**
 * Rows that the caller has in memory: a list, of which a tenth each is held out for validation and test, or
 * `{ train, valid?, test? }`.
 *
 * @throws DataError for a row without a text or a label (it says which), and when the training rows have fewer than two labels.
 */
export function rowsInMemory(given: unknown, random: Random): DataParts<TextRow> {
  if (Array.isArray(given)) return datasetOf({ all: given }, random)
  const parts = (typeof given === 'object' && given !== null ? given : {}) as Partial<DataParts<TextRow>>
  if (!Array.isArray(parts.train))
    throw new DataError('data: expected a list of { text, label }, or { train, valid, test } with such lists')
  return datasetOf(parts, random)
}
