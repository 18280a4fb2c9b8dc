import type { Tensor } from '../tensor/index.js'
import {
  add,
  addGradient,
  divide,
  exp,
  log,
  multiply,
  negate,
  record,
  scale,
  square,
  subtract,
} from '../tensor/index.js'
import { digamma, logGamma } from './gamma.js'
import { checkSameSize } from './reduction.js'
import { type WeighedOptions, weighed } from './weighed.js'

const LOG_ROOT_2PI = Math.log(2 * Math.PI) / 2

/**
 * What Gaussian forecasts cost: the negative log of the density that they give to what came, in nats, element by element.
 *
 * L = ½ z² + ln σ + ½ ln 2π, z = (y - μ)/σ; the deviation is given as ln σ, which may be any number.
 *
 * Throws a `ShapeError` unless all have equal shapes.
 *
 * ```ts
 * gaussianNll(engine.tensor([20]), engine.tensor([0]), engine.tensor([20])).item() // 0.918939: ½ ln 2π
 * ```
 */
export function gaussianNll(
  means: Tensor,
  logDeviations: Tensor,
  targets: Tensor,
  options: WeighedOptions = {},
): Tensor {
  checkSameSize('gaussianNll', 'means', means, targets)
  checkSameSize('gaussianNll', 'logDeviations', logDeviations, targets)
  const half = scale(square(standardised(means, logDeviations, targets)), 0.5)
  return weighed('gaussianNll', shifted(add(half, logDeviations), LOG_ROOT_2PI), options)
}

/**
 * The same for Student's t: location + scale · T with ν degrees of freedom, given as ln ν. Few degrees make far values likely, so that one
 * wild day does not spoil what is learned from all others.
 *
 * L = ln Γ(ν/2) - ln Γ((ν + 1)/2) + ½ ln νπ + ln s + (ν + 1)/2 ln(1 + z²/ν), z = (y - location)/s
 */
export function studentTNll(
  locations: Tensor,
  logScales: Tensor,
  logDegrees: Tensor,
  targets: Tensor,
  options: WeighedOptions = {},
): Tensor {
  for (const [name, tensor] of Object.entries({ locations, logScales, logDegrees }))
    checkSameSize('studentTNll', name, tensor, targets)
  const degrees = exp(logDegrees)
  const z = standardised(locations, logScales, targets)
  const spread = log(shifted(divide(square(z), degrees), 1))
  const tail = multiply(scale(shifted(degrees, 1), 0.5), spread)
  const constant = subtract(scale(logDegrees, 0.5), halfStep(scale(degrees, 0.5)))
  const losses = add(add(tail, logScales), shifted(constant, Math.log(Math.PI) / 2))
  return weighed('studentTNll', losses, options)
}

function standardised(centre: Tensor, logScale: Tensor, targets: Tensor): Tensor {
  return multiply(subtract(targets, centre), exp(negate(logScale)))
}

function shifted(x: Tensor, by: number): Tensor {
  return add(x, x.engine.full(x.shape, by))
}

/** ln Γ(a + ½) - ln Γ(a), element by element. */
function halfStep(a: Tensor): Tensor {
  const { engine } = a
  const values = a.data.map((value) => logGamma(value + 0.5) - logGamma(value))
  const result = engine.tensor(values, a.shape)
  const slopes = a.data.map((value) => digamma(value + 0.5) - digamma(value))
  record(engine, [result], [a], () => {
    if (!result.gradient) return
    const arriving = result.gradient.data
    addGradient(
      a,
      engine.tensor(
        slopes.map((slope, k) => slope * arriving[k]),
        a.shape,
      ),
    )
  })
  return result
}
