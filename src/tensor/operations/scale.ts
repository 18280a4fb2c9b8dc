import { addGradient, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { elementCost } from '../work.js'

/** factor * x, for a plain number. */
export function scale(x: Tensor, factor: number): Tensor {
  const { engine, size: count } = x
  const y = engine.empty(x.shape)
  engine.run(
    'scaleAdd',
    { count, source: x.place, scale: factor, target: y.place, targetScale: 0 },
    count * elementCost,
  )
  record(engine, [y], [x], () => y.gradient && addGradient(x, y.gradient, factor))
  return y
}

/** 1 - x: the other side of a gate. */
export function oneMinus(x: Tensor): Tensor {
  const { engine, size: count } = x
  const y = engine.full(x.shape, 1)
  engine.run(
    'scaleAdd',
    { count, source: x.place, scale: -1, target: y.place, targetScale: 1 },
    count * elementCost,
  )
  record(engine, [y], [x], () => y.gradient && addGradient(x, y.gradient, -1))
  return y
}
