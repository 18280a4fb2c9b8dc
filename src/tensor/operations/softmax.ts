import { matrixOf } from '../shapes.js'
import { gradientTarget, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { functionCost } from '../work.js'

/** e^x_j / Σ_k e^x_k over the last axis, computed from the largest element so that nothing overflows. */
export function softmax(x: Tensor): Tensor {
  return normalised(x, 0)
}

/** The logarithm of `softmax`, exact where the probability itself would underflow. */
export function logSoftmax(x: Tensor): Tensor {
  return normalised(x, 1)
}

function normalised(x: Tensor, log: 0 | 1): Tensor {
  const { engine } = x
  const { rows, columns } = matrixOf(x.shape)
  const y = engine.empty(x.shape)
  engine.run('softmax', { rows, columns, source: x.place, target: y.place, log }, x.size * functionCost)
  record(engine, [y], [x], () => {
    const target = gradientTarget(x)
    if (!target || !y.gradient) return
    const from = { rows, columns, log, result: y.place, gradient: y.gradient.place }
    const accumulate = target.accumulate ? 1 : 0
    engine.run(
      'softmaxBackward',
      { ...from, target: target.gradient.place, accumulate },
      x.size * functionCost,
    )
  })
  return y
}
