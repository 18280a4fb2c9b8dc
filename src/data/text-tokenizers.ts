import { BytePairs } from './byte-pairs.js'
import { isObject, type JsonObject } from './json-lines.js'
import { problem, shown } from './problem.js'
import { type EncodedText, EncodingBuilder, type Tokenizer } from './tokenizer.js'
import { tally, Vocabulary, type VocabularyOptions } from './vocabulary.js'
import { SettledJoints, WordJoints } from './word-joints.js'
import { type WordOptions, Words } from './words.js'

/** The name of id 0, any token that is not in the vocabulary. */
const UNKNOWN = '<unk>'

/**
 * A token per character (code point, so that an emoji with its modifier is two). Id 0 is any unknown character.
 *
 * @example
 * const tokenizer = CharacterTokenizer.train(['to be or not to be'], { specials: ['<s>'] })
 * tokenizer.encode('bet').ids
 */
export class CharacterTokenizer implements Tokenizer {
  constructor(readonly vocabulary: Vocabulary) {}

  /** The characters of some texts, as `Vocabulary.of` chooses them. */
  static train(texts: Iterable<string>, options: VocabularyOptions = {}): CharacterTokenizer {
    return finished(new CharacterTraining(options), texts)
  }

  get size(): number {
    return this.vocabulary.size
  }

  get specials(): readonly string[] {
    return this.vocabulary.specials
  }

  encode(text: string): EncodedText {
    const builder = new EncodingBuilder()
    let start = 0
    for (const character of text) {
      builder.add(this.vocabulary.id(character), start, start + character.length)
      start += character.length
    }
    return builder.build()
  }

  /** The text of some ids; an unknown character is U+FFFD. */
  decode(ids: ArrayLike<number>): string {
    return textsOf(ids, this.vocabulary, '\ufffd').join('')
  }

  id(token: string): number | undefined {
    return idOf(token, this.vocabulary)
  }

  token(id: number): string | undefined {
    return id === Vocabulary.unknown ? UNKNOWN : this.vocabulary.word(id)
  }

  toJSON(): unknown {
    return { type: 'characters', vocabulary: this.vocabulary }
  }
}

/** What words there are and how texts are cut into them. */
export type WordTokenizerOptions = WordOptions &
  VocabularyOptions & {
    /** Whether `decode` writes blanks where the texts have them, see `WordJoints`; otherwise between all words (default false). */
    readonly joints?: boolean
  }

/**
 * A token per word or punctuation mark, as `Words` cuts them; for texts that are in tokens already, per piece between blanks
 * (`boundaries: 'blanks'`). Id 0 is any unknown word, also one that the text itself writes as `<unk>`.
 *
 * @example
 * const tokenizer = WordTokenizer.train(lines, { maximumSize: 10_000, specials: ['<s>', '</s>'] })
 * const { ids, starts, ends } = tokenizer.encode("What's up?")   // what 's up ?
 */
export class WordTokenizer implements Tokenizer {
  constructor(
    readonly words: Words,
    readonly vocabulary: Vocabulary,
    /** Where `decode` writes no blanks; between all words without it. */
    readonly joints?: SettledJoints,
  ) {}

  /** The words of some texts, as `Vocabulary.of` chooses them. */
  static train(texts: Iterable<string>, options: WordTokenizerOptions = {}): WordTokenizer {
    return finished(new WordTraining(options), texts)
  }

  get size(): number {
    return this.vocabulary.size
  }

  get specials(): readonly string[] {
    return this.vocabulary.specials
  }

  encode(text: string): EncodedText {
    const builder = new EncodingBuilder()
    for (const { word, start, end } of this.words.spans(text))
      builder.add(this.vocabulary.id(word), start, end)
    return builder.build()
  }

  /** The words of some ids as a text; an unknown word is `<unk>`. */
  decode(ids: ArrayLike<number>): string {
    return this.joined(textsOf(ids, this.vocabulary, UNKNOWN))
  }

  /** Words as a text, with the blanks between them. */
  joined(words: readonly string[]): string {
    return this.joints ? this.joints.joined(words) : words.join(' ')
  }

  id(token: string): number | undefined {
    return idOf(token, this.vocabulary)
  }

