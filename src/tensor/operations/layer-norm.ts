import { ShapeError } from '../../errors.js'
import type { Engine } from '../engine.js'
import { describe, matrixOf } from '../shapes.js'
import { gradientTarget, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { functionCost } from '../work.js'

/**
 * (x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis of `x` [..., N], with `weight` and `bias` [N] and the
 * variance divided by N. Throws a `ShapeError` for other shapes.
 *
 * Source: Ba, Kiros and Hinton (2016), "Layer normalization".
 */
export function layerNorm(x: Tensor, weight: Tensor, bias?: Tensor, epsilon = 1e-5): Tensor {
  const { rows, columns } = matrixOf(x.shape)
  if (weight.size !== columns || (bias && bias.size !== columns))
    throw new ShapeError(
      `layerNorm: x ${describe(x.shape)}, weight ${describe(weight.shape)} and bias ${bias ? describe(bias.shape) : 'none'} do not fit; expected weight and bias [${columns}]`,
    )
  const { engine } = x
  const y = engine.empty(x.shape)
  const means = engine.empty([rows])
  const deviations = engine.empty([rows])
  const statistics = () => ({ means: means.place, deviations: deviations.place })
  const common = () => ({ rows, columns, source: x.place, weight: weight.place, ...statistics() })
  engine.run(
    'layerNorm',
    { ...common(), bias: bias?.place ?? 0, epsilon, target: y.place },
    x.size * functionCost,
  )
  record(engine, [y], [x, weight, bias], () => {
    if (!y.gradient) return
    const target = gradientTarget(x)
    const to = { target: target?.gradient.place ?? 0, accumulate: target?.accumulate ? 1 : 0 }
    const weightGradient = zeroedTarget(engine, weight)
    const biasGradient = zeroedTarget(engine, bias)
    const fields = { ...common(), gradient: y.gradient.place, ...to, weightGradient, biasGradient }
    engine.run('layerNormBackward', fields, x.size * functionCost)
  })
  return y
}

// The kernel always adds to the gradients of weight and bias.
function zeroedTarget(engine: Engine, parameter: Tensor | undefined): number {
  const target = gradientTarget(parameter)
  if (!target) return 0
  const { gradient, accumulate } = target
  if (!accumulate) engine.run('fill', { count: gradient.size, target: gradient.place, value: 0 })
  return gradient.place
}
