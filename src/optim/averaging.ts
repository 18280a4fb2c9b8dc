import type { Tensor } from '../tensor/index.js'
import { elementCost } from '../tensor/index.js'
import type { Optimizer, Parameters } from './optimizer.js'
import { checkNumber } from './options.js'

/** What `averaged` can be told. */
export interface AveragingOptions {
  /** The share of the average that is kept in each step: about the last 1 / (1 - decay) steps count. Default 0.999. */
  decay?: number
}

/**
 * Another optimizer that also keeps a moving average of the parameters, which usually does better on new data than the last
 * values, because the noise of single batches has gone from it:
 *
 *     average = d average + (1 - d) parameter,   d = min(decay, (t - 1) / (t + 9)) in step t
 *
 * so that the first steps, far from the goal, are soon forgotten. The parameters themselves are trained as without it; `fit`
 * validates and ends with the averages. State: the other optimizer's, and `name.average`.
 *
 * Source: Polyak and Juditsky (1992), "Acceleration of stochastic approximation by averaging"; the warm-up is TensorFlow's.
 *
 * ```ts
 * const optimizer = averaged(adamw(), { decay: 0.998 })
 * ```
 */
export function averaged(optimizer: Optimizer, { decay = 0.999 }: AveragingOptions = {}): Optimizer {
  checkNumber('averaged', 'decay', decay, 0, 1)
  const averages: Record<string, Tensor> = {}
  const attach = (parameters: Parameters) => {
    for (const [name, { engine, shape }] of Object.entries(parameters))
      averages[name] ??= engine.persistent(shape)
  }
  return {
    get steps() {
      return optimizer.steps
    },
    set steps(steps) {
      optimizer.steps = steps
    },
    step(parameters, options) {
      optimizer.step(parameters, options)
      attach(parameters)
      const kept = Math.min(decay, (optimizer.steps - 1) / (optimizer.steps + 9))
      for (const [name, { engine, size: count, place: source }] of Object.entries(parameters)) {
        const target = averages[name].place
        const work = count * elementCost
        engine.run('scaleAdd', { count, source, scale: 1 - kept, target, targetScale: kept }, work)
        averages[name].version++
      }
    },
    attach(parameters) {
      optimizer.attach(parameters)
      attach(parameters)
    },
    state() {
      const own = Object.entries(averages).map(([name, average]) => [`${name}.average`, average])
      return { ...optimizer.state(), ...Object.fromEntries(own) }
    },
    averages: () => averages,
    zeroGradients: (parameters) => optimizer.zeroGradients(parameters),
    dispose() {
      optimizer.dispose()
      for (const [name, average] of Object.entries(averages)) {
        average.dispose()
        delete averages[name]
      }
    },
  }
}
