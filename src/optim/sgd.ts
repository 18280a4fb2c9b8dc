import { UsageError } from '../errors.js'
import { elementCost } from '../tensor/index.js'
import type { Optimizer } from './optimizer.js'
import { makeOptimizer } from './optimizer.js'
import { checkNumber } from './options.js'

/** What `sgd` can be told. */
export interface SgdOptions {
  /** The share of the velocity that is kept: 0 (default) to less than 1. */
  momentum?: number
  /** Looks ahead along the velocity. Needs momentum. */
  nesterov?: boolean
  /** Adds this multiple of the parameter to its gradient. */
  weightDecay?: number
}

/**
 * Stochastic gradient descent, PyTorch's form: v = momentum v + g; parameter -= learningRate v, or with Nesterov
 * learningRate (g + momentum v). Without momentum v is g and there is no state. State: `name.velocity`.
 *
 * ```ts
 * const optimizer = sgd({ momentum: 0.9 })
 * optimizer.step(model.parameters(), { learningRate: 0.1 })
 * ```
 */
export function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions = {}): Optimizer {
  checkNumber('sgd', 'momentum', momentum, 0, 1)
  checkNumber('sgd', 'weightDecay', weightDecay, 0)
  if (nesterov && momentum === 0) throw new UsageError('sgd: nesterov got momentum 0; expected more than 0')
  return makeOptimizer(momentum > 0 ? ['velocity'] : [], ({ parameter, gradient, state, ...step }) => {
    const places = {
      parameter: parameter.place,
      gradient: gradient.place,
      velocity: state.velocity?.place ?? 0,
    }
    const { learningRate, gradientScale } = step
    const rates = { gradientScale, learningRate, momentum, nesterov: nesterov ? 1 : 0, weightDecay }
    parameter.engine.run('sgd', { count: parameter.size, ...places, ...rates }, parameter.size * elementCost)
  })
}
