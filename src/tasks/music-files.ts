import type { Piece } from '../data/piece.js'
import { type PieceReadOptions, readPiece, readPieceFiles, readPieces } from '../data/read-pieces.js'
import { musicGeneration } from './music-generation.js'
import { flag, optional, text } from './settings.js'
import type { TaskFiles } from './task.js'

/** MIDI files, or piano rolls in JSON. */
export const musicFiles: TaskFiles<Piece> = {
  settings: {
    sustain: flag(true, 'Whether notes of MIDI files go on sounding while the sustain pedal is down'),
    prefix: optional(text('', 'The beginning of the paths to take, where a folder holds several data sets')),
  },
  async read({ root, data, valid, test }, { random, read }) {
    const parts = { ...(valid && { valid }), ...(test && { test }) }
    const { detection, ...pieces } = await readPieceFiles(data, root, {
      ...optionsOf(read),
      ...parts,
      random,
    })
    const { sustain } = optionsOf(read)
    return { data: { ...pieces, ...(sustain !== undefined && { sustain }) }, detection }
  },
  async readScored(files, root, { read }) {
    const { pieces, detection } = await readPieces(files, root, optionsOf(read))
    return { rows: pieces, detection }
  },
  readInput: (file, readAs = {}) => readPiece(file, optionsOf(readAs)),
  generation: musicGeneration,
}

function optionsOf({ sustain, prefix }: Readonly<Record<string, unknown>>): PieceReadOptions {
  return {
    ...(typeof sustain === 'boolean' && { sustain }),
    ...(typeof prefix === 'string' && { prefix }),
  }
}
