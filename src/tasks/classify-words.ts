import { CharacterGrams } from '../data/character-grams.js'
import type { Vocabulary } from '../data/vocabulary.js'
import { WordFeatures } from '../data/word-features.js'
import { Words } from '../data/words.js'
import type { Random } from '../random/index.js'
import type { ClassifySettings } from './classify-settings.js'
import type { Decided } from './settings.js'

type TextSettings = Decided<ClassifySettings>['text']

/** A text as a network reads it: for each word the rows of the embedding table that stand for it. */
export type WordRows = readonly Int32Array[]

/** Turns texts into the rows of an embedding table, at most `longest` words of each. */
export class WordReader {
  constructor(
    readonly words: Words,
    readonly features: WordFeatures,
    readonly longest: number,
  ) {}

  /** A reader of the words of a vocabulary and their pieces. */
  static of(vocabulary: Vocabulary, text: TextSettings): WordReader {
    const { gramBuckets: buckets, shortestGram: shortest, longestGram: longest } = text
    const grams = new CharacterGrams({ buckets, shortest, longest })
    return new WordReader(wordsOf(text), new WordFeatures(vocabulary, grams), text.longest)
  }

  /** The reader whose features `toJSON` wrote down; `where` names their place for the `DataError` thrown when they are damaged. */
  static fromJSON(features: unknown, text: TextSettings, where: string): WordReader {
    return new WordReader(wordsOf(text), WordFeatures.fromJSON(features, where), text.longest)
  }

  /** At least one word: a text without any is one unknown word. */
  read(text: string): WordRows {
    const words = this.words.of(text)
    if (words.length === 0) return [this.features.of('')]
    return words.slice(0, this.longest).map((word) => this.features.of(word))
  }
}

/** How texts are cut into words. */
export function wordsOf({ lowerCase, digits }: Pick<TextSettings, 'lowerCase' | 'digits'>): Words {
  return new Words({ lowerCase, digits })
}

/**
 * The same words with some of them made unknown, each with probability `rate`: what is left of such a word are its n-grams and
 * its neighbours, so the network learns to do without it.
 */
export function hideWords(text: WordRows, rate: number, random: Random): WordRows {
  if (rate === 0) return text
  return text.map((rows) => (random.uniform() < rate ? unknown(rows) : rows))
}

function unknown(rows: Int32Array): Int32Array {
  const hidden = rows.slice()
  hidden[0] = 0
  return hidden
}
