import { UsageError } from '../errors.js'
import type { Packed, Tensor } from '../tensor/index.js'
import { concat, slice } from '../tensor/index.js'
import type { Cell, Parameters, SequenceResult, State } from './cell.js'

/**
 * Runs a cell over packed sequences, by its fused operation where it has one and by `unroll` otherwise. Throws a `UsageError` for an
 * initial state without one of its tensors.
 */
export function runCell<S extends State>(
  cell: Cell<S>,
  parameters: Parameters,
  x: Packed,
  initial?: S,
  keep = false,
): SequenceResult<S> {
  const missing = initial && cell.stateNames.find((name) => !initial[name])
  if (missing)
    throw new UsageError(
      `${cell.name}: the initial state has no ${missing}; expected ${cell.stateNames.join(' and ')}`,
    )
  return cell.sequence
    ? cell.sequence.run(parameters, x, initial, keep)
    : unroll(cell, parameters, x, initial)
}

/**
 * Runs a cell over packed sequences by its `step` alone; differentiable wherever the step is. A fused operation gives the same
 * numbers faster.
 *
 * Finished sequences drop out: step t computes only those that are longer than t. `initial` [batch, hiddenSize] is in the layout's
 * sorted order; zeros when left out.
 */
export function unroll<S extends State>(
  cell: Cell<S>,
  parameters: Parameters,
  x: Packed,
  initial?: S,
): SequenceResult<S> {
  const { layout } = x
  const outputs: Tensor[] = []
  const finished: S[] = []
  let state = initial ?? cell.zeroState(parameters, layout.batch)
  let row = 0
  for (let step = 0; step < layout.steps; step++) {
    const batch = layout.batchSizes[step]
    state = cell.step(parameters, rowsOf(x.data, row, row + batch), state)
    outputs.push(state.h)
    row += batch
    const continuing = step + 1 < layout.steps ? layout.batchSizes[step + 1] : 0
    if (continuing === batch) continue
    finished.unshift(stateRows(cell, state, continuing, batch)) // the shortest end first and stand last
    if (continuing > 0) state = stateRows(cell, state, 0, continuing)
  }
  const final = mapState(cell, (name) => joined(finished.map((part) => part[name])))
  return { output: { data: joined(outputs), layout }, final, kept: {} }
}

function stateRows<S extends State>(cell: Cell<S>, state: S, begin: number, end: number): S {
  return mapState(cell, (name) => rowsOf(state[name], begin, end))
}

function mapState<S extends State>(cell: Cell<S>, map: (name: string) => Tensor): S {
  return Object.fromEntries(cell.stateNames.map((name) => [name, map(name)])) as S
}

function rowsOf(x: Tensor, begin: number, end: number): Tensor {
  return begin === 0 && end === x.shape[0] ? x : slice(x, 0, begin, end)
}

function joined(parts: readonly Tensor[]): Tensor {
  return parts.length === 1 ? parts[0] : concat(parts, 0)
}
