import type { DataError } from '../errors.js'
import { isObject } from './json-lines.js'
import {
  HIGHEST_PITCH,
  isKey,
  LOWEST_PITCH,
  MEZZO_FORTE,
  PIANO_NOTES,
  type Piece,
  type PieceNote,
  type Step,
} from './piece.js'
import { problem, shown } from './problem.js'

/**
 * A piece as files and callers give it: a list of steps (each a list of MIDI pitches), `{ steps }` or `{ notes }`. Pitches of a step are
 * brought into order, one that is there twice counts once, and null stands for a voice that is silent.
 *
 * Throws `DataError` that names the step or note: `bach.json: train[3]: step 17: expected …, found …`.
 */
export function pieceOf(value: unknown, where: string): Piece {
  if (Array.isArray(value)) return { steps: stepsOf(value, where) }
  if (isObject(value)) {
    const named = typeof value.name === 'string' ? { name: value.name } : {}
    if (Array.isArray(value.steps)) return { ...named, steps: stepsOf(value.steps, where) }
    if (Array.isArray(value.notes)) return { ...named, notes: notesOf(value.notes, where) }
  }
  throw problem(where, 0, 'a piece: a list of steps, { steps } or { notes }', shown(value))
}

function stepsOf(steps: readonly unknown[], where: string): Step[] {
  if (steps.length === 0) throw problem(where, 0, 'at least one step', 'none')
  return steps.map((step, place) => {
    const at = `${where}: step ${place + 1}`
    if (!Array.isArray(step)) throw problem(at, 0, 'a list of MIDI pitches', shown(step))
    const pitches = step.filter((pitch) => pitch !== null)
    for (const pitch of pitches)
      if (!(Number.isInteger(pitch) && isKey(pitch)))
        throw problem(at, 0, `MIDI pitches from ${LOWEST_PITCH} to ${HIGHEST_PITCH}`, shown(pitch))
    return [...new Set(pitches as number[])].sort((a, b) => a - b)
  })
}

function notesOf(notes: readonly unknown[], where: string): PieceNote[] {
  if (notes.length === 0) throw problem(where, 0, 'at least one note', 'none')
  const read = notes.map((note, place) => {
    const wrong = (expected: string, found: unknown): DataError =>
      problem(`${where}: note ${place + 1}`, 0, expected, shown(found))
    if (!isObject(note)) throw wrong('a note { pitch, start, end, velocity }', note)
    const { pitch, start, end, velocity = MEZZO_FORTE } = note
    const within = (value: unknown, low: number, high: number): value is number =>
      typeof value === 'number' && value >= low && value <= high
    if (!within(pitch, 0, 127) || !Number.isInteger(pitch)) throw wrong('a pitch from 0 to 127', pitch)
    if (!within(velocity, 1, 127) || !Number.isInteger(velocity))
      throw wrong('a whole velocity from 1 to 127', velocity)
    if (!within(start, 0, LONGEST)) throw wrong('a start in beats, 0 or later', start)
    if (!within(end, start, LONGEST)) throw wrong(`an end in beats behind the start at ${start}`, end)
    return { pitch, start, end, velocity }
  })
  if (!read.some(({ pitch }) => isKey(pitch))) throw problem(where, 0, PIANO_NOTES, 'none')
  return read
}

/** Beats of a piece, at most: more than two days of music. */
export const LONGEST = 500_000
