import type { Engine, Shape, Tensor } from '../../src/tensor/index.js'
import * as ops from '../../src/tensor/index.js'
import { numbers } from './values.js'

/** An operation, the shapes to try it on, and what it should give, element by element, from plain arrays. */
export interface OperationCase {
  apply: (...inputs: Tensor[]) => Tensor
  shapes: readonly (readonly Shape[])[]
  expected: (inputs: number[][], shapes: readonly Shape[]) => number[]
  /** Brings the inputs into the operation's domain. */
  domain?: (value: number) => number
}

const ragged = [1, 15, 16, 17, 33, 130].map((size) => [[size]])
const matrices: Shape[][] = [[[1, 1]], [[3, 17]], [[5, 16]], [[2, 33]], [[4, 2, 15]]]
const positive = (value: number) => Math.fround(Math.abs(value) + 0.3)
const unary = (
  apply: OperationCase['apply'],
  f: (x: number) => number,
  domain?: OperationCase['domain'],
): OperationCase => ({
  apply,
  shapes: [...ragged, [[]], [[3, 5]]],
  expected: ([x]) => x.map(f),
  ...(domain ? { domain } : {}),
})
const pairs: Shape[][] = [
  ...ragged.map(([shape]) => [shape, shape]),
  ...[
    [[3, 17], [17]],
    [[17], [3, 17]],
    [
      [3, 17],
      [3, 1],
    ],
    [
      [3, 1],
      [3, 17],
    ],
    [[3, 17], []],
    [[], [3, 17]],
    [[5, 1], [7]],
  ],
  ...[
    [
      [3, 17],
      [1, 17],
    ],
    [
      [2, 3, 5],
      [3, 5],
    ],
    [
      [2, 3, 5],
      [2, 3, 1],
    ],
    [[2, 3, 5], [5]],
    [[1, 1], [4]],
    [[6, 1], [1]],
  ],
]
const binary = (
  apply: OperationCase['apply'],
  f: (a: number, b: number) => number,
  domain?: OperationCase['domain'],
): OperationCase => ({
  apply,
  shapes: pairs,
  expected: ([a, b], [left, right]) => broadcastReference(a, left, b, right, f),
  ...(domain ? { domain } : {}),
})

function broadcastReference(
  a: number[],
  left: Shape,
  b: number[],
  right: Shape,
  f: (a: number, b: number) => number,
) {
  const rank = Math.max(left.length, right.length)
  const [x, y] = [left, right].map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape])
  const shape = x.map((axis, i) => Math.max(axis, y[i]))
  const at = (operand: number[], index: number) => {
    let [place, stride, rest] = [0, 1, index]
    for (let axis = rank - 1; axis >= 0; axis--) {
      place += ((rest % shape[axis]) % operand[axis]) * stride
      stride *= operand[axis]
      rest = Math.floor(rest / shape[axis])
    }
    return place
  }
  return Array.from({ length: ops.sizeOf(shape) }, (_, i) => f(a[at(x, i)], b[at(y, i)]))
}

function rowsOf(x: number[], shape: Shape): number[][] {
  const { rows, columns } = ops.matrixOf(shape)
  return Array.from({ length: rows }, (_, i) => x.slice(i * columns, (i + 1) * columns))
}

function softmaxRow(row: number[]): number[] {
  const largest = Math.max(...row)
  const exponentials = row.map((x) => Math.exp(x - largest))
  const total = exponentials.reduce((a, b) => a + b)
  return exponentials.map((e) => e / total)
}

/** The sum of numbers. */
export function total(values: number[]): number {
  return values.reduce((a, b) => a + b, 0)
}

function sumOver(x: number[], shape: Shape, axis: number): number[] {
  const inner = ops.sizeOf(shape.slice(axis + 1))
  const result = Array<number>(x.length / shape[axis]).fill(0)
  for (const [i, value] of x.entries())
    result[Math.floor(i / (inner * shape[axis])) * inner + (i % inner)] += value
  return result
}

/** The matrix product from plain arrays. */
export function productReference(
  a: number[],
  b: number[],
  rows: number,
  inner: number,
  columns: number,
): number[] {
  return Array.from({ length: rows * columns }, (_, e) => {
    const [i, j] = [Math.floor(e / columns), e % columns]
    return total(Array.from({ length: inner }, (_, k) => a[i * inner + k] * b[k * columns + j]))
  })
}

