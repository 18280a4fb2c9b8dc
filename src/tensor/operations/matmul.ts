import { ShapeError } from '../../errors.js'
import type { Engine } from '../engine.js'
import { describe } from '../shapes.js'
import { checkEngines, gradientTarget, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { addRowProducts, addRowSums } from './row-sums.js'

/**
 * The matrix product of `a` [M, K] and `b` [K, N]: [M, N]. Every element is one running sum over K, whatever M is: a row's
 * result does not depend on the batch. Throws a `ShapeError` for other shapes.
 *
 * ```ts
 * matmul(engine.tensor([[1, 2]]), engine.tensor([[3], [4]])).toArray() // [[11]]
 * ```
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[1] !== b.shape[0])
    throw new ShapeError(
      `matmul: ${describe(a.shape)} and ${describe(b.shape)} do not fit; expected [M, K] and [K, N]`,
    )
  const { engine } = a
  checkEngines(engine, [b])
  const [rows, inner] = a.shape
  const columns = b.shape[1]
  const c = engine.empty([rows, columns])
  multiplyPacked(engine, rowMajor(a, rows, inner), engine.packed(b, false), c, columns)
  record(engine, [c], [a, b], () => {
    if (!c.gradient) return
    const toA = gradientTarget(a) // da = dc bᵀ
    if (toA)
      multiplyPacked(
        engine,
        rowMajor(c.gradient, rows, columns),
        engine.packed(b, true),
        toA.gradient,
        inner,
        toA,
      )
    const { gradient } = c
    addRowProducts(b, a, () => gradient) // db = aᵀ dc
  })
  return c
}

/**
 * x Wᵀ + b for `x` [..., inputs], `weight` [outputs, inputs] (PyTorch's layout) and `bias` [outputs]: [..., outputs].
 * Throws a `ShapeError` for other shapes.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [outputs, inputs] = weight.shape
  if (weight.shape.length !== 2 || x.shape.at(-1) !== inputs)
    throw new ShapeError(
      `linear: x ${describe(x.shape)} and weight ${describe(weight.shape)} do not fit; expected x [..., inputs] and weight [outputs, inputs]`,
    )
  if (bias && bias.size !== outputs)
    throw new ShapeError(
      `linear: weight ${describe(weight.shape)} and bias ${describe(bias.shape)} do not fit; expected bias [${outputs}]`,
    )
  const { engine } = x
  checkEngines(engine, [weight, bias])
  const rows = x.size / inputs
  const y = engine.empty([...x.shape.slice(0, -1), outputs])
  const packedBias = bias ? engine.packed(bias, false) : 0
  multiplyPacked(
    engine,
    rowMajor(x, rows, inputs),
    engine.packed(weight, true),
    y,
    outputs,
    undefined,
    packedBias,
  )
  record(engine, [y], [x, weight, bias], () => {
    if (!y.gradient) return
    const toX = gradientTarget(x) // dx = dy W
    if (toX)
      multiplyPacked(
        engine,
        rowMajor(y.gradient, rows, outputs),
        engine.packed(weight, false),
        toX.gradient,
        inputs,
        toX,
      )
    const x2 = () => (x.shape.length === 2 ? x : x.view([rows, inputs]))
    addRowProducts(weight, y.gradient, x2) // dW = dyᵀ x
    addRowSums(bias, y.gradient)
  })
  return y
}

interface Left {
  rows: number
  inner: number
  a: number
  aRowStride: number
  aColumnStride: number
}

function rowMajor(a: Tensor, rows: number, inner: number): Left {
  return { rows, inner, a: a.place, aRowStride: inner, aColumnStride: 1 }
}

function multiplyPacked(
  engine: Engine,
  left: Left,
  packed: number,
  c: Tensor,
  columns: number,
  mode?: { accumulate: boolean },
  bias = 0,
): void {
  const { rows, inner } = left
  const fields = {
    rows,
    inner,
    columns,
    a: left.a,
    aRowStride: left.aRowStride,
    aColumnStride: left.aColumnStride,
    packed,
    bias,
    c: c.place,
    cRowStride: columns,
    accumulate: mode?.accumulate ? 1 : 0,
  }
  engine.run('matmul', fields, rows * inner * columns)
}
