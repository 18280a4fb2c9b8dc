import { NonFiniteError } from '../errors.js'
import { quantileFrom } from './normal.js'

/**
 * ln( Γ(a + ½) / Γ(a) ), on which all constants of Student's t rest. The asymptotic series (Tricomi and Erdélyi 1951) is exact to a
 * double from a = 20 on; below, Γ(a + 1) = a Γ(a) leads there. The difference of two ln Γ would lose its digits for large a.
 */
export function logHalfStep(a: number): number {
  let shifted = 0
  let at = a
  for (; at < 20; at++) shifted -= Math.log1p(0.5 / at)
  const r = 1 / at
  const series = r * (-1 / 8 + r ** 2 * (1 / 192 + r ** 2 * (-1 / 640 + r ** 2 * (17 / 14336))))
  return shifted + Math.log(at) / 2 + series
}

/**
 * The probability that |T| >= |t| for Student's t with ν degrees of freedom, the p-value of a two-sided test:
 * I_x(ν/2, ½) with x = ν / (ν + t²), I the regularised incomplete beta function. Relative error below 1e-12 for ν up to 1000,
 * 1e-10 up to 1e6.
 */
export function studentTails(t: number, degrees: number): number {
  const ratio = (t * t) / degrees
  if (ratio === Number.POSITIVE_INFINITY) return 0
  if (ratio === 0) return 1
  const [x, rest] = [1 / (1 + ratio), ratio / (1 + ratio)]
  const a = degrees / 2
  // ln( x^a (1-x)^½ / B(a, ½) )
  const front = Math.exp(-a * Math.log1p(ratio) + Math.log(rest) / 2 + logHalfStep(a) - Math.log(Math.PI) / 2)
  // Each fraction converges fast on its side of the mean.
  return x < (a + 1) / (a + 2.5) ? (front * fraction(x, a, 0.5)) / a : 1 - front * fraction(rest, 0.5, a) * 2
}

/** The number that Student's t is below with a probability in (0, 1). */
export function studentQuantile(probability: number, degrees: number): number {
  const below = (t: number) => (t < 0 ? studentTails(t, degrees) / 2 : 1 - studentTails(t, degrees) / 2)
  return quantileFrom(probability, below)
}

/** The continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method. */
function fraction(x: number, a: number, b: number): number {
  const least = 1e-300 // stands for 0 in a denominator
  const nonzero = (value: number) => (Math.abs(value) < least ? least : value)
  let [c, d] = [1, 1 / nonzero(1 - ((a + b) * x) / (a + 1))]
  let value = d
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    let change = 1
    for (const term of [even, odd]) {
      d = 1 / nonzero(1 + term * d)
      c = nonzero(1 + term / c)
      change = c * d
      value *= change
    }
    if (Math.abs(change - 1) < 1e-15) return value
  }
  throw new NonFiniteError(`incomplete beta function: no convergence at x = ${x}, a = ${a}, b = ${b}`)
}
