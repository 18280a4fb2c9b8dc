import type { Tensor } from '../tensor/index.js'
import { gatherRows } from '../tensor/index.js'

/** A matrix that is only read: a `Tensor`, or a plain object with the same two members. */
export interface Matrix {
  /** [rows, columns] */
  readonly shape: readonly number[]
  /** The elements, row after row. */
  readonly data: ArrayLike<number>
}

/** What a model answers to one token per row. */
export interface Step<S> {
  /** log P of every token that may come next, [rows, tokens]; each is at most 0. */
  readonly logProbs: Matrix
  /** The state after the tokens. */
  readonly state: S
  /** The attention weights of a row over the positions of its source, where the model has attention. */
  readonly attention?: (row: number) => ArrayLike<number>
}

/**
 * A model as a search sees it: a state with a row per hypothesis, moved on by one token per row. Every search of this folder
 * works on this interface and knows nothing else of the model.
 *
 * The states that `initial` and `reorder` return live until `release`; what `step` returns is read before `scope` ends. With
 * tensors: `scope: (run) => engine.withoutRecording(() => engine.scope(run))`, `reorder: reorderTensors`,
 * `release: releaseTensors`.
 *
 * ```ts
 * const coin: Stepper<number> = {
 *   initial: (batch) => batch,
 *   step: (rows) => ({ logProbs: { shape: [rows, 2], data: new Float64Array(rows * 2).fill(Math.log(0.5)) }, state: rows }),
 *   reorder: (_, rows) => rows.length,
 * }
 * ```
 */
export interface Stepper<S, T = Int32Array> {
  /** The state before the first token, with a row for each of `batch` inputs. */
  initial(batch: number): S
  /** Feeds one token per row. */
  step(state: S, tokens: T): Step<S>
  /** The state whose row i is row `rows[i]` of `state`; rows may be repeated and left out. */
  reorder(state: S, rows: Int32Array): S
  /** Gives back the memory of a state that will not be read again. */
  release?(state: S): void
  /** Runs one step of a search, so that what is temporary in it can be given back. */
  scope?(run: () => void): void
}

/** `reorder` for a state of tensors [rows, ...]. The copies live until they are disposed of. */
export function reorderTensors<S extends Readonly<Record<string, Tensor>>>(state: S, rows: Int32Array): S {
  const [first] = Object.values(state)
  if (!first) return state
  return first.engine.scope(() => {
    const indices = first.engine.indices(rows)
    const copies = Object.entries(state).map(([name, x]) => [name, gatherRows(x, indices).persist()])
    return Object.fromEntries(copies) as S
  })
}

/** `release` for a state of tensors. */
export function releaseTensors(state: Readonly<Record<string, Tensor>>): void {
  for (const tensor of Object.values(state)) tensor.dispose()
}

/** A stepper whose input i is input `inputs[i]` of another one for `count` inputs: several sequences of one input. */
export function withInputs<S>(stepper: Stepper<S>, count: number, inputs: Int32Array): Stepper<S> {
  return {
    ...stepper,
    initial() {
      const each = stepper.initial(count)
      try {
        return stepper.reorder(each, inputs)
      } finally {
        stepper.release?.(each)
      }
    },
  }
}

/** A state on its way through the steps of a search. */
export class Walk<S> {
  #state: S | undefined

  constructor(
    readonly stepper: Stepper<S>,
    batch: number,
  ) {
    this.#state = stepper.initial(batch)
  }

  /** Feeds one token per row; `choose` reads the answer and says which rows, in which order, go on. */
  advance(tokens: Int32Array, choose: (step: Step<S>) => Int32Array): void {
    const { stepper } = this
    const run = () => {
      const before = this.#state as S
      this.#state = undefined
      try {
        const step = stepper.step(before, tokens)
        const rows = choose(step)
        if (rows.length > 0) this.#state = stepper.reorder(step.state, rows)
      } finally {
        stepper.release?.(before)
      }
    }
    if (stepper.scope) stepper.scope(run)
    else run()
  }

  /** Repeats and leaves out rows before the first step. */
  reorder(rows: Int32Array): void {
    const before = this.#state as S
    this.#state = undefined
    try {
      this.#state = this.stepper.reorder(before, rows)
    } finally {
      this.stepper.release?.(before)
    }
  }
}
