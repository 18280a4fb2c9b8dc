import { trainBytePairs } from '../data/byte-pair-training.js'
import { CharacterTokenizer, tokenizerFromJSON, WordTokenizer } from '../data/text-tokenizers.js'
import type { Tokenizer } from '../data/tokenizer.js'
import { DataError } from '../errors.js'
import type { Decided } from './settings.js'
import type { TranscribeSettings } from './transcribe-settings.js'

const BLANK = '<blank>'
const START = '<s>'
const END = '</s>'
/** What tokenizers of characters and words have for all that they do not know. */
const UNKNOWN = '<unk>'

/** What a transcriber writes: tokens, the blank of CTC, and the ends that a decoder with attention needs. */
export class WrittenTokens {
  readonly blank: number
  readonly start: number
  readonly end: number

  /** Throws a `DataError` for a tokenizer without these tokens. */
  constructor(
    readonly tokenizer: Tokenizer,
    readonly lowerCase: boolean,
  ) {
    const [blank, start, end] = [BLANK, START, END].map((name) => {
      const id = tokenizer.id(name)
      if (id === undefined) throw new DataError(`tokenizer: expected a token ${name}`)
      return id
    })
    this.blank = blank
    this.start = start
    this.end = end
  }

  /** How many classes a step has. */
  get size(): number {
    return this.tokenizer.size
  }

  /** A text as it is written and compared: one blank between words, in lower case where the settings say so. */
  plain(text: string): string {
    const joined = text.trim().replace(/\s+/g, ' ')
    return this.lowerCase ? joined.toLowerCase() : joined
  }

  ids(text: string): Int32Array {
    return this.tokenizer.encode(this.plain(text)).ids
  }

  text(ids: ArrayLike<number>): string {
    return this.plain(this.tokenizer.decode(ids))
  }

  /** Classes that write nothing by themselves: unknown tokens and those that begin and end a text. */
  get unwritten(): readonly number[] {
    const { tokenizer, blank } = this
    const special = (id: number) => tokenizer.specials.includes(tokenizer.token(id) ?? '')
    return Array.from({ length: this.size }, (_, id) => id).filter(
      (id) => id !== blank && (special(id) || tokenizer.token(id) === UNKNOWN),
    )
  }

  /** Whether each token is a word. */
  get separate(): boolean {
    return this.tokenizer instanceof WordTokenizer
  }

  /** What one token writes, blanks included. */
  piece(id: number): string {
    return this.tokenizer.decode([id])
  }

  /** What each class writes, for a search that knows words: of words each with the blank behind it. */
  get labels(): string[] {
    const behind = this.separate ? ' ' : ''
    const silent = [this.blank, ...this.unwritten]
    return Array.from({ length: this.size }, (_, id) =>
      silent.includes(id) || this.piece(id) === '' ? '' : this.piece(id) + behind,
    )
  }
}

/** Learns what is written from the training texts. */
export function writtenTokens(
  texts: readonly string[],
  settings: Decided<TranscribeSettings>['text'],
): WrittenTokens {
  const { unit, lowerCase, pieces: size } = settings
  const read = lowerCase ? texts.map((text) => text.toLowerCase()) : texts
  const specials = [BLANK, START, END]
  const kinds = {
    characters: () => CharacterTokenizer.train(read, { specials }),
    words: () => WordTokenizer.train(read, { specials, lowerCase, boundaries: 'blanks' }),
    pieces: () => trainBytePairs(read, { size, specials }),
  }
  return new WrittenTokens(kinds[unit](), lowerCase)
}

/** The tokens that `toJSON` of the tokenizer wrote down; `where` names the place in errors. */
export function writtenFromJSON(json: unknown, lowerCase: boolean, where: string): WrittenTokens {
  return new WrittenTokens(tokenizerFromJSON(json, `${where}: tokenizer`), lowerCase)
}
