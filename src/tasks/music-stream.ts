import { pieceOf } from '../data/check-piece.js'
import type { Step } from '../data/piece.js'
import type { Random } from '../random/index.js'
import type { DrawnStep, MusicFormStream, NextNote } from './music-form.js'

/**
 * A music model that listens step by step: after each step it can say what may come next, and draw it. Made by `model.stream()`.
 *
 * ```ts
 * const stream = model.stream()
 * stream.push([60, 64, 67])
 * stream.next({ top: 3 })                 // [{ name: 'C4', probability: 0.8 }, …]
 * const other = stream.fork()             // goes on by itself
 * stream.draw(random).sounding            // the next step, drawn and read
 * ```
 */
export class MusicStream {
  readonly #stream: MusicFormStream

  constructor(stream: MusicFormStream) {
    this.#stream = stream
  }

  /** Steps read so far. */
  get steps(): number {
    return this.#stream.steps
  }

  /** Reads what sounds in the next step: MIDI pitches. Throws a `DataError` for anything else. */
  push(step: Step): this {
    const piece = pieceOf([step], 'push')
    if ('steps' in piece) this.#stream.push(piece.steps[0])
    return this
  }

  /** What may come next, the most probable first; `top` limits how many. */
  next({ top = 10 }: { readonly top?: number } = {}): NextNote[] {
    return this.#stream.next(top)
  }

  /** Draws the next step and reads it: `temperature` below 1 makes likely notes likelier, 0 takes the likeliest. */
  draw(random: Random, { temperature = 1 }: { readonly temperature?: number } = {}): DrawnStep {
    return this.#stream.draw(random, temperature)
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): MusicStream {
    return new MusicStream(this.#stream.fork())
  }

  /** A copy of the state, to be restored any number of times. */
  snapshot(): unknown {
    return this.#stream.snapshot()
  }

  /** Goes back to a state. */
  restore(snapshot: unknown): void {
    this.#stream.restore(snapshot)
  }

  /** Releases its memory. */
  dispose(): void {
    this.#stream.dispose()
  }
}
