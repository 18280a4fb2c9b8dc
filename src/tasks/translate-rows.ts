import type { TextPair } from '../data/pair.js'
import { problem } from '../data/problem.js'
import { completeParts } from '../data/split.js'
import { DataError } from '../errors.js'
import type { Random } from '../random/index.js'
import type { DataParts } from './task.js'

/** A text and what it is to become. */
export type PairRow = Pick<TextPair, 'source' | 'target'>

/**
 * Pairs that the caller has in memory: a list, of which a tenth each is held out for validation and test (equal sources together), or
 * `{ train, valid?, test? }`.
 *
 * @throws DataError for a row without a source or a target (it says which), and without training rows.
 */
export function pairsInMemory(given: unknown, random: Random): DataParts<PairRow> {
  if (Array.isArray(given)) {
    const rows = pairsOf(given, 'rows')
    return completeParts({ all: rows }, ({ source }) => ({ text: source, label: '' }), random)
  }
  const parts = (typeof given === 'object' && given !== null ? given : {}) as Partial<DataParts<unknown>>
  if (!Array.isArray(parts.train))
    throw new DataError(
      'data: expected a list of { source, target }, or { train, valid, test } with such lists',
    )
  return {
    train: pairsOf(parts.train, 'train'),
    valid: pairsOf(parts.valid ?? [], 'valid'),
    test: pairsOf(parts.test ?? [], 'test'),
  }
}

function pairsOf(rows: readonly unknown[], name: string): PairRow[] {
  if (name !== 'valid' && name !== 'test' && rows.length === 0)
    throw new DataError('data: expected training rows, found none')
  return rows.map((row, index) => {
    const { source, target } = (typeof row === 'object' && row !== null ? row : {}) as Partial<PairRow>
    if (typeof source !== 'string' || source.trim() === '')
      throw problem(`${name}[${index}]`, 0, 'a source', 'none')
    if (typeof target !== 'string' || target.trim() === '')
      throw problem(`${name}[${index}]`, 0, 'a target', 'none')
    return { source: source.trim(), target: target.trim() }
  })
}
