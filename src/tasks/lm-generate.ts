import { greedy, sample } from '../decoding/generate.js'
import { checkSampling, type SamplingOptions } from '../decoding/sampling.js'
import { UsageError } from '../errors.js'
import type { LanguageModel } from '../models/language-model.js'
import { Random } from '../random/index.js'
import type { LineTokens } from './line-tokens.js'

/** How a text is written. */
export interface GenerateTextOptions extends Omit<SamplingOptions, 'temperature'> {
  /** What the text begins with; the model goes on from there. A new line by default. */
  readonly prompt?: string
  /** How many tokens are written, at most. Default 200. */
  readonly length?: number
  /** Ends with the line. */
  readonly line?: boolean
  /** τ of `SamplingOptions`; 0 writes the most probable token every time. Default 0.8. */
  readonly temperature?: number
  /** Decides everything random: equal seeds give equal texts. Default 1. */
  readonly seed?: number
  /** Sees the text piece by piece while it is written, without the prompt. */
  readonly onText?: (piece: string) => void
}

/** A text that a model has written. */
export interface GeneratedText {
  readonly prompt: string
  /** What was written behind the prompt. */
  readonly text: string
  /** How many tokens that is. */
  readonly tokens: number
  /** log P of them given the prompt, by the model's own probabilities. */
  readonly logProb: number
}

/** Throws a `UsageError` for an option out of range. */
export function checkGeneration(options: GenerateTextOptions): void {
  const { length = 200, temperature = 0.8, seed = 1 } = options
  if (!Number.isSafeInteger(length) || length < 1)
    throw new UsageError(`generate: got length ${length}; expected a whole number of at least 1`)
  if (!(temperature >= 0 && temperature < Infinity))
    throw new UsageError(`generate: got temperature ${temperature}; expected a number of at least 0`)
  if (!Number.isSafeInteger(seed)) throw new UsageError(`generate: got seed ${seed}; expected a whole number`)
  checkSampling({ ...options, temperature: temperature || 1 }) // 0 draws nothing
}

/** Writes a text with a language model. Throws a `UsageError` for an option out of range. */
export function generateText(
  network: LanguageModel,
  lines: LineTokens,
  options: GenerateTextOptions,
): GeneratedText {
  const { prompt = '', length = 200, temperature = 0.8, seed = 1, line = false, onText } = options
  checkGeneration(options)
  const { topK = 0, topP = 1, repetitionPenalty = 1 } = options
  const prefix = Array.from(lines.begun(prompt))
  const writer = new TextWriter(lines, prompt, onText)
  let seen = 0
  const shared = {
    start: lines.end,
    maximumLength: prefix.length + length,
    prefixes: [prefix],
    // nothing is ever written as the unknown token
    banned: lines.unknown === undefined ? [] : [lines.unknown],
    ...(line && { end: lines.end }),
    onToken: (token: number) => {
      if (seen++ >= prefix.length) writer.push(token)
    },
  }
  const [{ tokens, tokenLogProbs }] =
    temperature === 0
      ? greedy(network.stepper(), shared)
      : sample(network.stepper(), {
          ...shared,
          temperature,
          topK,
          topP,
          repetitionPenalty,
          random: new Random(seed).split('generate'),
        })
  const written = tokens.slice(prefix.length)
  const logProb = tokenLogProbs.slice(prefix.length).reduce((sum, logProb) => sum + logProb, 0)
  return { prompt, text: writer.end(), tokens: written.length, logProb }
}

/**
 * Puts a text together token by token, and hands out what is certain of it: characters of several bytes come whole. What a token adds is
 * told by those before it since the last certain text but one, so that a long line costs no more per token than a short one.
 */
class TextWriter {
  /** Tokens of the line whose text is there already, and those whose text is not certain yet. */
  #shown: number[]
  #pending: number[] = []
  /** Whether the prompt ends with a blank that is in no token, as between words: it is not to be written twice. */
  readonly #blankIsThere: boolean
  #text = ''

  constructor(
    readonly lines: LineTokens,
    prompt: string,
    readonly onText: ((piece: string) => void) | undefined,
  ) {
    const tokens = Array.from(lines.begun(prompt))
    this.#shown = tokens.slice(tokens.lastIndexOf(lines.end) + 1)
    this.#blankIsThere = /[^\S\n]$/.test(prompt) && !/\s$/.test(lines.decode(this.#shown))
  }

  push(token: number): void {
    if (token === this.lines.end) {
      this.#add(this.#added())
      this.#add('\n')
      this.#shown = []
      this.#pending = []
      return
    }
    this.#pending.push(token)
    const piece = this.#added()
    if (piece.endsWith('\ufffd')) return
    this.#add(piece)
    this.#shown = piece === '' ? [...this.#shown, ...this.#pending] : this.#pending
    this.#pending = []
  }

  /** The whole text. */
  end(): string {
    this.#add(this.#added())
    return this.#text
  }

  /** What the pending tokens add to the line. */
  #added(): string {
    const before = this.lines.decode(this.#shown)
    const piece = this.lines.decode([...this.#shown, ...this.#pending]).slice(before.length)
    return this.#text === '' && this.#blankIsThere ? piece.trimStart() : piece
  }

  #add(piece: string): void {
    if (piece === '') return
    this.#text += piece
    this.onText?.(piece)
  }
}
