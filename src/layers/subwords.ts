import { UsageError } from '../errors.js'

/** How words are taken apart. */
export interface SubwordOptions {
  /** Words with a row of their own: rows 0 to words - 1. */
  words: number
  /** Rows that the n-grams share by their hash: rows words to words + buckets - 1. */
  buckets: number
  /** Characters of the shortest n-gram; 3 by default. */
  minimum?: number
  /** Characters of the longest n-gram; 5 by default. */
  maximum?: number
}

/**
 * The rows of an `EmbeddingBag` that stand for a word: its own, if it has one, and those of its character n-grams, hashed into buckets.
 * The word is put between `<` and `>` first, so that beginnings and ends differ from middles. A word that was never seen still has its
 * n-grams: it is placed near words that look like it.
 *
 * Source: Bojanowski et al. (2017), "Enriching word vectors with subword information"; the hash is FNV-1a over UTF-8 as in fastText.
 *
 * ```ts
 * const rows = new SubwordRows({ words: 1000, buckets: 2000 })
 * rows.of('cat', 17) // row 17 and those of <ca, cat, at>, <cat, cat>
 * ```
 */
export class SubwordRows {
  /** The rows the table needs. */
  readonly count: number
  readonly #words: number
  readonly #buckets: number
  readonly #minimum: number
  readonly #maximum: number

  constructor({ words, buckets, minimum = 3, maximum = 5 }: SubwordOptions) {
    for (const [name, value, least] of [
      ['words', words, 0],
      ['buckets', buckets, 1],
      ['minimum', minimum, 1],
      ['maximum', maximum, minimum],
    ] as const)
      if (!Number.isInteger(value) || value < least)
        throw new UsageError(`subwords: ${name} is ${value}; expected a whole number of at least ${least}`)
    this.#words = words
    this.#buckets = buckets
    this.#minimum = minimum
    this.#maximum = maximum
    this.count = words + buckets
  }

  /** The rows of a word whose own row is `index`; -1 for a word without one. Throws a `UsageError` for other indices. */
  of(word: string, index: number): Int32Array {
    if (!Number.isInteger(index) || index < -1 || index >= this.#words)
      throw new UsageError(`subwords: got index ${index}; expected -1 to ${this.#words - 1}`)
    const characters = Array.from(`<${word}>`, (character) => encoder.encode(character))
    const rows = index < 0 ? [] : [index]
    for (let begin = 0; begin < characters.length; begin++) {
      let hash = fnvOffset
      const last = Math.min(characters.length, begin + this.#maximum)
      for (let end = begin; end < last; end++) {
        hash = extendHash(hash, characters[end])
        if (end - begin + 1 >= this.#minimum) rows.push(this.#words + (hash % this.#buckets))
      }
    }
    return Int32Array.from(rows)
  }
}

const encoder = new TextEncoder()
const fnvOffset = 0x811c9dc5
const fnvPrime = 0x01000193

// fastText widens each byte with its sign before it is mixed in.
function extendHash(hash: number, bytes: Uint8Array): number {
  let mixed = hash
  for (const byte of bytes) mixed = Math.imul(mixed ^ ((byte << 24) >> 24), fnvPrime)
  return mixed >>> 0
}
