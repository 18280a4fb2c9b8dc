import { ShapeError } from '../errors.js'
import type { Engine, Tensor } from '../tensor/index.js'
import type { TokenLayer, TokenStepper } from './layer.js'

/**
 * Vectors of numbers taken as they are: measurements, spectra, ready-made features. No parameters.
 *
 * ```ts
 * new Features(2, engine).forward([[0.1, 0.2], [0.3, 0.4]]) // [2, 2]
 * ```
 */
export class Features implements TokenLayer<ArrayLike<number>> {
  constructor(
    readonly size: number,
    readonly engine: Engine,
  ) {}

  /** None. */
  parameters(): Record<string, Tensor> {
    return {}
  }

  /** Throws a `ShapeError` that names the vector whose length is not `size`. */
  forward(tokens: ArrayLike<ArrayLike<number>>): Tensor {
    const rows = this.engine.empty([tokens.length, this.size])
    const values = rows.data
    for (let row = 0; row < tokens.length; row++) {
      checkLength(tokens[row], this.size, `vector ${row}`)
      values.set(tokens[row], row * this.size)
    }
    return rows
  }

  stepper(): TokenStepper<ArrayLike<number>> {
    const output = this.engine.persistent([1, this.size])
    return {
      output,
      push: (token) => {
        checkLength(token, this.size, 'the vector')
        output.data.set(token)
      },
      dispose: () => output.dispose(),
    }
  }
}

function checkLength(vector: ArrayLike<number>, size: number, name: string): void {
  if (vector.length !== size)
    throw new ShapeError(`features: ${name} has ${vector.length} numbers; expected ${size}`)
}
