/** How the norm of a gradient changes with the distance from the loss, step by step. */
export interface HalfLife {
  /** The factor by which the norm changes from one step to the one before it: below 1 it vanishes, above 1 it explodes. */
  readonly factor: number
  /** The steps in which the norm halves; negative when it doubles in so many steps; infinite when it stays. */
  readonly steps: number
  /** How many steps the fit rests on: those whose gradient could still be told from zero. */
  readonly fitted: number
}

/** Norms below this are what underflow left of smaller ones: the smallest normal number of single precision, with some room. */
const smallest = 1e-37

/**
 * The half-life of a gradient: the straight line of least squares through log ‖∂L/∂h‖ over the distance from the loss.
 *
 * `norms[d]` is the norm `d` steps before the end. A gradient that underflowed says nothing about its rate, so the fit ends before the
 * first norm that is zero, not finite or below the normal numbers of single precision; zeros at the end, which the loss does not see,
 * are passed over. Undefined when fewer than two norms are left.
 *
 * ```ts
 * halfLife([1, 0.5, 0.25])?.steps // 1
 * halfLife([1, 2, 4])?.steps // -1: it doubles with every step
 * ```
 */
export function halfLife(norms: ArrayLike<number>): HalfLife | undefined {
  const isUsable = (norm: number) => norm > smallest && norm < Number.POSITIVE_INFINITY
  let begin = 0
  while (begin < norms.length && norms[begin] === 0) begin++
  let end = begin
  while (end < norms.length && isUsable(norms[end])) end++
  if (end - begin < 2) return undefined
  const logs = Array.from({ length: end - begin }, (_, k) => Math.log2(norms[begin + k]))
  const slope = slopeOf(logs)
  return {
    factor: 2 ** slope,
    steps: slope === 0 ? Number.POSITIVE_INFINITY : -1 / slope,
    fitted: logs.length,
  }
}

// The slope of the line of least squares through values at 0, 1, 2 …
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  let products = 0
  let squares = 0
  for (const [place, value] of values.entries()) {
    products += (place - middle) * value
    squares += (place - middle) ** 2
  }
  const slope = products / squares
  return Math.abs(slope) < 1e-12 ? 0 : slope // what rounding leaves of none
}
