import type { Tensor } from '../tensor/index.js'
import { logSoftmax } from '../tensor/index.js'
import type { Matrix } from './stepper.js'

/**
 * log softmax of logits [rows, tokens], for the answer of a `Stepper`. A beam search asks for the most probable tokens alone, which the
 * kernels find in the logits; the others are computed when somebody reads `data`.
 *
 * ```ts
 * return { logProbs: new LogProbabilities(head.forward(h)), state: { h } }
 * ```
 */
export class LogProbabilities implements Matrix {
  #all: Tensor | undefined

  constructor(readonly logits: Tensor) {}

  /** [rows, tokens] */
  get shape(): readonly number[] {
    return this.logits.shape
  }

  /** All of them, row after row. */
  get data(): ArrayLike<number> {
    this.#all ??= logSoftmax(this.logits)
    return this.#all.data
  }
}
