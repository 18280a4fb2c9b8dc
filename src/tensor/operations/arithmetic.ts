import type { Broadcast, BroadcastOperand } from '../shapes.js'
import { broadcast, matrixOf } from '../shapes.js'
import { addGradient, checkEngines, gradientTarget, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { elementCost } from '../work.js'
import { addRowSums } from './row-sums.js'

const kinds = { add: 0, subtract: 1, multiply: 2, divide: 3 } as const
type Kind = keyof typeof kinds

/**
 * a + b. Shapes are equal or broadcast: `[M, N]` with `[N]`, `[M, 1]` or `[]` on either side. Throws a `ShapeError` otherwise.
 *
 * ```ts
 * add(engine.tensor([[1, 2], [3, 4]]), engine.tensor([10, 20])).toArray() // [[11, 22], [13, 24]]
 * ```
 */
export function add(a: Tensor, b: Tensor): Tensor {
  const { result, walk } = combine('add', a, b)
  record(a.engine, [result], [a, b], () => {
    if (!result.gradient) return
    addReduced(a, walk.a, result.gradient, walk, 1)
    addReduced(b, walk.b, result.gradient, walk, 1)
  })
  return result
}

/** a - b, with the shapes of `add`. */
export function subtract(a: Tensor, b: Tensor): Tensor {
  const { result, walk } = combine('subtract', a, b)
  record(a.engine, [result], [a, b], () => {
    if (!result.gradient) return
    addReduced(a, walk.a, result.gradient, walk, 1)
    addReduced(b, walk.b, result.gradient, walk, -1)
  })
  return result
}

/** a b, element by element, with the shapes of `add`. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  const { result, walk } = combine('multiply', a, b)
  record(a.engine, [result], [a, b], () => {
    if (!result.gradient) return
    addCombined('multiply', a, walk.a, result.gradient, b, walk.b, walk)
    addCombined('multiply', b, walk.b, result.gradient, a, walk.a, walk)
  })
  return result
}

/** a / b, element by element, with the shapes of `add`. */
export function divide(a: Tensor, b: Tensor): Tensor {
  const { result, walk } = combine('divide', a, b)
  record(a.engine, [result], [a, b], () => {
    if (!result.gradient) return
    addCombined('divide', a, walk.a, result.gradient, b, walk.b, walk)
    if (!b.requiresGradient) return
    const dense = denseOperand(walk)
    const product = a.engine.empty(walk.shape)
    runBinary('multiply', walk, result.gradient, dense, result, dense, product, false)
    const quotient = a.engine.empty(walk.shape)
    runBinary('divide', walk, product, dense, b, walk.b, quotient, false)
    addReduced(b, walk.b, quotient, walk, -1) // d(a/b)/db = -(a/b)/b
  })
  return result
}

function combine(kind: Kind, a: Tensor, b: Tensor): { result: Tensor; walk: Broadcast } {
  checkEngines(a.engine, [b])
  const walk = broadcast(kind, a.shape, b.shape)
  const result = a.engine.empty(walk.shape)
  runBinary(kind, walk, a, walk.a, b, walk.b, result, false)
  return { result, walk }
}

function denseOperand(walk: Broadcast): BroadcastOperand {
  return { rowStride: walk.columns, columnStride: 1 }
}

function runBinary(
  kind: Kind,
  walk: Broadcast,
  a: Tensor,
  aWalk: BroadcastOperand,
  b: Tensor,
  bWalk: BroadcastOperand,
  target: Tensor,
  accumulate: boolean,
): void {
  // One literal: spreading objects would take longer than a small job.
  const fields = {
    kind: kinds[kind],
    rows: walk.rows,
    columns: walk.columns,
    a: a.place,
    aRowStride: aWalk.rowStride,
    aColumnStride: aWalk.columnStride,
    b: b.place,
    bRowStride: bWalk.rowStride,
    bColumnStride: bWalk.columnStride,
    target: target.place,
    accumulate: accumulate ? 1 : 0,
  }
  a.engine.run('binary', fields, target.size * elementCost)
}

// Gradient of `input` (+)= gradient (kind) other, summed over what `input` repeats along.
function addCombined(
  kind: Kind,
  input: Tensor,
  inputWalk: BroadcastOperand,
  gradient: Tensor,
  other: Tensor,
  otherWalk: BroadcastOperand,
  walk: Broadcast,
): void {
  if (!input.requiresGradient) return
  const dense = denseOperand(walk)
  if (input.size === gradient.size) {
    const target = gradientTarget(input)
    if (target) runBinary(kind, walk, gradient, dense, other, otherWalk, target.gradient, target.accumulate)
    return
  }
  const whole = gradient.engine.empty(walk.shape)
  runBinary(kind, walk, gradient, dense, other, otherWalk, whole, false)
  addReduced(input, inputWalk, whole, walk, 1)
}

// Gradient of `input` (+)= scale * gradient, summed over what `input` repeats along.
function addReduced(
  input: Tensor,
  inputWalk: BroadcastOperand,
  gradient: Tensor,
  walk: Broadcast,
  scale: number,
): void {
  if (!input.requiresGradient) return
  if (input.size === gradient.size) {
    addGradient(input, gradient, scale)
    return
  }
  if (input.size > 1 && inputWalk.columnStride === 0) addGradient(input, sumOfRows(gradient, walk), scale)
  else if (input.size > 1) addRowSums(input, scaled(gradient, scale))
  else addRowSums(input, scaled(sumOfRows(gradient, matrixOf(walk.shape)), scale))
}

// The sum of each row [rows].
function sumOfRows(x: Tensor, { rows, columns }: Pick<Broadcast, 'rows' | 'columns'>): Tensor {
  const sums = x.engine.empty([rows])
  const fields = { kind: 0, rows, columns, source: x.place, target: sums.place, arg: 0 }
  x.engine.run('rowReduce', fields, x.size * elementCost)
  return sums
}

function scaled(x: Tensor, scale: number): Tensor {
  if (scale === 1) return x
  const { engine, size: count } = x
  const target = engine.empty(x.shape)
  const fields = { count, source: x.place, scale, target: target.place, targetScale: 0 }
  engine.run('scaleAdd', fields, count * elementCost)
  return target
}
