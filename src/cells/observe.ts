import type { Engine, Packed } from '../tensor/index.js'
import type { Cell, Parameters, SequenceResult, State } from './cell.js'

/** What is seen of one cell that ran over packed sequences. */
export interface Observation {
  /** Which layer and direction of a stack it is: `l0`, `l0_reverse`, or `encoder.l0` when the stack has a name. */
  readonly name: string
  readonly cell: Cell
  readonly parameters: Parameters
  /** Its input, and in the same order of rows its result; a reverse direction has its own order of time. */
  readonly x: Packed
  /** The state that it started from, in the layout's sorted order; zeros when absent. */
  readonly initial?: State
  /** With `kept` activations, and with `gradients` when the run was recorded. */
  readonly result: SequenceResult
}

/** Who looks at the cells of a model. */
export interface Observer {
  /** Called with the input of a cell before it runs: the time to ask for the input's gradient. */
  before?(x: Packed): void
  /** Called right after the forward pass of a cell. */
  see(observation: Observation): void
}

const observers = new WeakMap<Engine, readonly Observer[]>()

/**
 * Calls `run`, and `see` for every cell that runs over sequences meanwhile, right after its forward pass: the way to look inside any
 * model from outside. Observed cells keep their activations; what is computed does not change. Observers inside one another all see.
 * An `Observer` in place of the function is told before each cell runs, too.
 *
 * ```ts
 * const layers: Observation[] = []
 * const logits = observing(engine, (layer) => layers.push(layer), () => model.forward(batch))
 * ```
 */
export function observing<T>(
  engine: Engine,
  see: ((observation: Observation) => void) | Observer,
  run: () => T,
): T {
  const outer = observers.get(engine) ?? []
  observers.set(engine, [...outer, typeof see === 'function' ? { see } : see])
  try {
    return run()
  } finally {
    observers.set(engine, outer)
  }
}

/** Who is looking at the cells of an engine: the outermost first, nobody most of the time. */
export function observersOf(engine: Engine): readonly Observer[] {
  return observers.get(engine) ?? []
}