  token(id: number): string | undefined {
    return id === Vocabulary.unknown ? UNKNOWN : this.vocabulary.word(id)
  }

  toJSON(): unknown {
    const { words, vocabulary, joints } = this
    return { type: 'words', options: words.options, vocabulary, ...(joints && { joints }) }
  }
}

/** Learns a tokenizer from texts that come one after the other, which are not kept: `BytePairTraining` does the same for byte pairs. */
export interface TokenizerTraining<T extends Tokenizer = Tokenizer> {
  add(text: string): void
  finish(): T
}

/** Learns which characters there are. */
export class CharacterTraining implements TokenizerTraining<CharacterTokenizer> {
  readonly #counts = new Map<string, number>()

  constructor(readonly options: VocabularyOptions = {}) {}

  add(text: string): void {
    for (const character of text) this.#counts.set(character, (this.#counts.get(character) ?? 0) + 1)
  }

  finish(): CharacterTokenizer {
    return new CharacterTokenizer(Vocabulary.fromCounts(this.#counts, this.options))
  }
}

/** Learns which words there are. */
export class WordTraining implements TokenizerTraining<WordTokenizer> {
  readonly #words: Words
  readonly #counts = new Map<string, number>()
  readonly #joints: WordJoints | undefined

  constructor(readonly options: WordTokenizerOptions = {}) {
    this.#words = new Words(options)
    this.#joints = options.joints ? new WordJoints() : undefined
  }

  add(text: string): void {
    for (const word of this.#words.of(text)) tally(this.#counts, word)
    this.#joints?.learn(this.#words.spans(text))
  }

  finish(): WordTokenizer {
    this.#counts.delete(UNKNOWN) // corpora such as the Penn Treebank write unknown words so
    const vocabulary = Vocabulary.fromCounts(this.#counts, this.options)
    return new WordTokenizer(this.#words, vocabulary, this.#joints?.settled())
  }
}

function finished<T extends Tokenizer>(training: TokenizerTraining<T>, texts: Iterable<string>): T {
  for (const text of texts) training.add(text)
  return training.finish()
}

function idOf(token: string, vocabulary: Vocabulary): number | undefined {
  const id = vocabulary.id(token)
  return id !== Vocabulary.unknown || token === UNKNOWN ? id : undefined
}

function textsOf(ids: ArrayLike<number>, vocabulary: Vocabulary, unknown: string): string[] {
  const specials = vocabulary.specials.length
  return Array.from(ids).flatMap((id) => {
    if (id > 0 && id <= specials) return []
    return [vocabulary.word(id) ?? unknown]
  })
}

/**
 * The tokenizer that `toJSON` wrote down, or the one in a Hugging Face `tokenizer.json` of a byte-level BPE.
 *
 * Throws `DataError`, beginning with `where`, when it is damaged or of another kind.
 *
 * @example
 * const tokenizer = tokenizerFromJSON(JSON.parse(JSON.stringify(before)), 'config.json: tokenizer')
 */
export function tokenizerFromJSON(json: unknown, where: string): Tokenizer {
  if (!isObject(json)) throw problem(where, 0, 'the object of a tokenizer', shown(json))
  if (json.type === 'characters') return new CharacterTokenizer(vocabularyOf(json, where))
  if (json.type === 'words') {
    const joints =
      json.joints === undefined ? undefined : SettledJoints.fromJSON(json.joints, `${where}: joints`)
    return new WordTokenizer(wordsOf(json, where), vocabularyOf(json, where), joints)
  }
  if ('model' in json) return BytePairs.fromJSON(json, where)
  throw problem(where, 0, 'a tokenizer of characters or words, or a tokenizer.json', shown(json))
}

const vocabularyOf = (json: JsonObject, where: string) =>
  Vocabulary.fromJSON(json.vocabulary, `${where}: vocabulary`)

function wordsOf({ options }: JsonObject, where: string): Words {
  const { lowerCase, digits, boundaries } = isObject(options) ? options : {}
  if (
    typeof lowerCase !== 'boolean' ||
    (digits !== 'keep' && digits !== 'zero') ||
    (boundaries !== 'unicode' && boundaries !== 'blanks')
  )
    throw problem(`${where}: options`, 0, 'lowerCase, digits and boundaries', shown(options))
  return new Words({ lowerCase, digits, boundaries })
}
