import { problem } from './problem.js'

/** The lowest and the highest key of a piano as MIDI pitches: A0 and C8. Middle C is 60. */
export const LOWEST_PITCH = 21
export const HIGHEST_PITCH = 108
/** Keys of a piano. */
export const KEYS = HIGHEST_PITCH - LOWEST_PITCH + 1
/** How messages call notes that can be learned from. */
export const PIANO_NOTES = `notes that a piano has (MIDI pitches ${LOWEST_PITCH} to ${HIGHEST_PITCH})`

/** Whether a MIDI pitch is a key of a piano. */
export const isKey = (pitch: number) => pitch >= LOWEST_PITCH && pitch <= HIGHEST_PITCH

/** The MIDI pitches that sound in a step, rising; none: silence. */
export type Step = readonly number[]

/** A note of a piece, whose times are counted from its beginning. */
export interface PieceNote {
  /** MIDI pitch. */
  readonly pitch: number
  /** In beats (quarter notes) in a `ScorePiece`, in steps in a `Roll`. */
  readonly start: number
  /** When it stops sounding. */
  readonly end: number
  /** How hard it is struck, 1 to 127. */
  readonly velocity: number
}

/** A piece that comes in steps: what sounds in each. It does not say whether a pitch in two neighbouring steps is one note. */
export interface RollPiece {
  /** What messages and pictures call it. */
  readonly name?: string
  readonly steps: readonly Step[]
}

/** A piece that comes in notes, as MIDI files have it; times in beats. */
export interface ScorePiece {
  readonly name?: string
  readonly notes: readonly PieceNote[]
}

/** A piece of music, by steps or by notes. */
export type Piece = RollPiece | ScorePiece

/** A piece on a grid of steps, both ways. */
export interface Roll {
  readonly steps: readonly Step[]
  /** Times in steps; in the order of their beginnings, then of their pitches. */
  readonly notes: readonly PieceNote[]
}

/** How hard notes are taken to be struck where nobody says. */
export const MEZZO_FORTE = 80

/** Steps of a piece of notes, at most: a day and a half at four steps per beat and 120 beats per minute. */
const MOST_STEPS = 1_000_000

/**
 * A piece on a grid of `stepsPerBeat` steps per beat. Notes begin and end at the nearest step and last one step at least; where a
 * pitch is struck again while it sounds, the older note ends. Notes that no piano has are left out.
 *
 * Throws `DataError`, with the piece's name or what it is `called`, for one that has no other notes or more than a million steps.
 *
 * ```ts
 * rollOf({ notes: [{ pitch: 60, start: 0, end: 1.1, velocity: 80 }] }, 4).steps // [[60], [60], [60], [60]]
 * ```
 */
export function rollOf(piece: Piece, stepsPerBeat: number, called = piece.name ?? 'the piece'): Roll {
  if ('steps' in piece) return { steps: piece.steps, notes: heldNotes(piece.steps) }
  const notes = onGrid(piece.notes, stepsPerBeat)
  const length = notes.reduce((latest, { end }) => Math.max(latest, end), 0)
  if (length === 0) throw problem(called, 0, PIANO_NOTES, 'none')
  if (length > MOST_STEPS)
    throw problem(
      called,
      0,
      `at most ${MOST_STEPS.toLocaleString('en')} steps`,
      `${length.toLocaleString('en')}, ${stepsPerBeat} per beat`,
    )
  const steps = Array.from({ length }, (): number[] => [])
  for (const { pitch, start, end } of notes)
    for (let step = start; step < end; step++) steps[step].push(pitch)
  return { steps: steps.map((step) => step.sort((a, b) => a - b)), notes }
}

/** Pieces on a grid; messages call those without a name by their place. */
export function rollsOf(pieces: readonly Piece[], stepsPerBeat: number): Roll[] {
  return pieces.map((piece, place) => rollOf(piece, stepsPerBeat, piece.name ?? `piece ${place + 1}`))
}

/** Notes of which each lasts as long as its pitch stays. */
function heldNotes(steps: readonly Step[]): PieceNote[] {
  const notes: PieceNote[] = []
  const sounding = new Map<number, number>()
  for (const [now, step] of [...steps, []].entries()) {
    for (const [pitch, start] of sounding)
      if (!step.includes(pitch)) {
        notes.push({ pitch, start, end: now, velocity: MEZZO_FORTE })
        sounding.delete(pitch)
      }
    for (const pitch of step) if (!sounding.has(pitch)) sounding.set(pitch, now)
  }
  return notes.sort(byStart)
}

function onGrid(notes: readonly PieceNote[], stepsPerBeat: number): PieceNote[] {
  const placed = notes.filter(({ pitch }) => isKey(pitch))
  const rounded = placed.map(({ pitch, start, end, velocity }) => {
    const first = Math.round(start * stepsPerBeat)
    return { pitch, start: first, end: Math.max(first + 1, Math.round(end * stepsPerBeat)), velocity }
  })
  rounded.sort(byStart)
  const last = new Map<number, number>() // the place of the last note of each pitch
  const kept: PieceNote[] = []
  for (const note of rounded) {
    const before = last.get(note.pitch)
    if (before !== undefined) {
      const older = kept[before]
      if (older.start === note.start) {
        kept[before] = { ...older, end: Math.max(older.end, note.end) }
        continue
      }
      kept[before] = { ...older, end: Math.min(older.end, note.start) }
    }
    last.set(note.pitch, kept.push(note) - 1)
  }
  return kept
}

/** What makes two pieces the same, as a text. */
export function textOf(piece: Piece): string {
  return JSON.stringify('steps' in piece ? piece.steps : piece.notes)
}

const byStart = (a: PieceNote, b: PieceNote) => a.start - b.start || a.pitch - b.pitch

const names = ['C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'A♭', 'A', 'B♭', 'B']

/** A pitch as musicians write it: 60 is C4. */
export function pitchName(pitch: number): string {
  return `${names[pitch % 12]}${Math.floor(pitch / 12) - 1}`
}

/** What sounds in a step, in words: `C4 E4 G4`, `–` for silence. */
export function chordName(step: Step): string {
  return step.length === 0 ? '–' : step.map(pitchName).join(' ')
}
