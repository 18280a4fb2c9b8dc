import { trainBytePairs } from '../data/byte-pair-training.js'
import { BytePairs } from '../data/byte-pairs.js'
import { CharacterTokenizer, WordTokenizer } from '../data/text-tokenizers.js'
import type { EncodedText, Tokenizer } from '../data/tokenizer.js'
import { DataError } from '../errors.js'

/** How texts become tokens. */
export interface SideSettings {
  readonly lowerCase: boolean
  readonly boundaries: 'unicode' | 'blanks'
  readonly minimumCount: number
  readonly vocabulary: number
  /** Tokens of a vocabulary of pieces; only needed for pieces. */
  readonly pieces?: number
  readonly longest: number
  /** Whether a token ends each source; only of what is read. */
  readonly sourceEnd?: boolean
}

/** What a token may be. */
export type TokenUnit = 'characters' | 'words' | 'pieces'

const START = '<s>'
const END = '</s>'
/** What tokenizers of characters and words have for all that they do not know. */
const UNKNOWN = '<unk>'

/** A source as the encoder reads it. */
export interface Reading {
  readonly text: string
  readonly ids: Int32Array
  /** The tokens as the text writes them. */
  readonly words: readonly string[]
  /** The same with the end, `</s>`, where it is read: one for each of `ids`. */
  readonly pieces: readonly string[]
}

/** One side's texts as tokens, and the ones that begin and end them. */
export class SideTokens {
  readonly start: number
  readonly end: number

  /** Throws a `DataError` for a tokenizer without `<s>` and `</s>`. */
  constructor(
    readonly tokenizer: Tokenizer,
    readonly settings: Pick<SideSettings, 'lowerCase' | 'longest' | 'sourceEnd'>,
  ) {
    const [start, end] = [START, END].map((token) => tokenizer.id(token))
    if (start === undefined || end === undefined)
      throw new DataError(`tokenizer: expected the tokens ${START} and ${END}`)
    this.start = start
    this.end = end
  }

  /** Whether a word has other tokens behind a blank than at the beginning of a text. */
  get splitsBlanks(): boolean {
    return this.tokenizer instanceof BytePairs
  }

  /** How many tokens there are. */
  get size(): number {
    return this.tokenizer.size
  }

  /** The tokens of a text, however long, and where they stand in `textOf(text)`. */
  whole(text: string): EncodedText {
    return this.tokenizer.encode(this.textOf(text))
  }

  /** The same as far as texts are read: `longest` tokens. */
  encode(text: string): EncodedText {
    const { ids, starts, ends } = this.whole(text)
    const { longest } = this.settings
    if (ids.length <= longest) return { ids, starts, ends }
    return { ids: ids.slice(0, longest), starts: starts.slice(0, longest), ends: ends.slice(0, longest) }
  }

  /** The tokens of a text and the one that ends it. */
  ended(text: string): Int32Array {
    return Int32Array.of(...this.encode(text).ids, this.end)
  }

  /** The tokens of a source, as the encoder reads them: with the end where the settings say so, or where there is nothing else. */
  asSource(text: string): Int32Array {
    return this.#sourceOf(this.encode(text))
  }

  #sourceOf({ ids }: EncodedText): Int32Array {
    return this.settings.sourceEnd || ids.length === 0 ? Int32Array.of(...ids, this.end) : ids
  }

  /** A text as it is read: in lower case where the settings say so. */
  textOf(text: string): string {
    return this.settings.lowerCase ? text.toLowerCase() : text
  }

  /** A source as the encoder reads it, and its tokens as the text writes them. */
  reading(text: string): Reading {
    const encoded = this.encode(text)
    const ids = this.#sourceOf(encoded)
    const words = piecesOf(this.textOf(text), encoded)
    return { text, ids, words, pieces: ids.length > words.length ? [...words, END] : words }
  }

  /** The tokens of a text that is to be written, however long, and those parts of it that no token stands for. */
  written(text: string): { known: number[]; unknown: string[] } {
    const encoded = this.whole(text)
    const unknown = this.tokenizer.id(UNKNOWN)
    const ids = Array.from(encoded.ids)
    return {
      known: ids.filter((id) => id !== unknown),
      unknown: piecesOf(this.textOf(text), encoded).filter((_, i) => ids[i] === unknown),
    }
  }
}

/** Learns the tokens of texts. */
export function sideOf(texts: readonly string[], unit: TokenUnit, settings: SideSettings): SideTokens {
  const { lowerCase, boundaries, minimumCount, vocabulary: maximumSize, pieces: size = 8000 } = settings
  const read = lowerCase ? texts.map((text) => text.toLowerCase()) : texts
  const specials = [START, END]
  const kinds = {
    characters: () => CharacterTokenizer.train(read, { specials, maximumSize }),
    words: () =>
      WordTokenizer.train(read, { specials, lowerCase, boundaries, minimumCount, maximumSize, joints: true }),
    pieces: () => trainBytePairs(read, { size, specials }),
  }
  return new SideTokens(kinds[unit](), settings)
}

function piecesOf(text: string, { starts, ends }: EncodedText): string[] {
  return Array.from(starts, (start, i) => text.slice(start, ends[i]))
}
