import { DataError, UsageError } from '../errors.js'
import { problem, shown } from './problem.js'

/** What decides which words are kept. */
export interface VocabularyOptions {
  /** Words seen less often are unknown (default 1: all are kept). */
  readonly minimumCount?: number
  /** At most this many words, the most frequent ones. */
  readonly maximumSize?: number
  /** Words that stand for no text, such as `<s>`: they get the ids from 1 on and count 0, whether the texts hold them or not. */
  readonly specials?: readonly string[]
}

/**
 * Counts a word once more. A word seen for the first time is copied: engines keep the whole text alive of which a string was cut out.
 */
export function tally(counts: Map<string, number>, word: string): void {
  const count = counts.get(word)
  if (count !== undefined) counts.set(word, count + 1)
  else counts.set([...word].join(''), 1)
}

/** A vocabulary as plain JSON. */
export interface VocabularyJson {
  readonly words: readonly string[]
  readonly counts: readonly number[]
  /** Those of the first words that are special. */
  readonly specials?: readonly string[]
}

/**
 * Words and their ids: 0 is any unknown word, the others follow by falling count, equal counts in the order of their
 * UTF-16 code units, so that the same texts give the same ids whatever their order.
 *
 * @example
 * const vocabulary = Vocabulary.of([['what', 'time'], ['what', 'day']])
 * vocabulary.id('what')       // 1
 * vocabulary.id('weather')    // 0
 */
export class Vocabulary {
  /** The id of every word that is not in the vocabulary. */
  static readonly unknown = 0
  readonly #ids = new Map<string, number>()

  /** `words[i]` has id i + 1 and was seen `counts[i]` times; the first words are the special ones. */
  constructor(
    readonly words: readonly string[],
    readonly counts: readonly number[],
    readonly specials: readonly string[] = [],
  ) {
    for (const [index, word] of words.entries()) this.#ids.set(word, index + 1)
  }

  /** Counts the words of some texts. */
  static of(texts: Iterable<readonly string[]>, options: VocabularyOptions = {}): Vocabulary {
    const counts = new Map<string, number>()
    for (const words of texts) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
    return Vocabulary.fromCounts(counts, options)
  }

  /** The vocabulary of words that were counted already, one document after the other. */
  static fromCounts(counts: ReadonlyMap<string, number>, options: VocabularyOptions = {}): Vocabulary {
    const { specials = [] } = options
    if (new Set(specials).size < specials.length)
      throw new UsageError(`Vocabulary: special words must be different, got ${specials.join(' ')}`)
    const kept = [...counts]
      .filter(([word, count]) => count >= (options.minimumCount ?? 1) && !specials.includes(word))
      .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
      .slice(0, options.maximumSize)
    return new Vocabulary(
      [...specials, ...kept.map(([word]) => word)],
      [...specials.map(() => 0), ...kept.map(([, count]) => count)],
      specials,
    )
  }

  /** The same and behind it the words that it lacks, which were never seen; the ids of the others stay. */
  extended(words: Iterable<string>): Vocabulary {
    const added = [...new Set(words)].filter((word) => !this.#ids.has(word))
    return new Vocabulary([...this.words, ...added], [...this.counts, ...added.map(() => 0)], this.specials)
  }

  /** How many ids there are, the unknown one included. */
  get size(): number {
    return this.words.length + 1
  }

  /** The id of a word, 0 when it is unknown. */
  id(word: string): number {
    return this.#ids.get(word) ?? Vocabulary.unknown
  }

  /** The ids of some words. */
  ids(words: readonly string[]): Int32Array {
    return Int32Array.from(words, (word) => this.id(word))
  }

  /** The word of an id, undefined for 0 and for ids that are not there. */
  word(id: number): string | undefined {
    return id > 0 ? this.words[id - 1] : undefined
  }

  /** How often the word of an id was seen, 0 for the unknown one. */
  count(id: number): number {
    return id > 0 ? (this.counts[id - 1] ?? 0) : 0
  }

  toJSON(): VocabularyJson {
    const { words, counts, specials } = this
    return { words, counts, ...(specials.length > 0 && { specials }) }
  }

  /** The vocabulary that `toJSON` wrote down; `where` names its place for the `DataError` thrown when it is damaged. */
  static fromJSON(json: unknown, where: string): Vocabulary {
    const { words, counts, specials } = checked(json, where)
    const vocabulary = new Vocabulary(words, counts, specials)
    if (vocabulary.#ids.size !== words.length)
      throw new DataError(`${where}: expected different words, found one of them twice`)
    return vocabulary
  }
}

function checked(json: unknown, where: string): VocabularyJson {
  if (typeof json !== 'object' || json === null)
    throw problem(where, 0, 'an object with words and counts', shown(json))
  const words: unknown = 'words' in json ? json.words : undefined
  const counts: unknown = 'counts' in json ? json.counts : undefined
  if (!Array.isArray(words) || !words.every((word): word is string => typeof word === 'string'))
    throw problem(where, 0, 'a list of words under "words"', shown(words))
  if (
    !Array.isArray(counts) ||
    !counts.every((count): count is number => Number.isSafeInteger(count) && count >= 0)
  )
    throw problem(where, 0, 'a list of counts under "counts"', shown(counts))
  if (words.length !== counts.length)
    throw problem(where, 0, `as many counts as words (${words.length})`, String(counts.length))
  const specials: unknown = 'specials' in json ? json.specials : []
  if (!Array.isArray(specials) || !specials.every((word, index): word is string => word === words[index]))
    throw problem(where, 0, 'the first words under "specials"', shown(specials))
  return { words, counts, specials }
}
