import type { TaggedExample } from '../data/tagged.js'
import type { Vocabulary } from '../data/vocabulary.js'
import type { WordFeatures } from '../data/word-features.js'
import { Words } from '../data/words.js'
import type { EncodedWord } from '../models/word-encoder.js'
import type { Random } from '../random/index.js'
import type { Decided } from './settings.js'
import type { TagSettings } from './tag-settings.js'

/** Of longer words the beginning and the end are read. */
const LONGEST_WORD = 40
const REMEMBERED = 50_000

/** A text in tokens and where they stand in it. */
export type Tokens = Pick<TaggedExample, 'tokens' | 'starts' | 'ends'>

/** Cuts texts into tokens, and turns tokens into what the network reads. */
export class TokenReader {
  readonly longest: number
  readonly #words: Words
  readonly #normal: (token: string) => string
  readonly #remembered = new Map<string, EncodedWord>()

  constructor(
    readonly features: WordFeatures,
    readonly characters: Vocabulary,
    settings: Decided<TagSettings>['text'],
  ) {
    this.longest = settings.longest
    this.#words = new Words({ lowerCase: false, boundaries: settings.boundaries })
    this.#normal = normaliser(settings)
  }

  /** The words of a text; a text without any is one word. */
  cut(text: string): Tokens {
    const places = this.#words.spans(text)
    if (places.length === 0) places.push({ word: text, start: 0, end: text.length })
    return {
      tokens: places.map(({ start, end }) => text.slice(start, end)),
      starts: places.map(({ start }) => start),
      ends: places.map(({ end }) => end),
    }
  }

  /** What the network reads of some tokens, at most `longest`. */
  read(tokens: readonly string[]): EncodedWord[] {
    return tokens.slice(0, this.longest).map((token) => this.#encoded(token))
  }

  #encoded(token: string): EncodedWord {
    const known = this.#remembered.get(token)
    if (known !== undefined) return known
    const encoded = {
      rows: this.features.of(this.#normal(token)),
      characters: this.characters.ids(charactersOf(token)),
    }
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear()
    this.#remembered.set(token, encoded)
    return encoded
  }
}

/** How a token is looked up in the word table. */
export function normaliser({
  lowerCase,
  digits,
}: Pick<TagSettings['text'], 'lowerCase' | 'digits'>): (token: string) => string {
  return (token) => {
    const cased = lowerCase ? token.toLowerCase() : token
    return digits === 'zero' ? cased.replace(/\p{Nd}/gu, '0') : cased
  }
}

/** The characters of a token that are read. */
export function charactersOf(token: string): string[] {
  // a megabyte without a blank is one token: only its ends are looked at
  const ends =
    token.length > 4 * LONGEST_WORD ? token.slice(0, LONGEST_WORD) + token.slice(-LONGEST_WORD) : token
  const characters = [...ends]
  if (characters.length <= LONGEST_WORD) return characters
  return [...characters.slice(0, LONGEST_WORD / 2), ...characters.slice(-LONGEST_WORD / 2)]
}

/** The same words with some hidden, each with probability `rate`: the network learns to do without their own rows. */
export function hideTokens(
  words: readonly EncodedWord[],
  rate: number,
  random: Random,
): readonly EncodedWord[] {
  if (rate === 0) return words
  return words.map((word) => {
    if (random.uniform() >= rate) return word
    const rows = word.rows.slice()
    rows[0] = 0
    return { rows, characters: word.characters }
  })
}

/** Whether cutting by Unicode's rules gives the tokens of at least four texts in five. */
export function cutByUnicode(examples: readonly TaggedExample[]): boolean {
  const words = new Words({ lowerCase: false })
  const equal = examples.filter(({ text, tokens, starts }) => {
    const spans = words.spans(text)
    return spans.length === tokens.length && spans.every(({ start }, i) => start === starts[i])
  })
  return equal.length >= 0.8 * examples.length
}
