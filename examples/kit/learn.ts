import type { Model } from 'unrolled/models'
import type { Optimizer, Schedule } from 'unrolled/optim'
import { adam, clipByGlobalNorm, constant } from 'unrolled/optim'
import type { Tensor } from 'unrolled/tensor'
import { differentiate } from 'unrolled/tensor'

/** How a model learns. */
export interface LearnOptions {
  model: Pick<Model, 'engine' | 'parameters'>
  /** At most so many steps. */
  steps: number
  /** The loss of the batch of a step, a scalar; steps count from 0. */
  loss: (step: number) => Tensor
  learningRate: number
  schedule?: Schedule
  /** Gradients longer than this are scaled down to it. Default 1. */
  clip?: number
  /** Adam by default; one that is given is not disposed of, so that another call can go on with it. */
  optimizer?: Optimizer
  /** Called every `every` steps with the mean loss since the last call; the learning ends when it says `'solved'`. */
  every?: number
  check?: (step: number, loss: number) => unknown
}

/** Gradient descent on one batch after the other; gives back the number of steps. */
export function learn(options: LearnOptions): number {
  const { model, steps, loss, learningRate, schedule = constant(), clip = 1, every = 100, check } = options
  const { optimizer = adam() } = options
  const parameters = model.parameters()
  let sum = 0
  let step = 0
  while (step < steps) {
    sum += differentiate(model.engine, () => loss(step))
    const { scale } = clipByGlobalNorm(parameters, clip)
    optimizer.step(parameters, { learningRate: learningRate * schedule(step), gradientScale: scale })
    optimizer.zeroGradients(parameters)
    if (++step % every !== 0) continue
    if (check?.(step, sum / every) === 'solved') break
    sum = 0
  }
  if (!options.optimizer) optimizer.dispose()
  return step
}
