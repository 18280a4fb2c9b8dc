import { UsageError } from '../errors.js'
import { bytePairsFromJSON, bytePairsToJSON, type TokenizerJson } from './byte-pair-json.js'
import { piecesOf, sectionsOf, specialPattern } from './byte-pair-pieces.js'
import { byteCharacters, byteOffsets, bytesOfToken } from './bytes.js'
import { Heap } from './heap.js'
import { type EncodedText, EncodingBuilder, type Tokenizer } from './tokenizer.js'

/** What else belongs to a byte-pair vocabulary. */
export interface BytePairParts {
  /** The tokens that stand for no text. */
  readonly specials?: readonly string[]
  /** Whether texts are read as if a blank stood before them (default false). */
  readonly prefixBlank?: boolean
}

/** How a text is encoded. */
export interface BytePairEncodeOptions {
  /** Whether the names of special tokens in the text mean these tokens (default true); false takes them for plain text. */
  readonly specials?: boolean
}

/** Longer pieces are not remembered. */
const LONGEST_REMEMBERED = 64
const REMEMBERED = 50_000

/**
 * Byte-level byte-pair encoding, as GPT-2 uses it: texts become bytes, and frequent neighbours were merged into tokens. No
 * text is unknown, since every byte is a token too, and decoding gives the text back exactly.
 *
 * The JSON is a Hugging Face `tokenizer.json`; other programs give the same ids with it.
 *
 * Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"; Radford et al. 2019 (bytes).
 *
 * @example
 * const tokenizer = trainBytePairs(['low lower lowest', 'new newer newest'], { size: 300, specials: ['<s>'] })
 * const { ids, starts, ends } = tokenizer.encode('newest')
 * tokenizer.decode(ids)   // 'newest'
 */
export class BytePairs implements Tokenizer {
  readonly specials: readonly string[]
  readonly prefixBlank: boolean
  readonly #ids: Map<string, number>
  readonly #ranks: ReadonlyMap<number, number>
  /** The token that each merge makes. */
  readonly #results: Int32Array
  readonly #symbols: Int32Array
  readonly #bytes: readonly Uint8Array[]
  readonly #pattern: RegExp | undefined
  readonly #encoder = new TextEncoder()
  readonly #remembered = new Map<string, Int32Array>()

