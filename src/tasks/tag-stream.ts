import { UsageError } from '../errors.js'
import type { TaggerSnapshot, TaggerStream } from '../models/tagger-stream.js'
import type { EncodedWord } from '../models/word-encoder.js'
import type { Tagger, Tagging } from './tagger.js'

/** The state of a tag stream in plain values. */
export interface TagSnapshot {
  readonly text: string
  readonly state: TaggerSnapshot
}

/** How sure a stream has to be. */
export interface TagStreamOptions {
  /** Only spans behind which at least so many words stand; 0 by default: all. */
  readonly lookAhead?: number
}

/**
 * A tagger that reads as the words come. Made by `model.stream()`.
 *
 * It needs no look-ahead: after each word it tags all of the text so far. Later words may make it change its mind about the last ones
 * (a span may go on, and a CRF weighs whole sequences); `lookAhead` holds spans back until so many words have followed.
 *
 * ```ts
 * const stream = model.stream()
 * stream.push('from Boston').push('to')
 * stream.predict({ lookAhead: 1 }).spans // Boston: one word has followed
 * stream.push('New York')
 * stream.end()
 * ```
 */
export class TagStream {
  readonly #model: Pick<Tagger, 'reader' | 'judged'>
  readonly #stream: TaggerStream<EncodedWord>
  #text = ''

  constructor(model: Pick<Tagger, 'reader' | 'judged'>, stream: TaggerStream<EncodedWord>) {
    this.#model = model
    this.#stream = stream
  }

  /** Words read so far. */
  get words(): number {
    return this.#stream.steps
  }

  /** The text so far, its pieces joined by blanks: the places of spans count in it. */
  get text(): string {
    return this.#text
  }

  /** Reads a word, or a piece of text that ends where a word ends; blanks alone change nothing. */
  push(text: string): this {
    if (typeof text !== 'string') throw new UsageError(`push: expected a text, got ${typeof text}`)
    const piece = text.trim()
    if (piece === '') return this
    const { reader } = this.#model
    const room = Math.max(0, reader.longest - this.words)
    for (const word of reader.read(reader.cut(piece).tokens).slice(0, room)) this.#stream.push(word)
    this.#text += this.#text === '' ? piece : ` ${piece}`
    return this
  }

  /** What the text would be if it ended here. Throws a `UsageError` before the first word. */
  predict({ lookAhead = 0 }: TagStreamOptions = {}): Tagging {
    const text = this.#text
    const cut = { text, ...this.#model.reader.cut(text) }
    const [{ spans, labels }] = this.#stream.judge((output) => this.#model.judged(output, [cut]))
    return { spans: spans.filter(({ tokens: [, end] }) => end + lookAhead <= this.words), labels }
  }

  /** What the whole text is; ends the stream. */
  end(): Tagging {
    const tagging = this.predict()
    this.dispose()
    return tagging
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): TagStream {
    const copy = new TagStream(this.#model, this.#stream.fork())
    copy.#text = this.#text
    return copy
  }

  /** A copy of the state, to be restored any number of times. */
  snapshot(): TagSnapshot {
    return { text: this.#text, state: this.#stream.snapshot() }
  }

  /** Goes back to a state. Throws a `UsageError` when it is that of another model. */
  restore({ text, state }: TagSnapshot): void {
    this.#stream.restore(state)
    this.#text = text
  }

  /** Releases its memory. */
  dispose(): void {
    this.#stream.dispose()
  }
}
