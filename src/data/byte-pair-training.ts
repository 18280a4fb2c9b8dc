import { UsageError } from '../errors.js'
import { piecesOf, sectionsOf, specialPattern } from './byte-pair-pieces.js'
import { BytePairs } from './byte-pairs.js'
import { byteCharacters } from './bytes.js'
import { Heap } from './heap.js'
import { tally } from './vocabulary.js'

/** What a byte-pair vocabulary is to be like. */
export interface BytePairOptions {
  /** How many tokens there shall be at most: special ones, the 256 bytes and merges. */
  readonly size: number
  /** Pairs seen less often are not merged (default 2). */
  readonly minimumCount?: number
  /** Tokens that stand for no text, such as `<s>`; they get the first ids. Where a training text holds one, it is left out. */
  readonly specials?: readonly string[]
}

/** Sizes above this would overflow the keys of pairs. */
const LARGEST = 2 ** 24

/**
 * Learns a byte-pair vocabulary from texts that come one after the other, so that a corpus larger than memory can be read
 * as a stream: only its different words are kept.
 *
 * @example
 * const training = new BytePairTraining({ size: 8000, specials: ['<s>'] })
 * for await (const line of lines) training.add(line)
 * const tokenizer = training.finish()
 */
export class BytePairTraining {
  readonly #counts = new Map<string, number>()
  readonly #options: Required<BytePairOptions>
  readonly #specials: RegExp | undefined

  constructor({ size, minimumCount = 2, specials = [] }: BytePairOptions) {
    const least = 256 + specials.length
    if (!Number.isSafeInteger(size) || size < least || size > LARGEST)
      throw new UsageError(
        `BytePairs: size must be a whole number from ${least} (256 bytes and ${specials.length} special tokens) to 2^24, got ${size}`,
      )
    for (const [index, token] of specials.entries())
      if (token === '' || byteCharacters.includes(token) || specials.indexOf(token) < index)
        throw new UsageError(
          `BytePairs: special tokens must be different and longer than a character, got ${JSON.stringify(token)}`,
        )
    this.#options = { size, minimumCount: Math.max(1, minimumCount), specials }
    this.#specials = specialPattern(specials)
  }

