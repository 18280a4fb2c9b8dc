import type { Engine, Tensor } from '../tensor/index.js'
import { checkIndex } from './embedding.js'
import type { TokenLayer, TokenStepper } from './layer.js'

/**
 * A row of zeros with a 1 at the token's index; index -1 gives zeros only. The embedding without parameters, for small alphabets.
 *
 * ```ts
 * new OneHot(3, engine).forward([2, 0]).toArray() // [[0, 0, 1], [1, 0, 0]]
 * ```
 */
export class OneHot implements TokenLayer<number> {
  constructor(
    readonly size: number,
    readonly engine: Engine,
  ) {}

  /** None. */
  parameters(): Record<string, Tensor> {
    return {}
  }

  /** Throws a `UsageError` for an index outside -1 to size - 1. */
  forward(tokens: ArrayLike<number>): Tensor {
    const rows = this.engine.zeros([tokens.length, this.size])
    const values = rows.data
    for (let row = 0; row < tokens.length; row++) {
      checkIndex(tokens[row], this.size)
      if (tokens[row] >= 0) values[row * this.size + tokens[row]] = 1
    }
    return rows
  }

  stepper(): TokenStepper<number> {
    const output = this.engine.persistent([1, this.size])
    return {
      output,
      push: (token) => {
        checkIndex(token, this.size)
        const values = output.data
        values.fill(0)
        if (token >= 0) values[token] = 1
      },
      dispose: () => output.dispose(),
    }
  }
}
