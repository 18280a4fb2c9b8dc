import type { PieceNote, Roll, Step } from '../data/piece.js'
import { UsageError } from '../errors.js'
import { Random } from '../random/index.js'
import type { GivenPiece, MusicModel } from './music-model.js'

/** How a piece is made. */
export interface ComposeOptions {
  /** What it begins with; nothing by default. */
  readonly primer?: GivenPiece
  /** How many steps are drawn behind the primer. Default 64. */
  readonly steps?: number
  /** Below 1: likelier notes; 0: the likeliest of every step, without drawing. Default 1. */
  readonly temperature?: number
  /** Decides everything random: equal seeds give equal pieces. Default 1. */
  readonly seed?: number
  /** Sees each step when it is drawn. */
  readonly onStep?: (step: Step) => void
}

/** A piece that a model has made. */
export interface ComposedMusic {
  /** What sounds in each step, the primer included. */
  readonly steps: readonly Step[]
  /** The same as notes; times in steps. */
  readonly notes: readonly PieceNote[]
  /** How many of the steps are the primer's. */
  readonly primer: number
  readonly stepsPerBeat: number
  /** -log P of a drawn step in nats, the mean. */
  readonly nll: number
}

/** Throws a `UsageError` for an option out of range. */
function checkComposing({ steps = 64, temperature = 1, seed = 1 }: ComposeOptions): void {
  if (!Number.isSafeInteger(steps) || steps < 1)
    throw new UsageError(`generate: got steps ${steps}; expected a whole number of at least 1`)
  if (!(temperature >= 0 && temperature < Infinity))
    throw new UsageError(`generate: got temperature ${temperature}; expected a number of at least 0`)
  if (!Number.isSafeInteger(seed)) throw new UsageError(`generate: got seed ${seed}; expected a whole number`)
}

/** Draws steps behind a primer. */
export function compose(
  model: Pick<MusicModel, 'form' | 'roll' | 'settings'>,
  options: ComposeOptions,
): ComposedMusic {
  checkComposing(options)
  const { primer, steps = 64, temperature = 1, seed = 1, onStep } = options
  const begun: Roll = primer === undefined ? { steps: [], notes: [] } : model.roll(primer)
  const random = new Random(seed).split('generate')
  const stream = model.form.stream()
  const sounds: Step[] = [...begun.steps]
  const notes = new NoteWriter(begun)
  let logProb = 0
  try {
    stream.read(begun)
    for (let step = 0; step < steps; step++) {
      const drawn = stream.draw(random, temperature)
      notes.write(sounds.length, drawn)
      sounds.push(drawn.sounding)
      logProb += drawn.logProb
      onStep?.(drawn.sounding)
    }
  } finally {
    stream.dispose()
  }
  return {
    steps: sounds,
    notes: notes.end(sounds.length),
    primer: begun.steps.length,
    stepsPerBeat: model.settings.notes.stepsPerBeat,
    nll: -logProb / steps,
  }
}

/** Puts notes together from what begins and what goes on; those of the primer that sound at its end may go on, too. */
class NoteWriter {
  readonly #done: PieceNote[]
  readonly #open = new Map<number, PieceNote>()

  constructor({ steps, notes }: Roll) {
    this.#done = notes.filter(({ end }) => end < steps.length)
    for (const note of notes) if (note.end >= steps.length) this.#open.set(note.pitch, note)
  }

  write(
    now: number,
    { sounding, struck }: { sounding: Step; struck: readonly { pitch: number; velocity: number }[] },
  ): void {
    for (const pitch of this.#open.keys())
      if (!sounding.includes(pitch) || struck.some((note) => note.pitch === pitch)) this.#close(pitch, now)
    for (const note of struck) this.#open.set(note.pitch, { ...note, start: now, end: now + 1 })
  }

  end(steps: number): PieceNote[] {
    for (const pitch of this.#open.keys()) this.#close(pitch, steps)
    return this.#done.sort((a, b) => a.start - b.start || a.pitch - b.pitch)
  }

  #close(pitch: number, end: number): void {
    const note = this.#open.get(pitch)
    if (note) this.#done.push({ ...note, end })
    this.#open.delete(pitch)
  }
}
