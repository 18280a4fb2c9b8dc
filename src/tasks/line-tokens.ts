import { BytePairTraining } from '../data/byte-pair-training.js'
import {
  CharacterTraining,
  type TokenizerTraining,
  tokenizerFromJSON,
  WordTraining,
} from '../data/text-tokenizers.js'
import { TokenList, type Tokens, tokensBelow } from '../data/token-list.js'
import type { Tokenizer } from '../data/tokenizer.js'
import { DataError } from '../errors.js'
import type { LmSettings } from './lm-settings.js'
import type { LineBlocks } from './lm-source.js'
import type { Decided } from './settings.js'

/** The token that ends every line; texts begin as if one stood before them. */
const LINE_END = '</s>'
const specials = [LINE_END]

/** Lines of text as one long sequence of tokens, whatever the tokens are: each line's, then the token that ends it. */
export class LineTokens {
  /** The token that ends a line. */
  readonly end: number

  /** Throws a `DataError` for a tokenizer without `</s>`. */
  constructor(readonly tokenizer: Tokenizer) {
    const end = tokenizer.id(LINE_END)
    if (end === undefined) throw new DataError(`tokenizer: expected a token ${LINE_END}, found none`)
    this.end = end
  }

  /** Learns the tokens of a text. */
  static async of(text: LineBlocks, settings: Decided<LmSettings>['text']): Promise<LineTokens> {
    const { tokens, vocabulary: size, minimumCount, boundaries, lowerCase } = settings
    const limits = { specials, minimumCount, maximumSize: size }
    const kinds: Record<typeof tokens, () => TokenizerTraining> = {
      characters: () => new CharacterTraining(limits),
      words: () => new WordTraining({ ...limits, boundaries, lowerCase }),
      pieces: () => new BytePairTraining({ size, minimumCount: Math.max(2, minimumCount), specials }),
    }
    const training = kinds[tokens]()
    for await (const lines of text) for (const line of lines) training.add(line)
    return new LineTokens(training.finish())
  }

  /** The tokens that `toJSON` wrote down. */
  static fromJSON(json: unknown, where: string): LineTokens {
    return new LineTokens(tokenizerFromJSON(json, where))
  }

  /** How many different tokens there are. */
  get size(): number {
    return this.tokenizer.size
  }

  /** The token of whatever has none of its own, where there is such a token. */
  get unknown(): number | undefined {
    return this.tokenizer.id('<unk>')
  }

  /** The token that a word is by itself; undefined where it is unknown or takes several. */
  known(word: string): number | undefined {
    const { ids } = this.tokenizer.encode(word)
    return ids.length === 1 && ids[0] !== this.unknown ? ids[0] : undefined
  }

  /** The tokens of lines, each with its end. */
  encode(lines: readonly string[]): Int32Array {
    const tokens = new TokenList(Int32Array)
    this.#addTo(tokens, lines)
    return tokens.finish()
  }

  /** The tokens of a text behind the end of a line, as every text begins, in as few bytes as they can be. */
  async encodeText(text: LineBlocks): Promise<Tokens> {
    const tokens = new TokenList(tokensBelow(this.size))
    tokens.push(this.end)
    for await (const lines of text) this.#addTo(tokens, lines)
    return tokens.finish()
  }

  #addTo(tokens: TokenList, lines: readonly string[]): void {
    for (const line of lines) {
      tokens.add(this.tokenizer.encode(line).ids)
      tokens.push(this.end)
    }
  }

  /** The tokens of a text that goes on: line ends inside it, none behind it. */
  begun(text: string): Int32Array {
    return this.encode(text.split(/\r?\n/)).slice(0, -1)
  }

  /** The text of some tokens, with a line break for each end of a line. */
  decode(tokens: ArrayLike<number>): string {
    const lines: number[][] = [[]]
    for (const token of Array.from(tokens)) {
      if (token === this.end) lines.push([])
      else lines[lines.length - 1].push(token)
    }
    return lines.map((line) => this.tokenizer.decode(line)).join('\n')
  }

  /** A single token as text: as it is written, `↵` for the end of a line, the name where it has no text. */
  name(token: number): string {
    if (token === this.end) return '↵'
    const text = this.tokenizer.decode([token])
    return text === '' || text.includes('\ufffd') ? (this.tokenizer.token(token) ?? String(token)) : text
  }

  toJSON(): unknown {
    return this.tokenizer.toJSON()
  }
}
