import { functionCost } from '../tensor/index.js'
import type { Optimizer } from './optimizer.js'
import { makeOptimizer } from './optimizer.js'
import { checkNumber } from './options.js'

/** What `rmsprop` can be told. */
export interface RmspropOptions {
  /** The share of the mean of squared gradients that is kept. Default 0.99. */
  alpha?: number
  /** Keeps the division away from zero. Default 1e-8. */
  epsilon?: number
  /** The share of the velocity that is kept: 0 (default) to less than 1. */
  momentum?: number
  /** Adds this multiple of the parameter to its gradient. Default 0. */
  weightDecay?: number
}

/**
 * RMSProp, PyTorch's form, not centered: s = α s + (1 - α) g²; v = momentum v + g / (sqrt(s) + ε); parameter -= learningRate v.
 * Each weight's step is about as long as the learning rate, however large its gradients are. State: `name.meanSquare` and, with
 * momentum, `name.velocity`.
 *
 * Source: Tieleman and Hinton (2012), lecture 6.5 of "Neural networks for machine learning".
 *
 * ```ts
 * const optimizer = rmsprop({ momentum: 0.9 })
 * optimizer.step(model.parameters(), { learningRate: 1e-3 })
 * ```
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { alpha = 0.99, epsilon = 1e-8, momentum = 0, weightDecay = 0 } = options
  checkNumber('rmsprop', 'alpha', alpha, 0, 1)
  checkNumber('rmsprop', 'epsilon', epsilon, 0)
  checkNumber('rmsprop', 'momentum', momentum, 0, 1)
  checkNumber('rmsprop', 'weightDecay', weightDecay, 0)
  const constants = { alpha, epsilon, momentum, weightDecay }
  const stateNames = momentum > 0 ? ['meanSquare', 'velocity'] : ['meanSquare']
  return makeOptimizer(stateNames, ({ parameter, gradient, state, learningRate, gradientScale }) => {
    const { meanSquare, velocity } = state
    const moments = { meanSquare: meanSquare.place, velocity: velocity?.place ?? 0 }
    const places = { parameter: parameter.place, gradient: gradient.place, ...moments }
    const fields = { count: parameter.size, ...places, gradientScale, learningRate, ...constants }
    parameter.engine.run('rmsprop', fields, parameter.size * functionCost)
  })
}
