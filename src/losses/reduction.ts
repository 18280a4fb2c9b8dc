import { ShapeError, UsageError } from '../errors.js'
import type { Tensor } from '../tensor/index.js'
import { describe, sameShape, sum } from '../tensor/index.js'

/**
 * How the losses of the elements (tokens, rows) become one number. Gradients follow: back-propagation through time sums what
 * the loss weighs.
 *
 * - `'mean'`: per token, Σ w l / Σ w.
 * - `'sequence'`: per sequence, Σ w l / `sequences`: long sequences count more.
 * - `'sum'`: Σ w l.
 * - `'none'`: the losses themselves, w l, one per row.
 */
export type Reduction = 'mean' | 'sequence' | 'sum' | 'none'

/** What every loss can be told. */
export interface ReductionOptions {
  /** Default `'mean'`. */
  reduction?: Reduction
  /** The number of sequences in the batch, for `'sequence'`. */
  sequences?: number
}

/** The factor that turns the sum of the losses into what was asked for; `weight` is the sum of the weights. */
export function reductionFactor(operation: string, options: ReductionOptions, weight: number): number {
  const { reduction = 'mean', sequences } = options
  switch (reduction) {
    case 'mean':
      return weight === 0 ? 0 : 1 / weight
    case 'sequence':
      if (sequences === undefined || !(sequences >= 1))
        throw new UsageError(
          `${operation}: reduction 'sequence' got sequences ${sequences}; expected the number of sequences in the batch`,
        )
      return 1 / sequences
    case 'sum':
    case 'none':
      return 1
    default:
      throw new UsageError(
        `${operation}: got reduction ${JSON.stringify(reduction)}; expected 'mean', 'sequence', 'sum' or 'none'`,
      )
  }
}

/** The losses added up, unless they were asked for one by one. */
export function reduceLosses(losses: Tensor, options: ReductionOptions): Tensor {
  return options.reduction === 'none' ? losses : sum(losses)
}

/** Throws a `ShapeError` unless the shapes are equal. */
export function checkSameSize(operation: string, name: string, a: Tensor, targets: Tensor): void {
  if (!sameShape(a.shape, targets.shape))
    throw new ShapeError(
      `${operation}: ${name} ${describe(a.shape)} and targets ${describe(targets.shape)} do not fit; expected equal shapes`,
    )
}
