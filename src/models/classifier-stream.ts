import { UsageError } from '../errors.js'
import type { Linear, TokenLayer, TokenStepper } from '../layers/index.js'
import type { Reals } from '../tensor/index.js'
import type { Pooling } from './pooling.js'
import type { PoolingStream } from './pooling-stream.js'
import type { StackSnapshot, StreamableStack } from './stream.js'
import { checkStreamable, StackStream } from './stream.js'

/** The state of a classifier's stream in plain numbers. */
export interface ClassifierSnapshot {
  readonly stack: StackSnapshot
  readonly pooled: Reals
}

/** What a stream needs to know of a classifier. */
export interface StreamableClassifier<T> {
  readonly embedding: TokenLayer<T>
  readonly rnn: StreamableStack
  readonly pooling: Pooling
  readonly head: Linear
}

/**
 * A classifier that reads one token at a time: after every token it can say what it would answer if the sequence ended there, with the
 * bits that `SequenceClassifier.forward` gives for the tokens so far. A token takes no memory, except with attention pooling, which has
 * to keep the states of all steps. Made by `classifier.stream()`.
 *
 * ```ts
 * const stream = classifier.stream()
 * for (const token of tokens) {
 *   stream.push(token)
 *   show(stream.logits())
 * }
 * const logits = stream.end()
 * ```
 */
export class ClassifierStream<T> {
  readonly #model: StreamableClassifier<T>
  readonly #tokens: TokenStepper<T>
  readonly #stack: StackStream
  readonly #pooling: PoolingStream
  #ended = false

  constructor(model: StreamableClassifier<T>) {
    checkStreamable(model.rnn)
    this.#model = model
    this.#tokens = model.embedding.stepper()
    this.#stack = new StackStream(model.rnn, this.#tokens.output)
    this.#pooling = model.pooling.stream(this.#stack.outputs)
  }

  /** Tokens taken since the beginning. */
  get steps(): number {
    return this.#stack.steps
  }

  /** Takes a token. Throws a `UsageError` for one that the embedding does not have, and after the end. */
  push(token: T): void {
    this.#checkOpen()
    this.#tokens.push(token)
    const phase = this.#stack.steps & 1
    this.#stack.advance()
    this.#pooling.push(phase)
  }

  /** The logits [classes] if the sequence ended here, a copy. Throws a `UsageError` before the first token. */
  logits(): Reals {
    this.#checkOpen()
    this.#stack.checkStarted()
    const { head, rnn } = this.#model
    return rnn.engine.withoutRecording(() =>
      rnn.engine.scope(() => head.forward(this.#pooling.value(this.#stack.steps)).data.slice()),
    )
  }

  /** The logits of the whole sequence; ends the stream. */
  end(): Reals {
    const logits = this.logits()
    this.dispose()
    return logits
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): ClassifierStream<T> {
    const copy = new ClassifierStream(this.#model)
    copy.restore(this.snapshot())
    return copy
  }

  /** A copy of the state. */
  snapshot(): ClassifierSnapshot {
    this.#checkOpen()
    return { stack: this.#stack.snapshot(), pooled: this.#pooling.snapshot() }
  }

  /** Goes back (or over) to a state. Throws a `UsageError` when it is that of another kind of model. */
  restore({ stack, pooled }: ClassifierSnapshot): void {
    this.#checkOpen()
    const expected = this.#pooling.size(stack.steps)
    if (pooled.length !== expected)
      throw new UsageError(
        `stream: the snapshot is of another model: its pooling has ${pooled.length} numbers; expected ${expected}`,
      )
    this.#stack.restore(stack)
    this.#pooling.restore(pooled)
  }

  /** Releases the stream's memory; the model stays. */
  dispose(): void {
    if (this.#ended) return
    this.#ended = true
    for (const part of [this.#pooling, this.#stack, this.#tokens]) part.dispose()
  }

  #checkOpen(): void {
    if (this.#ended) throw new UsageError('stream: it has ended; open a new one')
  }
}