  /** Counts the words of a text. */
  add(text: string): void {
    for (const section of sectionsOf(text, this.#specials))
      if (!section.special) for (const piece of piecesOf(section.text)) tally(this.#counts, piece)
  }

  /** Merges pairs and gives the tokenizer. */
  finish(): BytePairs {
    const { size, minimumCount, specials } = this.#options
    const alphabet = [...byteCharacters].sort()
    const merging = new Merging([...specials, ...alphabet], specials.length, this.#counts)
    while (merging.tokens.length < size) if (!merging.next(minimumCount)) break
    return new BytePairs(merging.tokens, merging.merges, { specials })
  }
}

/**
 * Learns a byte-pair vocabulary from texts, as `BytePairTraining` does from a stream. The same texts in any order give the same
 * tokenizer. Throws `UsageError` for a size below 256 plus the special tokens, and for special tokens that are not different.
 *
 * @example
 * const tokenizer = trainBytePairs(lines, { size: 8000, specials: ['<s>', '</s>'] })
 */
export function trainBytePairs(texts: Iterable<string>, options: BytePairOptions): BytePairs {
  const training = new BytePairTraining(options)
  for (const text of texts) training.add(text)
  return training.finish()
}

/** A pair of symbols and how often it was seen when this was written down. */
interface Candidate {
  readonly pair: number
  readonly count: number
}

/** Pairs as numbers, ordered as (left, right). */
const pairOf = (left: number, right: number) => left * LARGEST + right

/**
 * The merging loop: the most frequent pair of neighbouring symbols becomes a symbol, again and again. Of equally frequent pairs
 * the one with the lower left id is first, then that with the lower right id, so the result does not depend on the order
 * of the texts. Only words that hold the pair are looked at, and the pairs wait in a priority queue, so that the time grows about
 * as the number of different words and not as its product with the vocabulary.
 *
 * Source: Sennrich et al. 2016; the queue with late updates and the ties as in Hugging Face's tokenizers.
 */
class Merging {
  readonly merges: [number, number][] = []
  readonly #ids: Map<string, number>
  readonly #words: Int32Array[] = []
  readonly #wordCounts: number[] = []
  readonly #pairCounts = new Map<number, number>()
  /** The words that hold a pair; some may have lost it since. */
  readonly #places = new Map<number, number[]>()
  readonly #queue = new Heap<Candidate>(
    (a, b) => a.count > b.count || (a.count === b.count && a.pair < b.pair),
  )

  constructor(
    readonly tokens: string[],
    readonly specials: number,
    pieces: ReadonlyMap<string, number>,
  ) {
    this.#ids = new Map(tokens.map((token, id) => [token, id]))
    const encoder = new TextEncoder()
    const symbols = byteCharacters.map((character) => this.#ids.get(character) ?? 0)
    for (const [piece, count] of pieces) {
      const word = this.#words.push(Int32Array.from(encoder.encode(piece), (byte) => symbols[byte])) - 1
      this.#wordCounts.push(count)
      const ids = this.#words[word]
      for (let i = 1; i < ids.length; i++) this.#change(pairOf(ids[i - 1], ids[i]), count, word)
    }
    for (const [pair, count] of this.#pairCounts) this.#queue.push({ pair, count })
  }

  /** Makes the next merge, or says that no pair is frequent enough. */
  next(minimumCount: number): boolean {
    for (let top = this.#queue.pop(); top !== undefined; top = this.#queue.pop()) {
      const count = this.#pairCounts.get(top.pair) ?? 0
      if (count !== top.count) {
        if (count > 0 && count < top.count) this.#queue.push({ pair: top.pair, count })
        continue
      }
      if (count < minimumCount) return false
      const left = Math.floor(top.pair / LARGEST)
      const right = top.pair % LARGEST
      const id = this.#idOf(this.tokens[left] + this.tokens[right])
      if (id < this.specials) continue // it would be taken for the special token of that name
      this.merges.push([left, right])
      this.#replace(top.pair, left, right, id)
      return true
    }
    return false
  }

  /** Two ways may lead to one token. */
  #idOf(token: string): number {
    const known = this.#ids.get(token)
    if (known !== undefined) return known
    const id = this.tokens.push(token) - 1
    this.#ids.set(token, id)
    return id
  }

  #replace(pair: number, left: number, right: number, id: number): void {
    const before = new Map<number, number>()
    const change = (a: number, b: number, by: number, word: number) => {
      const other = pairOf(a, b)
      if (!before.has(other)) before.set(other, this.#pairCounts.get(other) ?? 0)
      this.#change(other, by, word)
    }
    const places = this.#places.get(pair) ?? []
    this.#places.delete(pair)
    for (const word of places) this.#replaceIn(word, left, right, id, change)
    for (const [other, count] of before) {
      const now = this.#pairCounts.get(other) ?? 0
      if (now > count) this.#queue.push({ pair: other, count: now })
      else if (now === 0) this.#pairCounts.delete(other)
    }
  }

  #replaceIn(
    word: number,
    left: number,
    right: number,
    id: number,
    change: (a: number, b: number, by: number, word: number) => void,
  ): void {
    const ids = this.#words[word]
    const count = this.#wordCounts[word]
    let length = 0
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] !== left || i + 1 >= ids.length || ids[i + 1] !== right) {
        ids[length++] = ids[i]
        continue
      }
      change(left, right, -count, word)
      if (length > 0) {
        change(ids[length - 1], left, -count, word)
        change(ids[length - 1], id, count, word)
      }
      if (i + 2 < ids.length) {
        change(right, ids[i + 2], -count, word)
        change(id, ids[i + 2], count, word)
      }
      ids[length++] = id
      i++
    }
    if (length < ids.length) this.#words[word] = ids.subarray(0, length)
  }

  #change(pair: number, by: number, word: number): void {
    this.#pairCounts.set(pair, (this.#pairCounts.get(pair) ?? 0) + by)
    if (by < 0) return
    const places = this.#places.get(pair)
    if (places === undefined) this.#places.set(pair, [word])
    else if (places.at(-1) !== word) places.push(word)
  }
}
