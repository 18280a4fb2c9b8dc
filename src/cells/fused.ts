import type { Engine, Packed, Tensor } from '../tensor/index.js'
import {
  addedTarget,
  addGradient,
  addRowProducts,
  addRowSums,
  elementCost,
  gradientTarget,
} from '../tensor/index.js'
import type { Parameters, State } from './cell.js'
import { checkInput, checkState } from './parameters.js'

/** Rows whose gates the kernels hold at once when nothing is kept for the backward pass. */
const inferenceRows = 64

/** What every fused run over packed sequences has in common. */
export interface SequenceCall {
  engine: Engine
  parameters: Parameters
  x: Packed
  initial: State | undefined
  inputSize: number
  hiddenSize: number
  /** Whether the activations of all steps are kept. */
  keep: boolean
  /** Whether the gradients of the states of all steps are kept as well. */
  keepGradients: boolean
  /** Rows of the kernels' gates: all of them when kept, otherwise a work area. */
  gateRows: number
  /** Everything a gradient may flow to. */
  inputs: (Tensor | undefined)[]
  /** h of all steps [rows, hiddenSize]. */
  y: Tensor
  /** Multiplications in the products. */
  work: number
  /** The fields that forward and backward jobs share; places are looked up when it is called. */
  shape(): { steps: number; hiddenSize: number; batchSizes: number }
}

/** Checks the arguments of a fused run and makes its output. Throws a `ShapeError` that names the cell. */
export function beginSequence(
  cell: string,
  gates: number,
  parameters: Parameters,
  x: Packed,
  initial: State | undefined,
  keep: boolean,
): SequenceCall {
  const { layout, data } = x
  checkInput(cell, parameters, data)
  const { engine } = data
  const { weight_ih, weight_hh } = parameters
  const [, inputSize] = weight_ih.shape
  const hiddenSize = weight_ih.shape[0] / gates
  if (initial) checkState(cell, initial, layout.batch, () => hiddenSize)
  const inputs = [data, ...Object.values(parameters), ...Object.values(initial ?? {})]
  const differentiable = engine.recording && inputs.some((input) => input.requiresGradient)
  const kept = keep || differentiable
  const batchSizes = engine.indices(layout.batchSizes)
  return {
    engine,
    parameters,
    x,
    initial,
    inputSize,
    hiddenSize,
    keep: kept,
    keepGradients: keep && differentiable,
    gateRows: kept ? layout.rows : Math.max(layout.batch, Math.min(layout.rows, inferenceRows)),
    inputs,
    y: engine.empty([layout.rows, hiddenSize]),
    work: layout.rows * (weight_ih.size + (weight_hh?.size ?? 0)),
    shape: () => ({ steps: layout.steps, hiddenSize, batchSizes: batchSizes.place }),
  }
}

/** h after the last step of every sequence [batch, hiddenSize], in sorted order; not recorded. */
export function lastRows({ engine, x, y, hiddenSize }: SequenceCall): Tensor {
  const { batch } = x.layout
  const result = engine.empty([batch, hiddenSize])
  const indices = engine.indices(x.layout.lastRows())
  const fields = { count: batch, columns: hiddenSize, indices: indices.place }
  engine.run('gatherRows', { ...fields, source: y.place, target: result.place }, result.size)
  return result
}

/** Where the backward kernels leave the gradients of the states of every step, [rows, hiddenSize] by name; empty unless they are wanted. */
export function stateGradients<Name extends string>(
  { engine, keepGradients, y }: SequenceCall,
  names: readonly Name[],
): Partial<Record<Name, Tensor>> {
  if (!keepGradients) return {}
  return Object.fromEntries(names.map((name) => [name, engine.zeros(y.shape)])) as Record<Name, Tensor>
}

/** A copy of the gradient of a final state, zeros when it has none: the backward kernels turn it into that of the initial state. */
export function stateGradient(final: Tensor): Tensor {
  const { engine, gradient, size } = final
  if (!gradient) return engine.zeros(final.shape)
  const copy = engine.empty(final.shape)
  engine.run(
    'scaleAdd',
    { count: size, source: gradient.place, scale: 1, target: copy.place, targetScale: 0 },
    size,
  )
  return copy
}

/**
 * The gradients of weights, biases and input from those of the sums, [rows, gates·H]: `inputSums` of W_ih x + b_ih and `hiddenSums`
 * of W_hh h + b_hh. Every weight gets one product over all steps of all sequences.
 */
export function sumGradients(call: SequenceCall, inputSums: Tensor, hiddenSums: Tensor): void {
  productGradients(call, inputSums, hiddenSums)
  addRowSums(call.parameters.bias_ih, inputSums)
  addRowSums(call.parameters.bias_hh, hiddenSums)
}

/** The gradients of weights and input alone, from those of the products W_ih x and W_hh h. */
export function productGradients(call: SequenceCall, inputSums: Tensor, hiddenSums: Tensor): void {
  const { engine, x, parameters } = call
  const { weight_ih, weight_hh } = parameters
  const { data, layout } = x
  addRowProducts(weight_ih, inputSums, () => data)
  addRowProducts(weight_hh, hiddenSums, () => previousStates(call, call.y, call.initial?.h))
  const target = gradientTarget(data) // dx = d(sums) W_ih
  if (!target) return
  const [inner, columns] = weight_ih.shape
  const a = { rows: layout.rows, inner, columns, a: inputSums.place, aRowStride: inner, aColumnStride: 1 }
  const to = { c: target.gradient.place, cRowStride: columns, accumulate: target.accumulate ? 1 : 0 }
  engine.run(
    'matmul',
    { ...a, packed: engine.packed(weight_ih, false), bias: 0, ...to },
    layout.rows * inner * columns,
  )
}

/** Adds to the gradient of a weight that every unit has for itself, [H]: Σ over all rows of the sums of one gate times `values`. */
export function addColumnProducts(
  weight: Tensor | undefined,
  sums: Tensor,
  gate: number,
  values: Tensor,
): void {
  const target = addedTarget(weight)
  if (!target) return
  const { engine, size, shape } = values
  const [rows, columns] = shape
  const a = sums.place + (gate * columns * engine.bytesPerReal) / 4
  const b = { b: values.place, bRowStride: columns, target: target.place }
  engine.run('columnProducts', { rows, columns, a, aRowStride: sums.shape[1], ...b }, size * elementCost)
}

/**
 * A state before every step [rows, hiddenSize], from that after every step: the one of the row's sequence a step earlier, the initial
 * state at step 0.
 */
export function previousStates(
  { engine, x, hiddenSize }: SequenceCall,
  states: Tensor,
  initial: Tensor | undefined,
): Tensor {
  const { layout } = x
  const indices = engine.indices(new Int32Array(layout.rows))
  const rows = indices.data
  layout.forEachRow((row, position, step) => {
    rows[row] = step === 0 ? -1 : layout.rowOf(position, step - 1)
  })
  const before = engine.empty(states.shape)
  const gather = { count: layout.rows, columns: hiddenSize, indices: indices.place }
  engine.run('gatherRows', { ...gather, source: states.place, target: before.place }, states.size)
  if (initial) {
    const { size, place } = initial
    engine.run(
      'scaleAdd',
      { count: size, source: place, scale: 1, target: before.place, targetScale: 0 },
      size,
    )
  }
  return before
}

/** Adds the gradients that the backward kernels left in place of the final states' to those of the initial state. */
export function initialGradients(
  initial: State | undefined,
  gradients: Readonly<Record<string, Tensor>>,
): void {
  if (!initial) return
  for (const [name, gradient] of Object.entries(gradients)) addGradient(initial[name], gradient)
}
