import { pieceOf } from '../data/check-piece.js'
import { type Piece, type Roll, rollOf } from '../data/piece.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import type { NoteFloors } from '../metrics/note-floors.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { type ComposedMusic, type ComposeOptions, compose } from './music-compose.js'
import { evaluateMusic } from './music-evaluation.js'
import type { MusicForm, NextNote } from './music-form.js'
import type { MusicSettings } from './music-settings.js'
import { MusicStream } from './music-stream.js'
import type { Decided } from './settings.js'
import type { Evaluation, InspectionOptions, TaskModel } from './task.js'

/** The parts of a music model. */
export interface MusicModelParts {
  readonly form: MusicForm
  /** Two simple rules that it is compared with. */
  readonly floors: NoteFloors
  readonly settings: Decided<MusicSettings>
  /** Whether the sustain pedal was heeded in the MIDI files it has learned from. */
  readonly sustain?: boolean | undefined
}

/** A piece as callers give it: a list of steps of MIDI pitches, `{ steps }` or `{ notes }` with times in beats. */
export type GivenPiece = Piece | readonly (readonly number[])[]

/** How probable a model finds a piece. */
export interface MusicScore {
  readonly steps: number
  /** -log P of a step in nats, the mean over all of them. */
  readonly nll: number
}

/** The steps under the pictures of an inspection, at most. */
const LONGEST_INSPECTED = 1000

/**
 * A trained model of the task `music`: it goes on with pieces, and says how probable they are and what may come next.
 *
 * ```ts
 * const { notes } = model.compose({ primer: [[60, 64, 67], [60, 65, 69]], steps: 32, temperature: 0.9 })
 * model.score([[60, 64, 67], [59, 62, 67]]).nll
 * ```
 */
export class MusicModel implements TaskModel<Piece, GivenPiece> {
  readonly task = 'music'
  readonly form: MusicForm
  readonly floors: NoteFloors
  readonly settings: Decided<MusicSettings>
  readonly sustain: boolean | undefined

  constructor({ form, floors, settings, sustain }: MusicModelParts) {
    this.form = form
    this.floors = floors
    this.settings = settings
    this.sustain = sustain
  }

  get engine(): Engine {
    return this.form.network.engine
  }

  /** Later MIDI files are read with or without the pedal, as those were that it has learned from. */
  get readAs(): { readonly sustain?: boolean } {
    return this.sustain === undefined ? {} : { sustain: this.sustain }
  }

  /** Weights by their PyTorch names. */
  parameters(): Record<string, Tensor> {
    return this.form.network.parameters()
  }

  /** Goes on with a primer, or begins a piece. Throws a `UsageError` for an option out of range. */
  compose(options: ComposeOptions = {}): ComposedMusic {
    return compose(this, options)
  }

  /** How probable a piece is. Throws a `DataError` for something that is none. */
  score(piece: GivenPiece): MusicScore {
    const [losses] = this.form.stepLosses([this.roll(piece)])
    return { steps: losses.length, nll: losses.reduce((sum, loss) => sum + loss, 0) / losses.length }
  }

  /** What may come behind a piece, the most probable first; `top` limits how many. */
  next(piece: GivenPiece, { top = 10 }: { readonly top?: number } = {}): NextNote[] {
    const stream = this.form.stream()
    try {
      stream.read(this.roll(piece))
      return stream.next(top)
    } finally {
      stream.dispose()
    }
  }

  /** Reads steps as they come; after each it can say what may come next, or draw it. */
  stream(): MusicStream {
    return new MusicStream(this.form.stream())
  }

  /** Nats per step beside two simple rules. */
  evaluate(rows: readonly Piece[]): Evaluation {
    return evaluateMusic(this, rows)
  }

  /** How probable a piece is, and what may come next. */
  answer(piece: GivenPiece): JsonObject {
    const next = this.next(piece, { top: 5 }).map(({ name, probability }) => ({ name, probability }))
    return { ...this.score(piece), next }
  }

  /** What happens inside while it reads a piece, of which the first thousand steps are looked at. */
  inspect(piece: GivenPiece, { title = 'a piece', ...options }: InspectionOptions = {}): Inspection {
    const { names, run } = this.form.run(this.roll(piece), LONGEST_INSPECTED)
    return inspectSequence(this.form.network, run, { ...options, title, steps: names })
  }

  /** A piece on the model's grid of steps. Throws a `DataError` for something that is none. */
  roll(piece: GivenPiece): Roll {
    return rollOf(pieceOf(piece, 'the piece'), this.settings.notes.stepsPerBeat)
  }

  store(): Pick<StoredModel, 'tensors' | 'config'> {
    const { settings, floors, readAs } = this
    const config = { task: this.task, settings, baselines: floors.rates, read: readAs }
    return {
      tensors: storeWeights(this.parameters()),
      config: JSON.parse(JSON.stringify(config)) as JsonObject,
    }
  }

  /** Releases the weights; the engine stays. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters())) parameter.dispose()
  }
}