/** Every operation, on ragged sizes and with every kind of broadcast. */
export const operationCases: Record<string, OperationCase> = {
  tanh: unary(ops.tanh, Math.tanh),
  sigmoid: unary(ops.sigmoid, (x) => 1 / (1 + Math.exp(-x))),
  relu: unary(ops.relu, (x) => Math.max(x, 0)),
  logSigmoid: unary(ops.logSigmoid, (x) => -Math.log1p(Math.exp(-x))),
  exp: unary(ops.exp, Math.exp),
  log: unary(ops.log, Math.log, positive),
  sqrt: unary(ops.sqrt, Math.sqrt, positive),
  square: unary(ops.square, (x) => x * x),
  negate: unary(ops.negate, (x) => -x),
  reciprocal: unary(ops.reciprocal, (x) => 1 / x, positive),
  scale: unary(
    (x) => ops.scale(x, -2.5),
    (x) => -2.5 * x,
  ),
  oneMinus: unary(ops.oneMinus, (x) => 1 - x),
  add: binary(ops.add, (a, b) => a + b),
  subtract: binary(ops.subtract, (a, b) => a - b),
  multiply: binary(ops.multiply, (a, b) => a * b),
  divide: binary(ops.divide, (a, b) => a / b, positive),
  'multiply with itself': {
    ...unary(
      (x) => ops.multiply(x, x),
      (x) => x * x,
    ),
  },
  softmax: {
    apply: ops.softmax,
    shapes: matrices,
    expected: ([x], [shape]) => rowsOf(x, shape).flatMap(softmaxRow),
  },
  logSoftmax: {
    apply: ops.logSoftmax,
    shapes: matrices,
    expected: ([x], [shape]) => rowsOf(x, shape).flatMap((row) => softmaxRow(row).map(Math.log)),
  },
  'sum of all': { apply: (x) => ops.sum(x), shapes: [...ragged, ...matrices], expected: ([x]) => [total(x)] },
  'sum over the first axis': {
    apply: (x) => ops.sum(x, 0),
    shapes: [...ragged, ...matrices],
    expected: ([x], [shape]) => sumOver(x, shape, 0),
  },
  'sum over the last axis': {
    apply: (x) => ops.sum(x, -1),
    shapes: [...ragged, ...matrices],
    expected: ([x], [shape]) => sumOver(x, shape, shape.length - 1),
  },
  'sum over a middle axis': {
    apply: (x) => ops.sum(x, 1),
    shapes: [[[2, 3, 17]], [[3, 16, 2]], [[2, 5, 1]]],
    expected: ([x], [shape]) => sumOver(x, shape, 1),
  },
  mean: {
    apply: (x) => ops.mean(x, 0),
    shapes: matrices,
    expected: ([x], [shape]) => sumOver(x, shape, 0).map((value) => value / shape[0]),
  },
  'mean of all': { apply: (x) => ops.mean(x), shapes: ragged, expected: ([x]) => [total(x) / x.length] },
  max: {
    apply: ops.max,
    shapes: matrices,
    expected: ([x], [shape]) => rowsOf(x, shape).map((row) => Math.max(...row)),
  },
  matmul: {
    apply: ops.matmul,
    shapes: [
      [1, 1, 1],
      [1, 16, 17],
      [5, 3, 2],
      [17, 33, 15],
      [7, 1, 64],
      [33, 65, 16],
      [2, 300, 3],
    ].map(([m, k, n]) => [
      [m, k],
      [k, n],
    ]),
    expected: ([a, b], [left, right]) => productReference(a, b, left[0], left[1], right[1]),
  },
  'linear with bias': {
    apply: ops.linear,
    shapes: [
      [[3, 17], [15, 17], [15]],
      [[1, 1], [1, 1], [1]],
      [[2, 3, 5], [33, 5], [33]],
      [[16], [4, 16], [4]],
    ],
    expected: ([x, weight, bias], [shape, [outputs, inputs]]) => {
      const turned = Array.from(weight, (_, i) => weight[(i % outputs) * inputs + Math.floor(i / outputs)])
      const rows = ops.sizeOf(shape) / inputs
      return productReference(x, turned, rows, inputs, outputs).map((value, i) => value + bias[i % outputs])
    },
  },
  'concat along the first axis': {
    apply: (...parts) => ops.concat(parts, 0),
    shapes: [
      [
        [1, 3],
        [2, 3],
      ],
      [[17], [1], [16]],
    ],
    expected: (parts) => parts.flat(),
  },
  'concat along the last axis': {
    apply: (...parts) => ops.concat(parts, -1),
    shapes: [
      [
        [3, 1],
        [3, 17],
        [3, 16],
      ],
      [
        [2, 2, 3],
        [2, 2, 1],
      ],
    ],
    expected: (parts, shapes) =>
      rowsOf(parts[0], shapes[0]).flatMap((_, i) => parts.flatMap((part, p) => rowsOf(part, shapes[p])[i])),
  },
  slice: {
    apply: (x) => ops.slice(x, -1, 1, -1),
    shapes: [[[3]], [[17]], [[3, 35]], [[2, 3, 4]]],
    expected: ([x], [shape]) => rowsOf(x, shape).flatMap((row) => row.slice(1, -1)),
  },
  'slice of rows': {
    apply: (x) => ops.slice(x, 0, 1, 3),
    shapes: [[[3, 17]], [[4, 2, 3]], [[5]]],
    expected: ([x], [shape]) => x.slice(x.length / shape[0], (3 * x.length) / shape[0]),
  },
  'parts of split, in another order': {
    apply: (x) => {
      const [a, b, c] = ops.split(x, 3, 1)
      return ops.concat([c, a, ops.tanh(b), a], 1)
    },
    shapes: [[[2, 3]], [[5, 51]], [[2, 6, 3]]],
    expected: ([x], [shape]) => {
      const width = ops.sizeOf(shape.slice(1)) / 3
      return rowsOf(x, [shape[0], 3 * width]).flatMap((row) => {
        const [a, b, c] = rowsOf(row, [3, width])
        return [c, a, b.map(Math.tanh), a].flat()
      })
    },
  },
  'one part of split': {
    apply: (x) => ops.split(x, 2, 1)[1],
    shapes: [[[3, 34]]],
    expected: ([x], [shape]) => rowsOf(x, shape).flatMap((row) => row.slice(row.length / 2)),
  },
  transpose: {
    apply: ops.transpose,
    shapes: [[[1, 5]], [[17, 3]], [[16, 33]]],
    expected: ([x], [[rows, columns]]) => x.map((_, i) => x[(i % rows) * columns + Math.floor(i / rows)]),
  },
  reshape: {
    apply: (x) => ops.tanh(ops.reshape(x, [-1])),
    shapes: matrices,
    expected: ([x]) => x.map(Math.tanh),
  },
  'gatherRows of everything': {
    apply: (x) => ops.gatherRows(x, x.engine.indices([2, 0, -1, 2, 1])),
    shapes: [[[3, 17]], [[3]], [[3, 2, 5]]],
    expected: ([x], [shape]) => {
      const rows = rowsOf(x, [3, ops.sizeOf(shape) / 3])
      return [2, 0, -1, 2, 1].flatMap((row) => rows[row] ?? rows[0].map(() => 0))
    },
  },
  embeddingBag: {
    apply: (table) =>
      ops.embeddingBag(table, table.engine.indices([0, 2, 2, 5]), table.engine.indices([1, 0, 3, 3, 2])),
    shapes: [[[4, 17]], [[4, 3]]],
    expected: ([x], [shape]) => {
      const rows = rowsOf(x, shape)
      return [[1, 0], [], [3, 3, 2]].flatMap((bag) =>
        rows[0].map((_, j) => total(bag.map((row) => rows[row][j]))),
      )
    },
  },
  'weighted embeddingBag': {
    apply: (table) => {
      const { engine } = table
      const weights = engine.tensor([0.5, -1, 2])
      return ops.embeddingBag(table, engine.indices([0, 1, 3]), engine.indices([1, 0, 1]), weights)
    },
    shapes: [[[2, 17]]],
    expected: ([x], [shape]) => {
      const [first, second] = rowsOf(x, shape)
      return [...second.map((value) => 0.5 * value), ...first.map((value, j) => -value + 2 * second[j])]
    },
  },
  layerNorm: {
    apply: (x, weight, bias) => ops.layerNorm(x, weight, bias, 1e-3),
    shapes: [
      [[3, 17], [17], [17]],
      [[2, 3, 16], [16], [16]],
      [[1, 33], [33], [33]],
    ],
    expected: ([x, weight, bias], [shape]) =>
      rowsOf(x, shape).flatMap((row) => {
        const middle = total(row) / row.length
        const variance = total(row.map((value) => (value - middle) ** 2)) / row.length
        return row.map((value, j) => ((value - middle) / Math.sqrt(variance + 1e-3)) * weight[j] + bias[j])
      }),
  },
  'layerNorm without bias': {
    apply: (x, weight) => ops.layerNorm(x, weight),
    shapes: [[[2, 5], [5]]],
    expected: ([x, weight], [shape]) =>
      rowsOf(x, shape).flatMap((row) => {
        const middle = total(row) / row.length
        const variance = total(row.map((value) => (value - middle) ** 2)) / row.length
        return row.map((value, j) => ((value - middle) / Math.sqrt(variance + 1e-5)) * weight[j])
      }),
  },
}

/** Seeded inputs in the operation's domain. */
export function inputsOf(
  engine: Engine,
  { domain = (value) => value }: OperationCase,
  shapes: readonly Shape[],
): Tensor[] {
  return shapes.map((shape, i) => engine.tensor(numbers(shape, `input ${i}`).map(domain), shape))
}
