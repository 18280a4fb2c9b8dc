import type { Observation } from '../cells/index.js'
import { observing } from '../cells/index.js'
import { UsageError } from '../errors.js'
import type { Random } from '../random/index.js'
import type { Engine, Tensor } from '../tensor/index.js'
import type { GateActivity } from './gates.js'
import { gateActivity } from './gates.js'
import type { LayerReading } from './inspection.js'
import { checkSpan, overall, readingOf } from './lens.js'
import type { Verdict } from './verdict.js'

/** Values of a gate that tell its shares to a quarter of a percent. */
const enough = 2 ** 16

/** What can be watched while it trains: what `fit` takes as a model. */
export interface Watchable<Batch> {
  readonly engine: Engine
  parameters(): Readonly<Record<string, Tensor>>
  loss(batch: Batch, training?: { readonly random: Random }): Tensor
  /** A model with it is refused: see `liveLens`. */
  differentiate?(batch: Batch, training: { readonly random: Random; readonly step: number }): number
  carried?(): Readonly<Record<string, Tensor>>
  size?(batch: Batch): number
}

/** What the lens saw in one training step. */
export interface Reading {
  /** The training step, counted from 1 by the lens itself. */
  readonly step: number
  readonly layers: readonly LayerReading[]
  readonly verdict: Verdict
}

/** How a training is watched. */
export interface LiveLensOptions {
  /** Every how many training steps the lens looks: 20 by default. A step that is looked at takes some percent longer. */
  readonly every?: number
  /** How many steps back the task has to remember; the longest sequence of the batch by default. */
  readonly span?: number
  /** Called with what was seen, right after the gradients of that step were computed. */
  see(reading: Reading): void
}

/**
 * A model to be given to `fit` in place of `model`: it trains with the same bits, and every so many steps the lens looks at the very
 * gradients that the step computes, so nothing is run twice.
 *
 * Throws a `UsageError` when `every` or `span` is no positive whole number, and for a model that has a `differentiate` of its own
 * (see `differentiateThroughTime`): it computes the gradients of one piece of time after the other and keeps none, so at no moment are
 * there the gradients of all steps that a reading is about. `inspect` a batch of shorter sequences from time to time instead.
 *
 * ```ts
 * const watched = liveLens(model, { every: 50, see: ({ step, verdict }) => console.log(step, verdict.finding) })
 * await fit({ model: watched, ... })
 * ```
 */
export function liveLens<Batch>(model: Watchable<Batch>, options: LiveLensOptions): Watchable<Batch> {
  const { every = 20 } = options
  if (!Number.isInteger(every) || every < 1)
    throw new UsageError(`liveLens: every is ${every}; expected a whole number of at least 1`)
  checkSpan('liveLens', options.span)
  if (model.differentiate)
    throw new UsageError(
      'liveLens: the model has its own differentiate, which computes gradients piece by piece, so there are never those of all steps to look at; expected a model without, or use inspect on shorter sequences',
    )
  let step = 0
  const { carried, size } = model
  return {
    engine: model.engine,
    parameters: () => model.parameters(),
    ...(carried && { carried: () => carried.call(model) }),
    ...(size && { size: (batch: Batch) => size.call(model, batch) }),
    loss(batch, training) {
      const isTraining = model.engine.recording
      if (isTraining) step++
      if (!isTraining || (step - 1) % every > 0) return model.loss(batch, training)
      return watchedLoss(model.engine, step, options, () => model.loss(batch, training))
    },
  }
}

function watchedLoss(engine: Engine, step: number, options: LiveLensOptions, loss: () => Tensor): Tensor {
  const seen: { observation: Observation; gates: GateActivity[] }[] = []
  afterBackpropagation(engine, () => {
    if (seen.length === 0) return
    const { span = seen[0].observation.x.layout.steps } = options
    const layers = seen.map(({ observation, gates }) => readingOf(observation, gates, span))
    options.see({ step, layers, verdict: overall(layers) })
  })
  const see = (observation: Observation) =>
    seen.push({ observation, gates: gateActivity(observation, enough) })
  return observing(engine, see, loss)
}

// The first operation on a tape is the last to be run backwards.
function afterBackpropagation(engine: Engine, then: () => void): void {
  const marker = engine.zeros([])
  marker.claimGradient()
  engine.tape?.push([marker], then)
}
