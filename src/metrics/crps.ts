import { requireSameLength } from './gold.js'
import { normalDensity, normalWithin } from './normal.js'
import { meanOver, requireAbove, requireNumbers } from './numbers.js'
import { logHalfStep, studentTails } from './student-t.js'

/** A Gaussian forecast of one value. */
export interface GaussianForecast {
  readonly mean: number
  /** The standard deviation, above 0. */
  readonly deviation: number
}

/** A Student-t forecast of one value: location + scale · T. */
export interface StudentTForecast {
  readonly location: number
  /** Above 0; not the standard deviation, which is scale · √(ν / (ν - 2)). */
  readonly scale: number
  /** The degrees of freedom ν, above 1; few of them make far values likely. */
  readonly degrees: number
}

/**
 * The mean continuous ranked probability score of Gaussian forecasts, in the unit of the series. CRPS = ∫ (F(x) - 1{x >= y})² dx
 * compares the whole distribution with what came; where a forecast is one sure value, it is the absolute error. In closed form:
 *
 * CRPS = σ ( z (2Φ(z) - 1) + 2φ(z) - 1/√π ), z = (y - μ)/σ
 *
 * Throws `UsageError` for a deviation that is not above 0, no values and lists that differ in length, `NonFiniteError` for NaN and
 * infinities.
 *
 * Source: Gneiting and Raftery 2007, "Strictly proper scoring rules, prediction, and estimation".
 *
 * @example
 * gaussianCrps([20], [{ mean: 20, deviation: 1 }])  // 0.2337: √(2/π) - 1/√π
 */
export function gaussianCrps(actual: ArrayLike<number>, forecasts: readonly GaussianForecast[]): number {
  requireSameLength('gaussianCrps', actual, forecasts)
  requireNumbers('gaussianCrps: actual', actual)
  requireNumbers(
    'gaussianCrps: mean',
    forecasts.map(({ mean }) => mean),
  )
  requireAbove(
    'gaussianCrps: deviation',
    forecasts.map(({ deviation }) => deviation),
    0,
  )
  return meanOver('gaussianCrps', actual.length, (t) => {
    const { mean, deviation } = forecasts[t]
    const z = (actual[t] - mean) / deviation
    return deviation * (Math.abs(z) * normalWithin(z) + 2 * normalDensity(z) - 1 / Math.sqrt(Math.PI))
  })
}

/**
 * The mean continuous ranked probability score of Student-t forecasts (see `gaussianCrps`), in closed form:
 *
 * CRPS = s ( z (2F(z) - 1) + 2f(z) (ν + z²)/(ν - 1) - 2√ν/(ν - 1) · B(½, ν - ½) / B(½, ν/2)² ), z = (y - location)/s
 *
 * with f and F the density and distribution of Student's t with ν degrees of freedom, B the beta function.
 *
 * Throws `UsageError` for a scale that is not above 0 or degrees of freedom that are not above 1 (with 1 or fewer the score is
 * infinite), no values and lists that differ in length, `NonFiniteError` for NaN and infinities.
 *
 * Source: Jordan, Krüger and Lerch 2019, "Evaluating probabilistic forecasts with scoringRules".
 *
 * @example
 * studentTCrps([20], [{ location: 20, scale: 1, degrees: 5 }])  // 0.2570
 */
export function studentTCrps(actual: ArrayLike<number>, forecasts: readonly StudentTForecast[]): number {
  requireSameLength('studentTCrps', actual, forecasts)
  requireNumbers('studentTCrps: actual', actual)
  requireNumbers(
    'studentTCrps: location',
    forecasts.map(({ location }) => location),
  )
  requireAbove(
    'studentTCrps: scale',
    forecasts.map(({ scale }) => scale),
    0,
  )
  requireAbove(
    'studentTCrps: degrees',
    forecasts.map(({ degrees }) => degrees),
    1,
  )
  return meanOver('studentTCrps', actual.length, (t) => {
    const { location, scale, degrees } = forecasts[t]
    return scale * standardStudentCrps((actual[t] - location) / scale, degrees)
  })
}

function standardStudentCrps(z: number, degrees: number): number {
  const half = logHalfStep(degrees / 2)
  // f(z) (ν + z²) as one power: the two factors alone go to 0 and to infinity.
  const density = Math.exp(half + ((1 - degrees) / 2) * Math.log1p((z * z) / degrees))
  // B(½, a) = √π Γ(a) / Γ(a + ½)
  const betas = Math.exp(2 * half - logHalfStep(degrees - 0.5))
  const factor = (2 * Math.sqrt(degrees / Math.PI)) / (degrees - 1)
  return Math.abs(z) * (1 - studentTails(z, degrees)) + factor * (density - betas)
}
