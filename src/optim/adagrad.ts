import { functionCost } from '../tensor/index.js'
import type { Optimizer } from './optimizer.js'
import { makeOptimizer } from './optimizer.js'
import { checkNumber } from './options.js'

/** What `adagrad` can be told. */
export interface AdagradOptions {
  /** Step t uses the rate learningRate / (1 + (t - 1) learningRateDecay). Default 0. */
  learningRateDecay?: number
  /** Keeps the division away from zero. Default 1e-10. */
  epsilon?: number
  /** Adds this multiple of the parameter to its gradient. Default 0. */
  weightDecay?: number
}

/**
 * Adagrad, PyTorch's form, its sums starting from zero: s = s + g²; parameter -= learningRate g / (sqrt(s) + ε). Steps get shorter all the
 * time, those of weights with rare gradients (rare words) the least. State: `name.squares`.
 *
 * Source: Duchi, Hazan and Singer (2011), "Adaptive subgradient methods".
 *
 * ```ts
 * const optimizer = adagrad()
 * optimizer.step(model.parameters(), { learningRate: 0.05 })
 * ```
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { learningRateDecay = 0, epsilon = 1e-10, weightDecay = 0 } = options
  checkNumber('adagrad', 'learningRateDecay', learningRateDecay, 0)
  checkNumber('adagrad', 'epsilon', epsilon, 0)
  checkNumber('adagrad', 'weightDecay', weightDecay, 0)
  return makeOptimizer(['squares'], ({ parameter, gradient, state, gradientScale, ...update }) => {
    const learningRate = update.learningRate / (1 + (update.step - 1) * learningRateDecay)
    const places = { parameter: parameter.place, gradient: gradient.place, squares: state.squares.place }
    const constants = { gradientScale, learningRate, epsilon, weightDecay }
    const fields = { count: parameter.size, ...places, ...constants }
    parameter.engine.run('adagrad', fields, parameter.size * functionCost)
  })
}