  /**
   * `tokens[i]` has id i (bytes written as in `byteCharacters`); `merges` are pairs of ids, the first to be made first.
   *
   * Throws `UsageError` when a token is there twice, a byte has none, or a merge makes none of the tokens.
   */
  constructor(
    readonly tokens: readonly string[],
    readonly merges: readonly (readonly [number, number])[],
    { specials = [], prefixBlank = false }: BytePairParts = {},
  ) {
    this.specials = specials
    this.prefixBlank = prefixBlank
    this.#ids = new Map(tokens.map((token, id) => [token, id]))
    if (this.#ids.size < tokens.length) throw new UsageError('BytePairs: expected different tokens')
    this.#symbols = Int32Array.from(byteCharacters, (character) => this.#required(character))
    this.#ranks = new Map(merges.map(([left, right], rank) => [left * tokens.length + right, rank]))
    this.#results = Int32Array.from(merges, ([left, right]) => this.#required(tokens[left] + tokens[right]))
    const isSpecial = new Set(specials.map((token) => this.#required(token)))
    this.#bytes = tokens.map((token, id) =>
      isSpecial.has(id) ? new Uint8Array() : (bytesOfToken(token) ?? this.#encoder.encode(token)),
    )
    this.#pattern = specialPattern(specials)
  }

  #required(token: string): number {
    const id = this.#ids.get(token)
    if (id === undefined)
      throw new UsageError(`BytePairs: expected a token ${JSON.stringify(token)}, found none`)
    return id
  }

  /**
   * The tokenizer in a `tokenizer.json`, written by `toJSON` or by Hugging Face's tools.
   *
   * Throws `DataError`, beginning with `where`, when it is damaged or of a kind other than byte-level BPE.
   */
  static fromJSON(json: unknown, where: string): BytePairs {
    const { tokens, merges, ...parts } = bytePairsFromJSON(json, where)
    return new BytePairs(tokens, merges, parts)
  }

  /** The tokenizer as the object that a `tokenizer.json` holds. */
  toJSON(): TokenizerJson {
    return bytePairsToJSON(this)
  }

  get size(): number {
    return this.tokens.length
  }

  id(token: string): number | undefined {
    return this.#ids.get(token)
  }

  token(id: number): string | undefined {
    return this.tokens[id]
  }

  /**
   * The ids of a text and their places in it. A token that begins or ends inside a character (one of several bytes) has
   * the place of the whole character. Half surrogate pairs become U+FFFD.
   */
  encode(text: string, { specials = true }: BytePairEncodeOptions = {}): EncodedText {
    const builder = new EncodingBuilder()
    for (const section of sectionsOf(text, specials ? this.#pattern : undefined)) {
      const { start } = section
      if (section.special) builder.add(this.#required(section.text), start, start + section.text.length)
      else this.#encodeSection(section.text, start, builder)
    }
    return builder.build()
  }

  #encodeSection(text: string, start: number, builder: EncodingBuilder): void {
    const prefixed = this.prefixBlank && !text.startsWith(' ')
    let place = prefixed ? start - 1 : start
    for (const piece of piecesOf(prefixed ? ` ${text}` : text)) {
      const ids = this.#idsOf(piece)
      let bytes = 0
      for (const id of ids) bytes += this.#bytes[id].length
      const offsets = bytes === piece.length ? undefined : byteOffsets(piece, bytes) // ASCII needs none
      let byte = 0
      for (const id of ids) {
        const first = offsets?.starts[byte] ?? byte
        byte += this.#bytes[id].length
        const end = offsets?.ends[byte - 1] ?? byte
        builder.add(id, Math.max(start, place + first), Math.max(start, place + end))
      }
      place += piece.length
    }
  }

  #idsOf(piece: string): Int32Array {
    const known = this.#remembered.get(piece)
    if (known !== undefined) return known
    const ids = this.#merged(Int32Array.from(this.#encoder.encode(piece), (byte) => this.#symbols[byte]))
    if (piece.length <= LONGEST_REMEMBERED) {
      if (this.#remembered.size >= REMEMBERED) this.#remembered.clear()
      this.#remembered.set(piece, ids)
    }
    return ids
  }

  /** Merges the pair of the lowest rank, the leftmost of equal ones, until none is left; a queue keeps this fast for long pieces. */
  #merged(ids: Int32Array): Int32Array {
    const next = Int32Array.from(ids, (_, i) => i + 1)
    const previous = Int32Array.from(ids, (_, i) => i - 1)
    const gone = new Uint8Array(ids.length)
    const queue = new Heap<{ rank: number; place: number }>(
      (a, b) => a.rank < b.rank || (a.rank === b.rank && a.place < b.place),
    )
    const rankAt = (place: number) => {
      const after = next[place]
      return after < ids.length ? this.#ranks.get(ids[place] * this.size + ids[after]) : undefined
    }
    const enqueue = (place: number) => {
      const rank = rankAt(place)
      if (rank !== undefined) queue.push({ rank, place })
    }
    for (let place = 0; place < ids.length; place++) enqueue(place)
    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      const { rank, place } = top
      if (gone[place] || rankAt(place) !== rank) continue // merged with something else meanwhile
      const after = next[place]
      ids[place] = this.#results[rank]
      gone[after] = 1
      next[place] = next[after]
      if (next[after] < ids.length) previous[next[after]] = place
      enqueue(place)
      if (previous[place] >= 0) enqueue(previous[place])
    }
    return ids.filter((_, place) => !gone[place])
  }

  decode(ids: ArrayLike<number>): string {
    const parts = Array.from(ids, (id) => {
      const bytes = this.#bytes[id]
      if (bytes === undefined)
        throw new UsageError(`BytePairs: expected ids from 0 to ${this.size - 1}, got ${id}`)
      return bytes
    })
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
    let place = 0
    for (const part of parts) {
      all.set(part, place)
      place += part.length
    }
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(all)
    return this.prefixBlank && text.startsWith(' ') ? text.slice(1) : text
  }
}
