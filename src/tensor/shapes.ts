import { ShapeError } from '../errors.js'

/** The sizes of a tensor's axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[]

/** Numbers in nested arrays, as written by hand: `[[1, 2], [3, 4]]`. */
export type NestedNumbers = readonly (number | NestedNumbers)[]

/** How many elements a shape holds. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (const axis of shape) size *= axis
  return size
}

/** A shape as it stands in messages: `[2, 3]`. */
export function describe(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** The kernels count elements in 32 bits with a sign, rounded up to whole runs of vectors. */
const mostElements = 2 ** 31 - 2 ** 16

/** Throws a `ShapeError` unless every axis is a positive whole number and the elements can be counted. */
export function checkShape(operation: string, shape: Shape): void {
  for (const axis of shape)
    if (!Number.isInteger(axis) || axis < 1)
      throw new ShapeError(
        `${operation}: got shape ${describe(shape)}; expected every axis to be a positive whole number`,
      )
  if (sizeOf(shape) > mostElements)
    throw new ShapeError(
      `${operation}: got shape ${describe(shape)} of ${sizeOf(shape)} elements; expected at most ${mostElements}`,
    )
}

/** A tensor's shape seen as a matrix: everything before the last axis as rows, the last axis as columns. */
export function matrixOf(shape: Shape): { rows: number; columns: number } {
  const columns = shape.length === 0 ? 1 : shape[shape.length - 1]
  return { rows: sizeOf(shape) / columns, columns }
}

/** The axis counted from 0; -1 is the last. Throws a `ShapeError` when the shape has no such axis. */
export function resolveAxis(operation: string, shape: Shape, axis: number): number {
  const resolved = axis < 0 ? axis + shape.length : axis
  if (!Number.isInteger(resolved) || resolved < 0 || resolved >= shape.length)
    throw new ShapeError(
      `${operation}: got axis ${axis} for shape ${describe(shape)}; expected ${-shape.length} to ${shape.length - 1}`,
    )
  return resolved
}

/** The products of the axes before and after one axis, which cut memory into `outer` x `shape[axis]` x `inner`. */
export function around(shape: Shape, axis: number): { outer: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), inner: sizeOf(shape.slice(axis + 1)) }
}

/** The shape with one axis of -1 worked out from the size. Throws a `ShapeError` when the sizes differ. */
export function resolveShape(operation: string, from: Shape, to: Shape): Shape {
  const known = sizeOf(to.filter((axis) => axis !== -1))
  const size = sizeOf(from)
  const resolved = to.map((axis) => (axis === -1 ? size / known : axis))
  if (to.filter((axis) => axis === -1).length > 1 || sizeOf(resolved) !== size)
    throw new ShapeError(
      `${operation}: ${describe(from)} has ${size} elements and cannot become ${describe(to)}; expected a shape of the same size, with at most one -1`,
    )
  checkShape(operation, resolved)
  return resolved
}

/** The shape of nested arrays. Throws a `ShapeError` when rows differ in length. */
export function shapeOfNested(values: number | ArrayLike<number> | NestedNumbers): Shape {
  if (typeof values === 'number') return []
  const first = values[0]
  if (first === undefined || typeof first === 'number') return [values.length]
  const inner = shapeOfNested(first)
  const rows = Array.from(values as NestedNumbers)
  for (const [i, row] of rows.entries())
    if (typeof row === 'number' || !sameShape(shapeOfNested(row), inner))
      throw new ShapeError(
        `tensor: row ${i} has shape ${describe(typeof row === 'number' ? [] : shapeOfNested(row))} and row 0 has ${describe(inner)}; expected rows of one shape`,
      )
  return [values.length, ...inner]
}

/** Nested arrays of numbers as one flat list. */
export function flatten(values: number | ArrayLike<number> | NestedNumbers): ArrayLike<number> {
  if (typeof values === 'number') return [values]
  if (typeof values[0] === 'number' || values.length === 0) return values as ArrayLike<number>
  return Array.from(values as NestedNumbers).flatMap((row) => Array.from(flatten(row)))
}

/** A flat list of numbers in nested arrays of the given shape. */
export function nest(values: ArrayLike<number>, shape: Shape): number | NestedNumbers {
  if (shape.length === 0) return values[0]
  const [length, ...rest] = shape
  if (rest.length === 0) return Array.from(values)
  const stride = sizeOf(rest)
  const flat = Array.from(values)
  return Array.from({ length }, (_, i) => nest(flat.slice(i * stride, (i + 1) * stride), rest))
}

/** How one operand of a broadcast is walked: strides in elements, 0 where it repeats. */
export interface BroadcastOperand {
  rowStride: number
  columnStride: number
}

/** Two operands and their result seen as one matrix of `rows` x `columns`. */
export interface Broadcast {
  shape: Shape
  rows: number
  columns: number
  a: BroadcastOperand
  b: BroadcastOperand
}

/**
 * Lines two shapes up from the last axis, NumPy's way: an axis of 1 (or a missing one) repeats. The repeated axes of an
 * operand must be all of its leading or all of its trailing ones, so that the pair can be walked as one matrix:
 * `[M, N]` with `[M, N]`, `[N]`, `[1, N]`, `[M, 1]`, `[1]` or `[]`, and `[B, T, N]` with `[N]`, `[T, N]`, `[B, T, 1]`, `[B, 1, 1]`.
 * Throws a `ShapeError` otherwise.
 */
export function broadcast(operation: string, a: Shape, b: Shape): Broadcast {
  if (sameShape(a, b)) {
    const columns = sizeOf(a)
    const dense = { rowStride: columns, columnStride: 1 }
    return { shape: a, rows: 1, columns, a: dense, b: dense }
  }
  const rank = Math.max(a.length, b.length)
  const padded = (shape: Shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]
  const [left, right] = [padded(a), padded(b)]
  const shape = left.map((axis, i) => (axis === 1 ? right[i] : axis))
  const fits = shape.every(
    (axis, i) => (left[i] === axis || left[i] === 1) && (right[i] === axis || right[i] === 1),
  )
  for (let cut = 0; fits && cut <= rank; cut++) {
    const first = operandOf(left, shape, cut)
    const second = operandOf(right, shape, cut)
    if (first && second)
      return {
        shape,
        rows: sizeOf(shape.slice(0, cut)),
        columns: sizeOf(shape.slice(cut)),
        a: first,
        b: second,
      }
  }
  throw new ShapeError(
    `${operation}: ${describe(a)} and ${describe(b)} do not fit; expected equal shapes, or one that repeats along leading or trailing axes: [M, N] with [N], [M, 1] or []`,
  )
}

function operandOf(operand: Shape, shape: Shape, cut: number): BroadcastOperand | undefined {
  const [outer, inner] = [operand.slice(0, cut), operand.slice(cut)]
  const [outerSize, innerSize] = [sizeOf(outer), sizeOf(inner)]
  const outerFull = outerSize === sizeOf(shape.slice(0, cut))
  const innerFull = innerSize === sizeOf(shape.slice(cut))
  if ((!outerFull && outerSize !== 1) || (!innerFull && innerSize !== 1)) return undefined
  return { rowStride: outerFull ? innerSize : 0, columnStride: innerFull ? 1 : 0 }
}
