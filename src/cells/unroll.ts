import { UsageError } from '../errors.js'
import type { Random } from '../random/random.js'
import type { Packed, Tensor } from '../tensor/index.js'
import { concat, slice } from '../tensor/index.js'
import type { Activations, Cell, Parameters, SequenceResult, State } from './cell.js'
import { observersOf } from './observe.js'
import { checkInput, checkState } from './parameters.js'
import type { Regularisation } from './regularisation.js'
import { regularised } from './regularisation.js'

/** What `runCell` may be told. */
export interface RunOptions {
  /** Keeps the activations of all steps, and the gradients of the states when something is recorded. */
  keep?: boolean
  /** What the layer is called by whoever observes it; the cell's name by default. */
  name?: string
  /** Zoneout, weight drop and variational dropout. */
  regularisation?: Regularisation
  /** Present in training: `random` decides the noise of the regularisation. */
  training?: { readonly random: Random } | undefined
  /** The step at which x begins, for sequences that are cut in time: noise that is drawn at every step goes on from there. */
  firstStep?: number
}

/**
 * Runs a cell over packed sequences, by its fused operation where it has one and by `unroll` otherwise. Throws a `UsageError` for an
 * initial state without one of its tensors and for a rate of noise outside [0, 1).
 */
export function runCell<S extends State>(
  cell: Cell<S>,
  parameters: Parameters,
  x: Packed,
  initial?: S,
  { keep = false, name = cell.name, regularisation = {}, training, firstStep = 0 }: RunOptions = {},
): SequenceResult<S> {
  const missing = initial && cell.stateNames.find((state) => !initial[state])
  if (missing)
    throw new UsageError(
      `${cell.name}: the initial state has no ${missing}; expected ${cell.stateNames.join(' and ')}`,
    )
  const observers = observersOf(x.data.engine)
  for (const observer of observers) observer.before?.(x)
  const kept = keep || observers.length > 0
  const run = regularised({ cell, parameters, x }, regularisation, training?.random, firstStep)
  const result = run.cell.sequence
    ? run.cell.sequence.run(run.parameters, run.x, initial, kept)
    : unroll(run.cell, run.parameters, run.x, initial, { keep: kept })
  const seen = { name, cell: cell as unknown as Cell, parameters, x, ...(initial && { initial }), result }
  for (const observer of observers) observer.see(seen)
  return result
}

/**
 * Runs a cell over packed sequences by its `step` alone; differentiable wherever the step is. A fused operation gives the same
 * numbers faster.
 *
 * Finished sequences drop out: step t computes only those that are longer than t. `initial` [batch, hiddenSize] is in the layout's
 * sorted order; zeros when left out. `keep` is as for a fused operation. Throws a `ShapeError` that names the cell for an input or a
 * state of another size.
 */
export function unroll<S extends State>(
  cell: Cell<S>,
  parameters: Parameters,
  x: Packed,
  initial?: S,
  { keep = false }: Pick<RunOptions, 'keep'> = {},
): SequenceResult<S> {
  const { layout } = x
  if (parameters.weight_ih) checkInput(cell.name, parameters, x.data)
  const states: (S & Activations)[] = []
  const finished: S[] = []
  const zero = cell.zeroState(parameters, layout.batch)
  if (initial) checkState(cell.name, initial, layout.batch, (name) => zero[name].shape[1])
  let state = initial ?? zero
  let row = 0
  for (let step = 0; step < layout.steps; step++) {
    const batch = layout.batchSizes[step]
    const next = cell.step(parameters, rowsOf(x.data, row, row + batch), carried(cell, state))
    states.push(next)
    state = next
    row += batch
    const continuing = step + 1 < layout.steps ? layout.batchSizes[step + 1] : 0
    if (continuing === batch) continue
    finished.unshift(stateRows(cell, state, continuing, batch)) // the shortest end first and stand last
    if (continuing > 0) state = stateRows(cell, state, 0, continuing)
  }
  const final = mapState(cell, (name) => joined(finished.map((part) => part[name])))
  const hidden = states.map(({ h }) => h)
  // never h itself: what its uses contribute to the gradient is gathered before that of the state is added
  const output = { data: hidden.length === 1 ? hidden[0].view(hidden[0].shape) : joined(hidden), layout }
  const { engine } = x.data
  return {
    output,
    final,
    kept: keep ? keptOf(cell, states) : {},
    ...(keep && engine.recording && { gradients: () => gradientsOf(cell, states) }),
  }
}

// Gathers what a step's uses of the state before it contribute to the gradient, before that is added to the rest: the order of the
// sum does not depend on where a sequence was cut in time.
function carried<S extends State>(cell: Cell<S>, state: S): S {
  if (!state.h.engine.recording) return state
  return mapState(cell, (name) => state[name].view(state[name].shape))
}

// The activations of all steps that the steps gave away, as fused operations keep them.
function keptOf<S extends State>(
  cell: Cell<S>,
  steps: readonly (S & Activations)[],
): Readonly<Record<string, Tensor>> {
  const { engine } = steps[0].h
  return engine.withoutRecording(() => {
    const cells = cell.stateNames.includes('c') ? { cells: joined(steps.map(({ c }) => c)) } : {}
    if (cell.gates.length === 0 || !cell.gates.every((gate) => steps[0][gate])) return cells
    const gates = steps.map((step) => sideBySide(cell.gates.map((gate) => step[gate])))
    return { gates: joined(gates), ...cells }
  })
}

function gradientsOf<S extends State>(cell: Cell<S>, steps: readonly S[]): Readonly<Record<string, Tensor>> {
  const { engine } = steps[0].h
  const entries = cell.stateNames.map((name) => {
    const gradients = steps.map((step) => step[name].gradient ?? engine.zeros(step[name].shape))
    return [name, engine.withoutRecording(() => joined(gradients))]
  })
  return Object.fromEntries(entries)
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

function sideBySide(parts: readonly Tensor[]): Tensor {
  return parts.length === 1 ? parts[0] : concat(parts, 1)
}
