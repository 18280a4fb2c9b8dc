import { sortedBatches } from '../data/batches.js'
import { HIGHEST_PITCH, KEYS, LOWEST_PITCH, type Roll } from '../data/piece.js'
import type { Training } from '../layers/layer.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import type { LanguageModel } from '../models/language-model.js'
import { PackedLayout, type Tensor } from '../tensor/index.js'
import { EventFormStream } from './music-event-stream.js'
import { MusicEvents } from './music-events.js'
import type { LossesInParts, MusicForm, MusicFormStream, MusicLesson } from './music-form.js'
import { cuts } from './music-roll.js'

/** A part of a piece as events, and the event before it. */
interface EventLesson extends MusicLesson {
  readonly before: number
  readonly tokens: readonly number[]
}

/** Pieces computed at once; it changes nothing but the speed. */
const BATCH = 4

/** Events one by one, as a language model reads words: what sounds together depends on each other. */
export class EventForm implements MusicForm<EventLesson> {
  constructor(
    readonly network: LanguageModel,
    readonly events: MusicEvents,
  ) {}

  lessonsOf(roll: Roll, window: number): EventLesson[] {
    const steps = this.events.of(roll)
    return cuts(steps.length, window).map(([from, to]) => {
      const tokens = steps.slice(from, to).flat()
      return { length: tokens.length, steps: to - from, before: MusicEvents.step, tokens }
    })
  }

  loss(lessons: readonly EventLesson[], shifts: readonly number[], training?: Training): Tensor {
    const moved = lessons.map((lesson, place) => this.#moved(lesson, shifts[place] ?? 0))
    const layout = PackedLayout.of(lessons.map(({ length }) => length))
    const right = this.network.engine.indices(layout.arrange(moved.map(({ tokens }) => tokens)))
    const logits = this.network.forward(layout.arrange(moved.map(inputsOf)), layout, { training })
    const sequences = lessons.reduce((sum, { steps }) => sum + steps, 0)
    return crossEntropy(logits, right, { reduction: 'sequence', sequences })
  }

  room({ tokens }: EventLesson): { down: number; up: number } {
    const pitches = tokens
      .map((token) => this.events.read(token))
      .filter(({ kind }) => kind === 'on' || kind === 'off')
      .map(({ value }) => value)
    if (pitches.length === 0) return { down: 0, up: 0 }
    return { down: Math.min(...pitches) - LOWEST_PITCH, up: HIGHEST_PITCH - Math.max(...pitches) }
  }

  stepLosses(rolls: readonly Roll[]): Float64Array[] {
    return this.#losses(rolls).all
  }

  lossesInParts(rolls: readonly Roll[]): LossesInParts | undefined {
    return this.events.velocities > 0 ? this.#losses(rolls) : undefined
  }

  #losses(rolls: readonly Roll[]): { all: Float64Array[]; loudness: Float64Array[] } {
    const all = new Array<Float64Array>(rolls.length)
    const loudness = new Array<Float64Array>(rolls.length)
    const isLoudness = (token: number) => this.events.read(token).kind === 'velocity'
    const pieces = rolls.map((roll) => this.events.of(roll))
    const lengths = pieces.map((steps) => steps.reduce((sum, { length }) => sum + length, 0))
    for (const batch of sortedBatches(lengths, BATCH)) {
      const members = Array.from(batch)
      const sequences = members.map((piece) => pieces[piece].flat())
      const each = this.#tokenLosses(sequences)
      for (const [place, piece] of members.entries()) {
        all[piece] = summedBy(pieces[piece], each[place], () => true)
        loudness[piece] = summedBy(pieces[piece], each[place], isLoudness)
      }
    }
    return { all, loudness }
  }

  run(roll: Roll, most: number) {
    const tokens = this.events.of(roll).slice(0, most).flat()
    const read = inputsOf({ tokens, before: MusicEvents.step })
    return {
      names: read.map((token) => this.events.name(token)),
      run: (copies: number) => {
        const layout = PackedLayout.of(new Int32Array(copies).fill(read.length))
        return this.network.read(layout.arrange(Array<number[]>(copies).fill(read)), layout)
      },
    }
  }

  stream(): MusicFormStream {
    const stream = this.network.stream()
    stream.push(MusicEvents.step)
    return new EventFormStream(this.events, stream)
  }

  #moved({ tokens, before }: EventLesson, semitones: number): Pick<EventLesson, 'tokens' | 'before'> {
    if (semitones === 0) return { tokens, before }
    const isKey = (token: number) => token > 0 && token <= 2 * KEYS
    return { tokens: tokens.map((token) => (isKey(token) ? token + semitones : token)), before }
  }

  /** -log P of each event of each sequence. */
  #tokenLosses(sequences: readonly (readonly number[])[]): Float64Array[] {
    const { engine } = this.network
    const layout = PackedLayout.of(sequences.map(({ length }) => length))
    const losses = sequences.map(({ length }) => new Float64Array(length))
    const inputs = sequences.map((tokens) => inputsOf({ tokens, before: MusicEvents.step }))
    engine.withoutRecording(() =>
      engine.scope(() => {
        const logits = this.network.forward(layout.arrange(inputs), layout)
        const right = engine.indices(layout.arrange(sequences))
        const { data } = crossEntropy(logits, right, { reduction: 'none' })
        layout.forEachRow((row, position, step) => {
          losses[layout.order[position]][step] = data[row]
        })
      }),
    )
    return losses
  }
}

/** What is read: the event before each. */
function inputsOf({ tokens, before }: Pick<EventLesson, 'tokens' | 'before'>): number[] {
  return [before, ...tokens.slice(0, -1)]
}

/** The losses of those events of each step that count. */
function summedBy(
  steps: readonly (readonly number[])[],
  losses: Float64Array,
  counts: (token: number) => boolean,
): Float64Array {
  let place = 0
  return Float64Array.from(steps, (events) => {
    let sum = 0
    for (const token of events) {
      const loss = losses[place++]
      if (counts(token)) sum += loss
    }
    return sum
  })
}
