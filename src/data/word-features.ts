import { CharacterGrams, type GramOptions } from './character-grams.js'
import { problem, shown } from './problem.js'
import { Vocabulary, type VocabularyJson } from './vocabulary.js'

/** For each of some words, the rows of an embedding table whose weighted sum stands for it (the `embeddingBag` operation). */
export interface Bag {
  /** The rows of all words, one word after the other. */
  readonly indices: Int32Array
  /** [words + 1]: word w owns `indices` from `offsets[w]` to `offsets[w + 1]`. */
  readonly offsets: Int32Array
  /** One weight per index. */
  readonly weights: Float32Array
}

/** Word features as plain JSON. */
export interface WordFeaturesJson extends VocabularyJson {
  readonly grams: Required<GramOptions>
}

const REMEMBERED = 50_000

/**
 * Words as rows of one embedding table: its first `vocabulary.size` rows are words (row 0 any unknown one), the rest are
 * hashed character n-grams. A word is the mean of its own row and the rows of its pieces, so that an unknown word, a typing
 * error or an inflection is near the words that look like it.
 *
 * @example
 * const features = new WordFeatures(Vocabulary.of([['play', 'music']]), new CharacterGrams({ buckets: 100 }))
 * features.rows                       // 103: unknown, play, music, and 100 buckets
 * features.of('playing')[0]           // 0: not a word of the vocabulary; its pieces <pl, pla, … follow
 */
export class WordFeatures {
  /** How many rows the embedding table needs. */
  readonly rows: number
  readonly #remembered = new Map<string, Int32Array>()

  constructor(
    readonly vocabulary: Vocabulary,
    readonly grams: CharacterGrams = new CharacterGrams(),
  ) {
    this.rows = vocabulary.size + grams.options.buckets
  }

  /** The rows of a word: its own (0 when unknown), then those of its pieces. */
  of(word: string): Int32Array {
    const known = this.#remembered.get(word)
    if (known !== undefined) return known
    const pieces = this.grams.of(word)
    const rows = new Int32Array(pieces.length + 1)
    rows[0] = this.vocabulary.id(word)
    for (let i = 0; i < pieces.length; i++) rows[i + 1] = this.vocabulary.size + pieces[i]
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear()
    this.#remembered.set(word, rows)
    return rows
  }

  /**
   * The rows and equal weights of some words. Where `hidden` says so the word's own row is the unknown one: training that
   * hides words now and then (word dropout) teaches the model to rely on pieces and neighbours.
   */
  bag(words: readonly string[], hidden?: (index: number) => boolean): Bag {
    const rows = words.map((word) => this.of(word))
    const offsets = new Int32Array(words.length + 1)
    for (let i = 0; i < rows.length; i++) offsets[i + 1] = offsets[i] + rows[i].length
    const indices = new Int32Array(offsets[words.length])
    const weights = new Float32Array(offsets[words.length])
    for (let i = 0; i < rows.length; i++) {
      indices.set(rows[i], offsets[i])
      if (hidden?.(i) === true) indices[offsets[i]] = Vocabulary.unknown
      weights.fill(1 / rows[i].length, offsets[i], offsets[i + 1])
    }
    return { indices, offsets, weights }
  }

  toJSON(): WordFeaturesJson {
    return { ...this.vocabulary.toJSON(), grams: this.grams.options }
  }

  /** The features that `toJSON` wrote down; `where` names their place for the `DataError` thrown when they are damaged. */
  static fromJSON(json: unknown, where: string): WordFeatures {
    const vocabulary = Vocabulary.fromJSON(json, where)
    const grams: unknown =
      typeof json === 'object' && json !== null && 'grams' in json ? json.grams : undefined
    return new WordFeatures(vocabulary, new CharacterGrams(gramsFrom(grams, where)))
  }
}

function gramsFrom(json: unknown, where: string): Required<GramOptions> {
  const number = (name: string, minimum: number): number => {
    const value: unknown = Object.entries(json ?? {}).find(([key]) => key === name)?.[1]
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < minimum)
      throw problem(where, 0, `a whole number of at least ${minimum} under "grams.${name}"`, shown(value))
    return value
  }
  const shortest = number('shortest', 1)
  return { buckets: number('buckets', 0), shortest, longest: number('longest', shortest) }
}
