import { UsageError } from '../errors.js'
import { Embedding } from '../layers/embedding.js'
import { EmbeddingBag } from '../layers/embedding-bag.js'
import type { LayerOptions, TokenLayer, TokenStepper } from '../layers/index.js'
import type { Tensor } from '../tensor/index.js'
import { concat, gatherRows } from '../tensor/index.js'
import { embedSequences } from './embed-sequences.js'
import { prefixed } from './model.js'
import { type Spelling, type SpellingName, spellingNamed } from './spelling.js'

/** A word as an encoder reads it. Words of equal spelling should share one `characters` array: each array is read once per batch. */
export interface EncodedWord {
  /** Rows of the word table whose sum stands for the word: its own, and those of its pieces if it has any. */
  readonly rows: Int32Array
  /** Its spelling, at least one character. */
  readonly characters: Int32Array
}

/** How a word encoder reads spellings. */
export interface CharacterOptions {
  /** Rows and columns of the character table. */
  count: number
  size: number
  /** By a recurrent layer in both directions (default) or a convolution. */
  reader?: SpellingName
  /** The cell of the recurrent layer. */
  cell: string
  /** Units of a direction; a convolution has twice as many filters. */
  units: number
}

/** How a word encoder is made. */
export interface WordEncoderOptions extends LayerOptions {
  /** Rows and columns of the word table. */
  words: { count: number; size: number }
  /** How spellings are read; left out, only the word table is used. */
  characters?: CharacterOptions
}

/**
 * The vector of a word from what it is and how it is spelt: the sum of its rows of a table, and beside it what a recurrent layer or a
 * convolution makes of its characters. What is spelt alike gets like vectors, known or not.
 *
 * ```ts
 * const encoder = new WordEncoder({
 *   engine, random, words: { count: 5000, size: 100 }, characters: { count: 80, size: 25, cell: 'lstm', units: 25 },
 * })
 * encoder.forward([{ rows: Int32Array.of(17), characters: Int32Array.of(4, 9, 2) }]) // [1, 150]
 * ```
 */
export class WordEncoder implements TokenLayer<EncodedWord> {
  readonly size: number
  readonly words: EmbeddingBag
  readonly characters: { readonly table: Embedding; readonly spelling: Spelling } | undefined

  /** Throws a `UsageError` for an unknown cell or reader or a size that is no positive whole number. */
  constructor({ engine, random, words, characters }: WordEncoderOptions) {
    const part = (name: string): LayerOptions => ({ engine, random: random.split(name) })
    // Sums of small numbers, as for classifiers: a word's own row is not lost among its pieces.
    this.words = new EmbeddingBag(words.count, words.size, { ...part('words'), mode: 'sum', deviation: 0.1 })
    this.characters = characters && {
      table: new Embedding(characters.count, characters.size, { ...part('table'), deviation: 0.3 }),
      spelling: spellingNamed(characters.reader ?? 'recurrent', {
        ...part('characters'),
        inputSize: characters.size,
        cell: characters.cell,
        units: characters.units,
      }),
    }
    this.size = words.size + (this.characters?.spelling.size ?? 0)
  }

  /** `words.weight`, `table.weight`, `characters.weight_ih_l0` … */
  parameters(): Record<string, Tensor> {
    return {
      ...prefixed('words', this.words.parameters()),
      ...(this.characters && {
        ...prefixed('table', this.characters.table.parameters()),
        ...prefixed('characters', this.characters.spelling.parameters()),
      }),
    }
  }

  /** [words, size]. Throws a `UsageError` for a row or a character that is not in its table and for a word without characters. */
  forward(tokens: ArrayLike<EncodedWord>): Tensor {
    const words = Array.from(tokens)
    const known = this.words.forward(words.map(({ rows }) => rows))
    if (this.characters === undefined) return known
    return concat([known, this.#spelt(words, this.characters)], 1)
  }

  stepper(): TokenStepper<EncodedWord> {
    const { engine } = this.words.weight
    const output = engine.persistent([1, this.size])
    return {
      output,
      push: (word) =>
        engine.withoutRecording(() => engine.scope(() => output.data.set(this.forward([word]).data))),
      dispose: () => output.dispose(),
    }
  }

  #spelt(words: readonly EncodedWord[], { table, spelling }: NonNullable<WordEncoder['characters']>): Tensor {
    const places = new Map<Int32Array, number>()
    for (const { characters } of words) if (!places.has(characters)) places.set(characters, places.size)
    const spellings = [...places.keys()]
    if (spellings.some(({ length }) => length === 0))
      throw new UsageError('word encoder: got a word without characters; expected at least one')
    const states = spelling.forward(embedSequences(table, spellings))
    return gatherRows(
      states,
      states.engine.indices(words.map(({ characters }) => places.get(characters) ?? 0)),
    )
  }
}
