import type { Roll, Step } from '../data/piece.js'
import type { Training } from '../layers/layer.js'
import type { Model } from '../models/model.js'
import type { Random } from '../random/index.js'
import type { Tensor } from '../tensor/index.js'

/** A part of a piece to learn from, as the form has it. */
export interface MusicLesson {
  /** How many rows the network computes for it. */
  readonly length: number
  /** How many steps of music that is; events need several rows for one. */
  readonly steps: number
}

/** Something that may come next, in words, and how probable it is. */
export interface NextNote {
  /** `C4` for a key that sounds; `on C4`, `off C4`, `velocity 5`, `step` for events. */
  readonly name: string
  readonly probability: number
}

/** A step that was drawn. */
export interface DrawnStep {
  readonly sounding: Step
  /** The notes that begin in it. */
  readonly struck: readonly { readonly pitch: number; readonly velocity: number }[]
  /** log P of it. */
  readonly logProb: number
}

/** Music that is read, or drawn, step by step. */
export interface MusicFormStream {
  /** Steps read so far. */
  readonly steps: number
  /** Reads what sounds in the next step. */
  push(step: Step): void
  /** Reads a whole roll, with its notes. */
  read(roll: Roll): void
  /** What may come next, the most probable first. */
  next(top: number): NextNote[]
  /** Draws the next step and reads it. */
  draw(random: Random, temperature: number): DrawnStep
  fork(): MusicFormStream
  snapshot(): unknown
  restore(snapshot: unknown): void
  dispose(): void
}

/** -log P of every step of each roll in nats, and the part of it that the events of loudness pay. */
export interface LossesInParts {
  readonly all: readonly Float64Array[]
  readonly loudness: readonly Float64Array[]
}

/**
 * A way to see music as a sequence: which network reads it, what it learns and what it draws. There are two: piano rolls, whose keys are
 * independent in a step, and events, which come one by one.
 */
export interface MusicForm<Lesson extends MusicLesson = MusicLesson> {
  readonly network: Model
  /** The parts of a roll, each of at most `window` steps or about as many rows. */
  lessonsOf(roll: Roll, window: number): Lesson[]
  /** Nats per step, the mean over all steps of the lessons; `shifts` are semitones by which each is moved. */
  loss(lessons: readonly Lesson[], shifts: readonly number[], training?: Training): Tensor
  /** How far a lesson can be moved down and up on the piano. */
  room(lesson: Lesson): { readonly down: number; readonly up: number }
  /** -log P of every step of each roll, in nats; all are scored, the first from nothing. */
  stepLosses(rolls: readonly Roll[]): Float64Array[]
  /** The same, and what of each step says how loud its notes are; only where notes have degrees of loudness. */
  lossesInParts?(rolls: readonly Roll[]): LossesInParts | undefined
  /** F1 and accuracy of the keys that are more likely on than off; only where keys have probabilities of their own. */
  frames?(rolls: readonly Roll[]): { readonly frameF1: number; readonly frameAccuracy: number }
  /** Runs the network on copies of a roll's beginning, at most so many steps, for looking inside; with the names of what it reads. */
  run(
    roll: Roll,
    most: number,
  ): { readonly names: readonly string[]; readonly run: (copies: number) => unknown }
  stream(): MusicFormStream
}
