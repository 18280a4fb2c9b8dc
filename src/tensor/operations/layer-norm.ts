import { ShapeError } from '../../errors.js'
import { describe, matrixOf } from '../shapes.js'
import { addedTarget, gradientTarget, record } from '../tape.js'
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
    const weightGradient = addedTarget(weight)?.place ?? 0
    const biasGradient = addedTarget(bias)?.place ?? 0
    const fields = { ...common(), gradient: y.gradient.place, ...to, weightGradient, biasGradient }
    engine.run('layerNormBackward', fields, x.size * functionCost)
  })
  return y
}
