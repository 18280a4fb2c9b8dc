import { UsageError } from '../errors.js'
import type { ClassifierSnapshot, ClassifierStream } from '../models/index.js'
import type { Reals } from '../tensor/index.js'
import type { WordReader } from './classify-words.js'
import type { Prediction } from './prediction.js'

/**
 * A model that reads a text as the words come, and says what it would answer if the text ended there. Made by `model.stream()`.
 *
 * ```ts
 * const stream = model.stream()
 * stream.push('what').push('time')
 * stream.predict()                  // what it means so far
 * const other = stream.fork()       // goes on by itself
 * stream.push('is it?')
 * stream.end()                      // the answer; the stream is over
 * ```
 */
export class TextStream<Answer = Prediction> {
  readonly #reader: Pick<WordReader, 'read'>
  readonly #rank: (output: Reals) => Answer[]
  readonly #stream: ClassifierStream<Int32Array>

  /** `rank` makes answers of what the network gives for the text so far. */
  constructor(
    reader: Pick<WordReader, 'read'>,
    rank: (output: Reals) => Answer[],
    stream: ClassifierStream<Int32Array>,
  ) {
    this.#reader = reader
    this.#rank = rank
    this.#stream = stream
  }

  /** Words read so far. */
  get words(): number {
    return this.#stream.steps
  }

  /** Reads a word, or a piece of text that ends where a word ends; blanks alone change nothing. */
  push(text: string): this {
    if (typeof text !== 'string') throw new UsageError(`push: expected a text, got ${typeof text}`)
    if (text.trim() !== '') for (const word of this.#reader.read(text)) this.#stream.push(word)
    return this
  }

  /** The answers if the text ended here, the most probable first. Throws a `UsageError` before the first word. */
  predict(): Answer[] {
    return this.#rank(this.#stream.logits())
  }

  /** The answers to the whole text; ends the stream. */
  end(): Answer[] {
    return this.#rank(this.#stream.end())
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): TextStream<Answer> {
    return new TextStream(this.#reader, this.#rank, this.#stream.fork())
  }

  /** A copy of the state, to be restored any number of times. */
  snapshot(): ClassifierSnapshot {
    return this.#stream.snapshot()
  }

  /** Goes back to a state. */
  restore(snapshot: ClassifierSnapshot): void {
    this.#stream.restore(snapshot)
  }

  /** Releases its memory. */
  dispose(): void {
    this.#stream.dispose()
  }
}
