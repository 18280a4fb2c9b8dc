import { UsageError } from '../errors.js'
import type { ClassifierSnapshot, ClassifierStream } from '../models/index.js'
import { type Prediction, softmax } from './prediction.js'
import type { TextClassifier } from './text-classifier.js'

/**
 * A text classifier that reads as the words come. Made by `model.stream()`.
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
export class TextStream {
  readonly #model: Pick<TextClassifier, 'reader' | 'ranked'>
  readonly #stream: ClassifierStream<Int32Array>

  constructor(model: Pick<TextClassifier, 'reader' | 'ranked'>, stream: ClassifierStream<Int32Array>) {
    this.#model = model
    this.#stream = stream
  }

  /** Words read so far. */
  get words(): number {
    return this.#stream.steps
  }

  /** Reads a word, or a piece of text that ends where a word ends; blanks alone change nothing. */
  push(text: string): this {
    if (typeof text !== 'string') throw new UsageError(`push: expected a text, got ${typeof text}`)
    if (text.trim() !== '') for (const word of this.#model.reader.read(text)) this.#stream.push(word)
    return this
  }

  /** The labels if the text ended here, the most probable first. Throws a `UsageError` before the first word. */
  predict(): Prediction[] {
    return this.#model.ranked(softmax(this.#stream.logits()))
  }

  /** The labels of the whole text; ends the stream. */
  end(): Prediction[] {
    return this.#model.ranked(softmax(this.#stream.end()))
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): TextStream {
    return new TextStream(this.#model, this.#stream.fork())
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
