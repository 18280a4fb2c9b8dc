import { UsageError } from '../errors.js'
import type { Tensor } from '../tensor/index.js'
import { dropout } from '../tensor/index.js'
import type { Training } from './layer.js'

/**
 * In training sets each element to zero with probability `rate` and divides the others by 1 - rate; otherwise gives x back.
 * Throws a `UsageError` unless 0 <= rate < 1. Source: Srivastava et al. (2014).
 *
 * ```ts
 * new Dropout(0.5).forward(x, { random: random.split('head') })
 * ```
 */
export class Dropout {
  constructor(readonly rate: number) {
    if (!(rate >= 0 && rate < 1))
      throw new UsageError(`dropout: got rate ${rate}; expected at least 0 and less than 1`)
  }

  /** None. */
  parameters(): Record<string, Tensor> {
    return {}
  }

  forward(x: Tensor, training?: Training): Tensor {
    return training && this.rate > 0 ? dropout(x, this.rate, training.random) : x
  }
}
