import { trainBytePairs } from '../data/byte-pair-training.js'
import { BytePairs } from '../data/byte-pairs.js'
import { CharacterTokenizer, tokenizerFromJSON, WordTokenizer } from '../data/text-tokenizers.js'
import type { EncodedText, Tokenizer } from '../data/tokenizer.js'
import { DataError } from '../errors.js'
import type { Decided } from './settings.js'
import type { PairRow } from './translate-rows.js'
import type { TranslateSettings } from './translate-settings.js'

type TextSettings = Decided<TranslateSettings>['text']

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
    readonly settings: Pick<TextSettings, 'lowerCase' | 'longest' | 'sourceEnd'>,
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

/** Both sides of a translation; a shared vocabulary is one object twice. */
export interface PairTokens {
  readonly source: SideTokens
  readonly target: SideTokens
}

/** Learns the tokens of the training pairs. */
export function tokensOf(rows: readonly PairRow[], settings: TextSettings): PairTokens {
  const sources = rows.map(({ source }) => source)
  const targets = rows.map(({ target }) => target)
  if (settings.shared) {
    const both = sideOf([...sources, ...targets], settings.target, settings)
    return { source: both, target: both }
  }
  return {
    source: sideOf(sources, settings.source, settings),
    target: sideOf(targets, settings.target, settings),
  }
}

/** The tokens that `tokensToJSON` wrote down; `where` names the place in errors. */
export function tokensFromJSON(
  { source, target }: { readonly source?: unknown; readonly target?: unknown },
  settings: TextSettings,
  where: string,
): PairTokens {
  const written = new SideTokens(tokenizerFromJSON(target, `${where}: tokenizers.target`), settings)
  if (settings.shared) return { source: written, target: written }
  const read = new SideTokens(tokenizerFromJSON(source, `${where}: tokenizers.source`), settings)
  return { source: read, target: written }
}

/** Both tokenizers; of a shared one only the target. */
export function tokensToJSON({ source, target }: PairTokens): { source?: unknown; target: unknown } {
  return { ...(source !== target && { source: source.tokenizer }), target: target.tokenizer }
}

function sideOf(texts: readonly string[], unit: TextSettings['target'], settings: TextSettings): SideTokens {
  const { lowerCase, boundaries, minimumCount, vocabulary: maximumSize, pieces: size } = settings
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
