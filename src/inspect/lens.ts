import type { Observation } from '../cells/index.js'
import { observing } from '../cells/index.js'
import { UsageError } from '../errors.js'
import type { Model } from '../models/index.js'
import { Tensor } from '../tensor/index.js'
import type { GateActivity } from './gates.js'
import { gateActivity } from './gates.js'
import type { GradientFlow } from './gradient-flow.js'
import { gradientFlow } from './gradient-flow.js'
import { hiddenMap } from './hidden-map.js'
import { lastStateView, randomSigns } from './influence.js'
import type { GradientStart, Inspection, LayerInspection, LayerReading } from './inspection.js'
import { checkSeen, lastStates, lookBack } from './look-back.js'
import { recurrentRadii } from './spectral-radius.js'
import type { Verdict } from './verdict.js'
import { verdictOn } from './verdict.js'

/** What every inspection may be told. */
export interface InspectOptions {
  /** What is inspected, for headings; `the model` by default. */
  readonly title?: string
  /** The input, step by step, as it is to be written under the pictures; numbers by default. */
  readonly steps?: readonly string[]
  /** How many steps back the task has to remember; the longest sequence by default. */
  readonly span?: number
}

/** What the inspection of a batch may be told besides. */
export interface InspectBatchOptions extends InspectOptions {
  /**
   * `'loss'` (default): the gradients of the loss that `run` returns, ∂L/∂h_t. A loss at every step (tagging, language models) gives every
   * state a gradient of its own, which hides how little comes from far ahead: use `'last'`, the gradients of the last state of the top
   * layer, ‖∂h_T/∂h_t‖ estimated with random signs, whatever the loss.
   */
  readonly from?: GradientStart
  /** The sequence whose states are mapped, in the caller's order; the first by default. */
  readonly sequence?: number
}

/**
 * Looks into a model while it runs a batch: gradients over time with their half-life, gates, states, spectral radii, and a verdict.
 * `run` computes the loss with the model; nothing of the model changes.
 *
 * Throws a `UsageError` when the run passes no recurrent layer, or returns no scalar loss with `from: 'loss'`, and for a span that is no
 * positive whole number.
 *
 * ```ts
 * const { verdict } = inspect(model, () => crossEntropy(model.forward(texts), engine.indices(labels)), { span: 40 })
 * console.log(verdict.finding) // The gradient halves every 4.1 steps; over 40 steps 0.12 % of it is left.
 * ```
 */
export function inspect(model: Model, run: () => unknown, options: InspectBatchOptions = {}): Inspection {
  const { from = 'loss', sequence = 0 } = options
  checkSpan('inspect', options.span)
  let views: ForwardView[] = []
  return lookBack(model, {
    run,
    seed: (seen, value) => (from === 'last' ? lastStates(seen, randomSigns) : lossOf(seen, value)),
    forward: (seen) => {
      views = seen.map((observation) => forwardView(observation, sequence))
    },
    backward: (seen) => {
      const averaging = from === 'last' ? 'rootMeanSquare' : 'mean'
      const flows = seen.map((observation) => gradientFlow(observation, averaging))
      return inspectionOf(views, flows, from, options)
    },
  })
}

/**
 * Looks into a model while it reads one sequence: what `inspect` tells, seen from the last state of the top layer, and the influence of
 * every step on it. `run` is given a number and runs the model on so many copies of the sequence.
 *
 * ```ts
 * const inspection = inspectSequence(model, (copies) => model.forward(Array(copies).fill(tokens)), { steps: words })
 * ```
 */
export function inspectSequence(
  model: Model,
  run: (copies: number) => unknown,
  options: InspectOptions = {},
): Inspection {
  const { engine } = model
  checkSpan('inspectSequence', options.span)
  const views = engine.scope(() => {
    const seen: ForwardView[] = []
    const see = (observation: Observation) => seen.push(forwardView(observation, 0))
    engine.withoutRecording(() => observing(engine, see, () => run(1)))
    return seen
  })
  const { influence, flows } = lastStateView(model, run)
  return { ...inspectionOf(views, flows, 'last', options), influence }
}

/** What is read of a layer before the backward pass, which overwrites it. */
interface ForwardView extends Pick<LayerInspection, 'name' | 'cell' | 'gates' | 'radii' | 'states'> {
  readonly length: number
  readonly gated: boolean
}

function forwardView(observation: Observation, sequence: number): ForwardView {
  const { name, cell, parameters, x } = observation
  return {
    name,
    cell: cell.name,
    gates: gateActivity(observation),
    radii: recurrentRadii(cell, parameters),
    states: hiddenMap(observation, { sequence }),
    length: x.layout.steps,
    gated: cell.gates.length > 1,
  }
}

function inspectionOf(
  views: readonly ForwardView[],
  flows: readonly (readonly GradientFlow[])[],
  from: GradientStart,
  { title = 'the model', steps, span = views[0].length }: InspectOptions,
): Inspection {
  const layers = views.map(({ length: _, gated, ...view }, k): LayerInspection => {
    const flow = flows[k]
    return { ...view, flow, verdict: verdictOn({ ...courseOf(flow), span, gated }) }
  })
  const length = layers[0].states.values[0].length
  const labels = steps ?? Array.from({ length }, (_, step) => String(step + 1))
  return { title, steps: labels, from, span, layers, verdict: overall(layers) }
}

/** Throws a `UsageError` for a span that is no whole number of at least 1. */
export function checkSpan(caller: string, span: number | undefined): void {
  if (span !== undefined && !(Number.isInteger(span) && span >= 1))
    throw new UsageError(`${caller}: span is ${span}; expected a whole number of at least 1`)
}

/** A reading of an observed layer after the backward pass, given the gates as they were before it. */
export function readingOf(
  observation: Observation,
  gates: readonly GateActivity[],
  span: number,
): LayerReading {
  const { name, cell } = observation
  const flow = gradientFlow(observation)
  const verdict = verdictOn({ ...courseOf(flow), span, gated: cell.gates.length > 1 })
  return { name, cell: cell.name, flow, gates, verdict }
}

// What the verdict is told of the states of a layer.
function courseOf(flow: readonly GradientFlow[]) {
  return { halfLife: slowest(flow), finite: flow.every(({ norms }) => norms.every(Number.isFinite)) }
}

/** The half-life of the state whose gradient vanishes most slowly: the way by which a layer remembers. */
export function slowest(flow: readonly GradientFlow[]) {
  const known = flow.flatMap((state) => state.halfLife ?? [])
  return known.reduce<(typeof known)[number] | undefined>(
    (best, next) => (best && best.factor >= next.factor ? best : next),
    undefined,
  )
}

/** The verdict on several layers: that of the one through which most of the gradient comes back, or of one whose gradient is not finite. */
export function overall(layers: readonly Pick<LayerReading, 'verdict'>[]): Verdict {
  const reach = ({ kind, remaining = -1 }: Verdict) =>
    kind === 'notFinite' ? Number.POSITIVE_INFINITY : remaining
  return layers
    .map(({ verdict }) => verdict)
    .reduce((best, next) => (reach(next) > reach(best) ? next : best))
}

function lossOf(seen: readonly Observation[], value: unknown): Tensor {
  checkSeen(seen)
  if (value instanceof Tensor && value.size === 1) return value
  throw new UsageError(
    "inspect: with from: 'loss' the run has to return the loss, a tensor of one element; from: 'last' needs none",
  )
}
