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

const observers = new WeakMap<Engine, (observation: Observation) => void>()

/**
 * Calls `run`, and `see` for every cell that runs over sequences meanwhile, right after its forward pass: the way to look inside any
 * model from outside. Observed cells keep their activations; what is computed does not change.
 *
 * ```ts
 * const layers: Observation[] = []
 * const logits = observing(engine, (layer) => layers.push(layer), () => model.forward(batch))
 * ```
 */
export function observing<T>(engine: Engine, see: (observation: Observation) => void, run: () => T): T {
  const outer = observers.get(engine)
  observers.set(engine, see)
  try {
    return run()
  } finally {
    if (outer) observers.set(engine, outer)
    else observers.delete(engine)
  }
}

/** Who is looking at the cells of an engine, if anybody is. */
export function observerOf(engine: Engine): ((observation: Observation) => void) | undefined {
  return observers.get(engine)
}
