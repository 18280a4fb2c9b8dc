import { functionCost } from '../tensor/index.js'
import type { Optimizer } from './optimizer.js'
import { makeOptimizer } from './optimizer.js'
import { checkNumber } from './options.js'

/** What `adam` and `adamw` can be told. */
export interface AdamOptions {
  /** The share of the mean of gradients that is kept. Default 0.9. */
  beta1?: number
  /** The share of the mean of squared gradients that is kept. Default 0.999. */
  beta2?: number
  /** Keeps the division away from zero. Default 1e-8. */
  epsilon?: number
  /** `adam`: adds this multiple of the parameter to its gradient (default 0). `adamw`: shrinks the parameter itself (default 0.01). */
  weightDecay?: number
}

/**
 * Adam: m = β1 m + (1 - β1) g; v = β2 v + (1 - β2) g²; parameter -= learningRate (m / (1 - β1^t)) / (sqrt(v / (1 - β2^t)) + ε).
 * State: `name.mean`, `name.variance`.
 *
 * Source: Kingma and Ba (2015), "Adam: a method for stochastic optimization".
 *
 * ```ts
 * const optimizer = adam()
 * optimizer.step(model.parameters(), { learningRate: 1e-3 })
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return makeAdam('adam', false, { weightDecay: 0, ...options })
}

/**
 * Adam with decoupled weight decay: the parameter itself loses learningRate * weightDecay of its size in each step, whatever
 * its gradient. State as in `adam`.
 *
 * Source: Loshchilov and Hutter (2019), "Decoupled weight decay regularization".
 */
export function adamw(options: AdamOptions = {}): Optimizer {
  return makeAdam('adamw', true, { weightDecay: 0.01, ...options })
}

function makeAdam(
  owner: string,
  decoupled: boolean,
  options: AdamOptions & { weightDecay: number },
): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay } = options
  checkNumber(owner, 'beta1', beta1, 0, 1)
  checkNumber(owner, 'beta2', beta2, 0, 1)
  checkNumber(owner, 'epsilon', epsilon, 0)
  checkNumber(owner, 'weightDecay', weightDecay, 0)
  const constants = { beta1, beta2, epsilon, weightDecay, decoupled: decoupled ? 1 : 0 }
  return makeOptimizer(
    ['mean', 'variance'],
    ({ parameter, gradient, state, learningRate, gradientScale, step }) => {
      const moments = { mean: state.mean.place, variance: state.variance.place }
      const places = { parameter: parameter.place, gradient: gradient.place, ...moments }
      const corrections = { correction1: 1 - beta1 ** step, correction2: 1 - beta2 ** step }
      const rates = { gradientScale, learningRate, ...constants, ...corrections }
      parameter.engine.run(
        'adam',
        { count: parameter.size, ...places, ...rates },
        parameter.size * functionCost,
      )
    },
  )
}
