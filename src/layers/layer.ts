import type { Random } from '../random/index.js'
import type { Engine, Tensor } from '../tensor/index.js'

/** What a layer needs to make its parameters. */
export interface LayerOptions {
  engine: Engine
  random: Random
}

/** Given to a forward call it means training: dropout is on, and `random` decides it. Left out it means use: nothing is random. */
export interface Training {
  readonly random: Random
}

/** Turns tokens of type `T` (indices, bags of indices, vectors) into the rows that a recurrent stack reads. */
export interface TokenLayer<T> {
  /** Features of a row. */
  readonly size: number
  /** Its parameters by name. */
  parameters(): Record<string, Tensor>
  /** One row per token: [tokens.length, size]. */
  forward(tokens: ArrayLike<T>): Tensor
  /** The same for one token at a time, without allocation. */
  stepper(): TokenStepper<T>
}

/** One token at a time, for streams. */
export interface TokenStepper<T> {
  /** The row of the last token [1, size]; it stays in its place. */
  readonly output: Tensor
  /** Computes the row of a token. */
  push(token: T): void
  /** Releases its memory, not the parameters'. */
  dispose(): void
}

/** The noise of a part of a model, other draws than those of its other parts; none outside training. */
export function named(training: Training | undefined, name: string): Training | undefined {
  return training && { random: training.random.split(name) }
}
