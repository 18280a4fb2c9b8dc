import { gradientTarget, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { elementCost, functionCost } from '../work.js'

const kinds = {
  tanh: 0,
  sigmoid: 1,
  relu: 2,
  exp: 3,
  log: 4,
  sqrt: 5,
  square: 6,
  negate: 7,
  reciprocal: 8,
  logSigmoid: 9,
} as const

/** tanh x, element by element. */
export function tanh(x: Tensor): Tensor {
  return unary(kinds.tanh, x)
}

/** σ(x) = 1 / (1 + e^-x), element by element. */
export function sigmoid(x: Tensor): Tensor {
  return unary(kinds.sigmoid, x)
}

/** max(x, 0), element by element; the slope at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return unary(kinds.relu, x)
}

/** e^x, element by element. */
export function exp(x: Tensor): Tensor {
  return unary(kinds.exp, x)
}

/** The natural logarithm, element by element; NaN for negative numbers. */
export function log(x: Tensor): Tensor {
  return unary(kinds.log, x)
}

/** The square root, element by element; NaN for negative numbers. */
export function sqrt(x: Tensor): Tensor {
  return unary(kinds.sqrt, x)
}

/** x², element by element. */
export function square(x: Tensor): Tensor {
  return unary(kinds.square, x)
}

/** -x, element by element. */
export function negate(x: Tensor): Tensor {
  return unary(kinds.negate, x)
}

/** 1 / x, element by element. */
export function reciprocal(x: Tensor): Tensor {
  return unary(kinds.reciprocal, x)
}

/** log σ(x) = -log(1 + e^-x), element by element; finite however negative x is. */
export function logSigmoid(x: Tensor): Tensor {
  return unary(kinds.logSigmoid, x)
}

function unary(kind: number, x: Tensor): Tensor {
  const { engine, size: count } = x
  const y = engine.empty(x.shape)
  engine.run('unary', { kind, count, source: x.place, target: y.place }, count * functionCost)
  record(engine, [y], [x], () => {
    const target = gradientTarget(x)
    if (!target || !y.gradient) return
    const fields = {
      kind,
      count,
      source: x.place,
      result: y.place,
      gradient: y.gradient.place,
      target: target.gradient.place,
      accumulate: target.accumulate ? 1 : 0,
    }
    engine.run('unaryBackward', fields, count * elementCost)
  })
  return y
}
