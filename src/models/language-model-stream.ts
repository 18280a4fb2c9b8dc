import { UsageError } from '../errors.js'
import type { TokenStepper } from '../layers/index.js'
import type { Reals, Tensor } from '../tensor/index.js'
import type { LanguageModel } from './language-model.js'
import { type StackSnapshot, StackStream } from './stream.js'

/**
 * A language model that reads one token at a time: after each it can say what may come next, with the bits that `LanguageModel.forward`
 * gives for the tokens so far. Reading a token takes no memory. Made by `model.stream()`.
 *
 * ```ts
 * const stream = model.stream()
 * for (const token of tokens) stream.push(token)
 * const logits = stream.logits()
 * ```
 */
export class LanguageModelStream {
  readonly #model: LanguageModel
  readonly #tokens: TokenStepper<number>
  readonly #stack: StackStream
  #ended = false

  constructor(model: LanguageModel) {
    this.#model = model
    this.#tokens = model.embedding.stepper()
    this.#stack = new StackStream(model.rnn, this.#tokens.output)
  }

  /** Tokens taken since the beginning. */
  get steps(): number {
    return this.#stack.steps
  }

  /** Takes a token. Throws a `UsageError` for one that the model does not have, and after the end. */
  push(token: number): void {
    this.#checkOpen()
    this.#tokens.push(token)
    this.#stack.advance()
  }

  /** The logits [tokens] of what may come next, a copy. Throws a `UsageError` before the first token. */
  logits(): Reals {
    this.#checkOpen()
    this.#stack.checkStarted()
    const { engine } = this.#model
    const hidden: Tensor = this.#stack.output
    return engine.withoutRecording(() => engine.scope(() => this.#model.logits(hidden).data.slice()))
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): LanguageModelStream {
    const copy = new LanguageModelStream(this.#model)
    copy.restore(this.snapshot())
    return copy
  }

  /** A copy of the state in plain numbers. */
  snapshot(): StackSnapshot {
    this.#checkOpen()
    return this.#stack.snapshot()
  }

  /** Goes back (or over) to a state. Throws a `UsageError` when it is that of another kind of model. */
  restore(snapshot: StackSnapshot): void {
    this.#checkOpen()
    this.#stack.restore(snapshot)
  }

  /** Releases the stream's memory; the model stays. */
  dispose(): void {
    if (this.#ended) return
    this.#ended = true
    for (const part of [this.#stack, this.#tokens]) part.dispose()
  }

  #checkOpen(): void {
    if (this.#ended) throw new UsageError('stream: it has ended; open a new one')
  }
}
