import { ShapeError } from '../errors.js'
import type { Tensor } from '../tensor/index.js'
import { describe, sameShape, zeroGradients } from '../tensor/index.js'

/** Parameters by name. */
export type Parameters = Readonly<Record<string, Tensor>>

/** What changes from step to step. */
export interface StepOptions {
  learningRate: number
  /** Multiplies every gradient: the `scale` of `clipByGlobalNorm`, or one over the number of accumulated batches. Default 1. */
  gradientScale?: number
}

/**
 * Turns gradients into updates. A parameter without a gradient is left as it is, and so is its state.
 *
 * State lies in persistent tensors named after the parameter (`'weight.mean'`). To resume, `attach` the parameters, `set` the
 * saved values into `state()` and put `steps` back: the next step gives the same bits as without the interruption.
 */
export interface Optimizer {
  /** How many steps were taken, by all parameters together. */
  steps: number
  /** Updates the parameters in place from their gradients. */
  step(parameters: Parameters, options: StepOptions): void
  /** Makes the state of parameters that have none yet; `step` does it by itself. */
  attach(parameters: Parameters): void
  /** The state, by name. */
  state(): Record<string, Tensor>
  /** The values to evaluate with, by parameter, where they are others than the parameters' own: see `averaged`. */
  averages?(): Readonly<Record<string, Tensor>>
  /** Forgets the gradients of parameters; the next backpropagation starts from zero. */
  zeroGradients(parameters: Parameters): void
  /** Releases the state. */
  dispose(): void
}

/** One parameter with its gradient and its state tensors, as an update rule gets them. */
export interface Update {
  parameter: Tensor
  gradient: Tensor
  state: Readonly<Record<string, Tensor>>
  learningRate: number
  gradientScale: number
  /** The number of this step, from 1. */
  step: number
}

/** An optimizer from the names of its state tensors and the rule that updates one parameter. */
export function makeOptimizer(stateNames: readonly string[], update: (update: Update) => void): Optimizer {
  const states = new Map<string, Record<string, Tensor>>()
  const stateOf = (name: string, parameter: Tensor): Record<string, Tensor> => {
    const known = states.get(name)
    if (known) {
      for (const tensor of Object.values(known)) checkState(name, parameter, tensor)
      return known
    }
    const made = Object.fromEntries(
      stateNames.map((part) => [part, parameter.engine.persistent(parameter.shape)]),
    )
    states.set(name, made)
    return made
  }
  const optimizer: Optimizer = {
    steps: 0,
    step(parameters, { learningRate, gradientScale = 1 }) {
      const step = ++optimizer.steps
      for (const [name, parameter] of Object.entries(parameters)) {
        const { gradient } = parameter
        if (!gradient) continue
        update({ parameter, gradient, state: stateOf(name, parameter), learningRate, gradientScale, step })
        parameter.version++
      }
    },
    attach(parameters) {
      for (const [name, parameter] of Object.entries(parameters)) stateOf(name, parameter)
    },
    state() {
      const entries = Array.from(states, ([name, parts]) =>
        Object.entries(parts).map(([part, tensor]) => [`${name}.${part}`, tensor] as const),
      )
      return Object.fromEntries(entries.flat())
    },
    zeroGradients,
    dispose() {
      for (const parts of states.values()) for (const tensor of Object.values(parts)) tensor.dispose()
      states.clear()
    },
  }
  return optimizer
}

function checkState(name: string, parameter: Tensor, state: Tensor): void {
  if (!sameShape(parameter.shape, state.shape))
    throw new ShapeError(
      `optimizer: parameter ${name} has shape ${describe(parameter.shape)} and its state ${describe(state.shape)}; expected the shape it had in the first step`,
    )
}
