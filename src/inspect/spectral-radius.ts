import type { Cell, Parameters } from '../cells/index.js'
import { ShapeError } from '../errors.js'
import type { Tensor } from '../tensor/index.js'
import { describe, matmul, scale, slice, sumSquares } from '../tensor/index.js'

/** Squarings of the matrix: the error left is that of the 2^24th root of its condition, below 1e-6. */
const squarings = 24

/**
 * The spectral radius of a square matrix, the size of its largest eigenvalue: what is multiplied by it again and again vanishes below 1
 * and explodes above 1.
 *
 * By Gelfand's formula, ρ(A) = lim ‖A^n‖^(1/n) with n = 2^24, A squared again and again and scaled back to norm 1 each time. It holds for
 * complex and repeated eigenvalues, where power iteration does not settle. In single precision a defective eigenvalue (a Jordan block)
 * costs accuracy, about 1 %. Throws a `ShapeError` for a matrix that is not square.
 *
 * ```ts
 * spectralRadius(engine.tensor([[0, -2], [2, 0]])) // 2: the eigenvalues are 2i and -2i
 * ```
 */
export function spectralRadius(matrix: Tensor): number {
  const { engine, shape } = matrix
  if (shape.length !== 2 || shape[0] !== shape[1])
    throw new ShapeError(`spectralRadius: got shape ${describe(shape)}; expected a square matrix`)
  return engine.withoutRecording(() => engine.scope(() => Math.exp(logRadius(matrix))))
}

function logRadius(matrix: Tensor): number {
  let log = 0 // log ‖A^n‖^(1/n) so far
  let power = matrix
  for (let squaring = 0; squaring <= squarings; squaring++) {
    const norm = Math.sqrt(sumSquares(power))
    if (Number.isNaN(norm)) return Number.NaN
    // A^n is zero from n = size on, or not at all; later the powers of a defective eigenvalue underflowed
    if (norm === 0) return 2 ** squaring < 2 * matrix.shape[0] ? Number.NEGATIVE_INFINITY : log
    log += Math.log(norm) / 2 ** squaring
    if (squaring < squarings) {
      const unit = scale(power, 1 / norm)
      power = matmul(unit, unit)
    }
  }
  return log
}

/** The spectral radius of the recurrent weights of one gate. */
export interface GateRadius {
  readonly gate: string
  readonly radius: number
}

/**
 * The spectral radii of the recurrent matrix `weight_hh`, gate by gate. Empty for a cell without such a matrix or whose gates' parts of
 * it are not square.
 */
export function recurrentRadii(cell: Pick<Cell, 'gates'>, parameters: Parameters): GateRadius[] {
  const { weight_hh: weight } = parameters
  if (weight?.shape.length !== 2 || weight.shape[0] !== cell.gates.length * weight.shape[1]) return []
  const { engine, shape } = weight
  const [, size] = shape
  return engine.withoutRecording(() =>
    engine.scope(() =>
      cell.gates.map((gate, place) => ({
        gate,
        radius: spectralRadius(slice(weight, 0, place * size, (place + 1) * size)),
      })),
    ),
  )
}
