import type { Linear } from '../layers/linear.js'
import type { Reals } from '../tensor/index.js'
import { type StackSnapshot, StackStream, type StreamableStack } from './stream.js'

/** What a stream needs to know of a roll model. */
export interface StreamableRoll {
  readonly rnn: StreamableStack
  readonly head: Linear
}

/**
 * A roll model that reads one step at a time and says after each what may be on in the next, with the bits that `RollModel.forward` gives.
 * A step takes no memory. Made by `model.stream()`.
 *
 * ```ts
 * const stream = model.stream()
 * const logits = stream.push(zerosAndOnes).logits()
 * ```
 */
export class RollStream {
  readonly #model: StreamableRoll
  readonly #stack: StackStream

  constructor(model: StreamableRoll, stack = new StackStream(model.rnn)) {
    this.#model = model
    this.#stack = stack
  }

  /** Steps taken since the beginning. */
  get steps(): number {
    return this.#stack.steps
  }

  /** Takes a step: a number for every key. Throws a `ShapeError` for another number of keys, a `UsageError` after the end. */
  push(step: ArrayLike<number>): this {
    this.#stack.push(step)
    return this
  }

  /** The logits [keys] of the next step, a copy. Throws a `UsageError` before the first step. */
  logits(): Reals {
    this.#stack.checkStarted()
    const { rnn, head } = this.#model
    return rnn.engine.withoutRecording(() =>
      rnn.engine.scope(() => head.forward(this.#stack.output).data.slice()),
    )
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): RollStream {
    return new RollStream(this.#model, this.#stack.fork())
  }

  /** A copy of the state in plain numbers. */
  snapshot(): StackSnapshot {
    return this.#stack.snapshot()
  }

  /** Goes back (or over) to a state. Throws a `UsageError` when it is that of another kind of model. */
  restore(snapshot: StackSnapshot): void {
    this.#stack.restore(snapshot)
  }

  /** Releases the stream's memory; the model stays. */
  dispose(): void {
    this.#stack.dispose()
  }
}
