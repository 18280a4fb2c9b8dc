import { sortedBatches } from '../data/batches.js'
import type { DualEncoder } from '../models/dual-encoder.js'
import type { Reals, Tensor } from '../tensor/index.js'
import type { WordReader, WordRows } from './classify-words.js'
import { checkReplies, distinctReplies, keyOf } from './reply-distinct.js'

/** Texts computed at once; it changes nothing but the speed. */
const BATCH = 64

/** The replies that a model chooses from, with their vectors, which are computed once. */
export class ReplyDictionary {
  readonly replies: readonly string[]
  readonly #reader: WordReader
  readonly #network: DualEncoder<Int32Array>
  /** The place of each reply by its key. */
  readonly #places: ReadonlyMap<string, number>
  /** A row for each reply [replies, vectorSize]. */
  readonly #vectors: Tensor

  /** Replies that read as the same words are one. Throws a `UsageError` without replies, for an empty one and for what is no text. */
  constructor(network: DualEncoder<Int32Array>, reader: WordReader, replies: readonly string[]) {
    checkReplies(replies)
    this.#network = network
    this.#reader = reader
    const trimmed = replies.map((reply) => reply.trim())
    this.replies = distinctReplies(reader, trimmed).map(({ reply }) => reply)
    this.#places = new Map(this.replies.map((reply, place) => [keyOf(reader, reply), place]))
    const rows = this.#rows(this.replies, (texts) => network.encodeReplies(texts))
    this.#vectors = network.engine.persistent([rows.length, network.size])
    this.#vectors.set(rows.flatMap((row) => Array.from(row)))
  }

  /** The place of a reply, however it is written; -1 when it is not there. */
  placeOf(reply: string): number {
    return this.#places.get(keyOf(this.#reader, reply)) ?? -1
  }

  /** scale · cosine of each message with each reply, in the order of `replies`. */
  scores(messages: readonly string[]): Float64Array[] {
    return this.#rows(messages, (texts) =>
      this.#network.scores(this.#network.encodeMessages(texts), this.#vectors),
    )
  }

  /** The same for one message, from the logits of its encoder. */
  scoresOf(logits: Reals): Float64Array {
    const { engine, size } = this.#network
    return engine.scope(() => {
      const vector = this.#network.vector(engine.tensor(logits, [1, size]))
      return Float64Array.from(this.#network.scores(vector, this.#vectors).data)
    })
  }

  /** Releases the vectors; the network stays. */
  dispose(): void {
    this.#vectors.dispose()
  }

  /** The row that `compute` gives for each text. */
  #rows(texts: readonly string[], compute: (texts: readonly WordRows[]) => Tensor): Float64Array[] {
    const read = texts.map((text) => this.#reader.read(text))
    const lengths = read.map(({ length }) => length)
    const rows = new Array<Float64Array>(texts.length)
    for (const batch of sortedBatches(lengths, BATCH))
      this.#network.engine.scope(() => {
        const { data, shape } = compute(Array.from(batch, (row) => read[row]))
        for (const [place, row] of batch.entries())
          rows[row] = Float64Array.from(data.subarray(place * shape[1], (place + 1) * shape[1]))
      })
    return rows
  }
}
