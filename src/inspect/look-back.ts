import type { Observation } from '../cells/index.js'
import { observing } from '../cells/index.js'
import { UsageError } from '../errors.js'
import type { Model } from '../models/index.js'
import type { Packed, Tensor } from '../tensor/index.js'
import { add, backpropagate, multiply, sum } from '../tensor/index.js'
import { isReverse } from './hidden-map.js'

/** What a look back is told. */
export interface LookBack<View> {
  /** Runs the model: whatever passes its recurrent layers. */
  run(): unknown
  /** The scalar whose gradients are looked at, from the layers that were seen and what `run` gave. */
  seed(seen: readonly Observation[], value: unknown): Tensor
  /** After the forward pass, while the activations are still there. */
  forward?(seen: readonly Observation[]): void
  /** After the backward pass. */
  backward(seen: readonly Observation[]): View
}

/**
 * Runs a model forward and back under observation, in a scope of its own. The gradients of the model's parameters are afterwards what
 * they were before. Throws a `UsageError` when the run passes no recurrent layer.
 */
export function lookBack<View>(model: Model, { run, seed, forward, backward }: LookBack<View>): View {
  const { engine } = model
  return keepingGradients(model, () =>
    engine.scope(() => {
      const seen: Observation[] = []
      const undo: (() => void)[] = []
      const observer = {
        before({ data }: Packed) {
          if (undo.length === 0) undo.push(wanting(data))
        },
        see: (observation: Observation) => seen.push(observation),
      }
      try {
        const { value } = engine.record(() => seed(seen, observing(engine, observer, run)))
        forward?.(seen)
        backpropagate(value)
        return backward(seen)
      } finally {
        for (const step of undo) step()
      }
    }),
  )
}

/** Throws a `UsageError` when nothing recurrent was seen. */
export function checkSeen(seen: readonly Observation[]): void {
  if (seen.length === 0)
    throw new UsageError('inspect: the run passed no recurrent layer; expected it to run a model with one')
}

/**
 * Σ ⟨weights, h_T⟩ over the last states of the top layer, one row of weights per sequence: its gradients are rows of the Jacobian of
 * h_T, weighted. `weigh` fills the weights [batch, width] of all directions side by side.
 */
export function lastStates(
  seen: readonly Observation[],
  weigh: (batch: number, width: number) => number[][],
) {
  checkSeen(seen)
  const tops = topLayer(seen)
  const [batch] = tops[0].result.final.h.shape
  const weights = weigh(batch, widthOf(tops))
  let from = 0
  const sums = tops.map(({ result }) => {
    const { h } = result.final
    const begin = from
    from += h.shape[1]
    return sum(multiply(h, h.engine.tensor(weights.map((row) => row.slice(begin, from)))))
  })
  return sums.reduce((total, part) => add(total, part))
}

/** The directions of the last layer that ran. */
export function topLayer(seen: readonly Observation[]): readonly Observation[] {
  const last = seen[seen.length - 1]
  return isReverse(last.name) && seen.length > 1 ? seen.slice(-2) : [last]
}

/** The units of all directions of a layer. */
export function widthOf(directions: readonly Observation[]): number {
  return directions.reduce((width, { result }) => width + result.final.h.shape[1], 0)
}

// The gradient of the input of the first layer is wanted even when nothing below it learns; asked for before any direction reads it.
function wanting(x: Tensor): () => void {
  const before = x.requiresGradient
  x.requiresGradient = true
  return () => {
    if (!before) x.clearGradient()
    x.requiresGradient = before
  }
}

function keepingGradients<T>(model: Model, run: () => T): T {
  const parameters = Object.values(model.parameters())
  const before = parameters.map(({ gradient }) => gradient?.data.slice())
  try {
    return run()
  } finally {
    for (const [place, parameter] of parameters.entries()) {
      const values = before[place]
      if (values) parameter.gradient?.set(values)
      else parameter.clearGradient()
    }
  }
}
