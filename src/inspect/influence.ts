import type { Observation } from '../cells/index.js'
import { observing } from '../cells/index.js'
import { UsageError } from '../errors.js'
import type { Model } from '../models/index.js'
import { Random } from '../random/index.js'
import type { GradientFlow } from './gradient-flow.js'
import { fromTheEnd, gradientFlow } from './gradient-flow.js'
import { isReverse } from './hidden-map.js'
import { checkSeen, lastStates, lookBack, topLayer, widthOf } from './look-back.js'

/** How much each step of the input still matters to the last state: a picture of short-term memory. */
export interface Influence {
  /**
   * ‖∂h_T/∂x_t‖ for t = 1 … T, the Frobenius norm of the Jacobian: how far the last state of the top layer moves when the vector that
   * goes into the first layer at step t moves a little.
   */
  readonly values: readonly number[]
  /** Whether it is computed row by row of the Jacobian; otherwise it is estimated. */
  readonly exact: boolean
}

/** Influence, and on the way the gradients of the last state with respect to every state before it. */
export interface LastStateView {
  readonly influence: Influence
  /** ‖∂h_T/∂h_t‖ (and c) of every observed layer, Frobenius norms, in the order in which the layers ran. */
  readonly flows: readonly (readonly GradientFlow[])[]
}

/** Rows that are computed at once: widths up to this over the number of steps are computed exactly. */
const mostRows = 16_384
const mostProbes = 64
const fewestProbes = 8

/**
 * The influence of every input step on the last state.
 *
 * `run` is given a number and runs the model on so many copies of one sequence. Each copy is asked for one row of the Jacobian, so all of
 * them come out of one backward pass. Where width times steps is above 16,384 the norm is estimated from 8 to 64 copies with random signs
 * as weights (Hutchinson 1990): E‖Jᵀr‖² = ‖J‖², off by about a tenth with 64.
 *
 * Throws a `UsageError` when the run passes no recurrent layer, or its last state does not depend on the input of the first.
 *
 * ```ts
 * const { values } = influence(model, (copies) => model.forward(Array(copies).fill([4, 17, 2])))
 * ```
 */
export function influence(model: Model, run: (copies: number) => unknown): Influence {
  return lastStateView(model, run).influence
}

/** `influence` and the gradients of the last state with respect to every state before it. */
export function lastStateView(model: Model, run: (copies: number) => unknown): LastStateView {
  const { width, steps } = shapeOf(model, run)
  const exact = width * steps <= mostRows
  const copies = exact ? width : Math.max(fewestProbes, Math.min(mostProbes, Math.floor(mostRows / steps)))
  return lookBack(model, {
    run: () => run(copies),
    seed: (seen) => lastStates(seen, exact ? scaledRows : randomSigns),
    backward: (seen) => ({
      influence: { values: inputNorms(seen[0]), exact },
      flows: seen.map((observation) => gradientFlow(observation, 'rootMeanSquare')),
    }),
  })
}

function shapeOf({ engine }: Model, run: (copies: number) => unknown): { width: number; steps: number } {
  return engine.scope(() => {
    const seen: Observation[] = []
    engine.withoutRecording(() =>
      observing(
        engine,
        (observation) => seen.push(observation),
        () => run(1),
      ),
    )
    checkSeen(seen)
    return { width: widthOf(topLayer(seen)), steps: seen[0].x.layout.steps }
  })
}

// Copy k asks for row k. The factor makes the root of the mean square over the copies the norm of all rows together.
function scaledRows(batch: number, width: number): number[][] {
  return Array.from({ length: batch }, (_, row) =>
    Array.from({ length: width }, (_, column) => (column === row ? Math.sqrt(width) : 0)),
  )
}

/** Seeded random signs, a row per sequence. */
export function randomSigns(batch: number, width: number): number[][] {
  const random = new Random('lens')
  return Array.from({ length: batch }, () =>
    Array.from({ length: width }, () => (random.uniform() < 0.5 ? -1 : 1)),
  )
}

function inputNorms({ name, x }: Observation): number[] {
  const { gradient } = x.data
  if (!gradient)
    throw new UsageError(
      `influence: the input of ${name} has no gradient; the last state of the top layer does not depend on it`,
    )
  const norms = fromTheEnd(gradient, x.layout, 'rootMeanSquare')
  return isReverse(name) ? norms : norms.reverse()
}
