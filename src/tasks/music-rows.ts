import { pieceOf } from '../data/check-piece.js'
import { type Piece, textOf } from '../data/piece.js'
import { completeParts } from '../data/split.js'
import { DataError } from '../errors.js'
import type { Random } from '../random/index.js'
import type { DataParts } from './task.js'

/** Pieces by their use. */
export interface PieceParts extends DataParts<Piece> {
  /** Where they come from files: whether the pedal was heeded. */
  readonly sustain?: boolean
}

/**
 * Pieces that the caller has in memory: a list, of which a tenth each is held out for validation and test, or
 * `{ train, valid?, test? }`.
 *
 * @throws DataError for a piece that is not right (it says which), and without any.
 */
export function piecesInMemory(given: unknown, random: Random): PieceParts {
  const parts = (Array.isArray(given) ? { all: given } : (given ?? {})) as Record<string, unknown>
  const rows = Object.fromEntries(
    ['all', 'train', 'valid', 'test'].flatMap((part) => {
      const list = parts[part]
      return Array.isArray(list) ? [[part, list.map((piece, row) => pieceOf(piece, `rows[${row}]`))]] : []
    }),
  ) as Partial<Record<'all' | 'train' | 'valid' | 'test', Piece[]>>
  if (!(rows.all ?? rows.train)?.length)
    throw new DataError('data: expected a list of pieces, or { train, valid, test } with such lists')
  const { train, valid, test } = completeParts(rows, (piece) => ({ text: textOf(piece), label: '' }), random)
  return { train, valid, test }
}
