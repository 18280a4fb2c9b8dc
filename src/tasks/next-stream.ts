import { UsageError } from '../errors.js'
import type { LanguageModelStream, StackSnapshot } from '../models/index.js'
import type { LineTokens } from './line-tokens.js'
import { softmax } from './prediction.js'
import type { NextToken } from './text-model.js'

/** The state of a `NextStream`: what was read is in it. */
export interface NextSnapshot {
  readonly model: StackSnapshot
  readonly tokens: number
  readonly logProb: number
}

/**
 * A language model that reads as the text comes, and says after every piece what may come next: for completing what somebody types.
 * Made by `model.stream()`.
 *
 * ```ts
 * const stream = model.stream()
 * stream.push('To be or')
 * stream.next({ top: 3 })   // what may come now
 * const other = stream.fork()
 * stream.push(' not').logProb
 * stream.end()
 * ```
 */
export class NextStream {
  readonly #lines: LineTokens
  readonly #stream: LanguageModelStream
  #tokens = 0
  #logProb = 0
  #next: Float64Array | undefined

  constructor(lines: LineTokens, stream: LanguageModelStream) {
    this.#lines = lines
    this.#stream = stream
    if (stream.steps === 0) stream.push(lines.end) // every text begins as a line does
  }

  /** Tokens read so far. */
  get tokens(): number {
    return this.#tokens
  }

  /** log P of what was read, given its beginning. */
  get logProb(): number {
    return this.#logProb
  }

  /** Reads a piece of text; for models of words and pieces of words it ends where a word ends. A line break ends the line. */
  push(text: string): this {
    if (typeof text !== 'string') throw new UsageError(`push: expected a text, got ${typeof text}`)
    for (const token of this.#lines.begun(text)) {
      this.#logProb += Math.log(this.#probabilities()[token])
      this.#tokens++
      this.#stream.push(token)
      this.#next = undefined
    }
    return this
  }

  /** What may come next, the most probable first; `top` limits how many. */
  next({ top = 10 }: { readonly top?: number } = {}): NextToken[] {
    return likeliest(this.#lines, this.#probabilities(), top)
  }

  /** log P of the whole as a line of its own, the end of the line included; ends the stream. */
  end(): number {
    const logProb = this.#logProb + Math.log(this.#probabilities()[this.#lines.end])
    this.dispose()
    return logProb
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): NextStream {
    const copy = new NextStream(this.#lines, this.#stream.fork())
    copy.#tokens = this.#tokens
    copy.#logProb = this.#logProb
    return copy
  }

  /** A copy of the state, to be restored any number of times. */
  snapshot(): NextSnapshot {
    return { model: this.#stream.snapshot(), tokens: this.#tokens, logProb: this.#logProb }
  }

  /** Goes back to a state. */
  restore({ model, tokens, logProb }: NextSnapshot): void {
    this.#stream.restore(model)
    this.#tokens = tokens
    this.#logProb = logProb
    this.#next = undefined
  }

  /** Releases its memory. */
  dispose(): void {
    this.#stream.dispose()
  }

  #probabilities(): Float64Array {
    this.#next ??= softmax(this.#stream.logits())
    return this.#next
  }
}

/** The most probable tokens with their text; equal ones in the order of their numbers. */
export function likeliest(lines: LineTokens, probabilities: Float64Array, top: number): NextToken[] {
  return Array.from(probabilities.keys())
    .sort((a, b) => probabilities[b] - probabilities[a] || a - b)
    .slice(0, top)
    .map((token) => ({ token: lines.name(token), probability: probabilities[token] }))
}
