import { UsageError } from '../errors.js'
import { type ClipLimit, clipByGlobalNorm, clipByValue, type Parameters } from '../optim/index.js'
import type { Random } from '../random/index.js'
import { differentiate, elementCost, type Reals, type Tensor } from '../tensor/index.js'
import type { Trainable } from './trainable.js'

/** One batch of a step, and all that is needed to compute it again. */
export interface Part<Batch> {
  readonly batch: Batch
  readonly random: Random
  readonly step: number
  readonly loss: number
  /** What the model carried into the batch. */
  readonly carried: Readonly<Record<string, Reals>>
}

/**
 * The gradients of the batches of one step: the parameters' gradients hold Σ size_i g_i / size_last, so that batches of equal size are
 * simply added, and `share` turns the sum into the mean.
 */
export class GradientSum<Batch> {
  readonly parts: Part<Batch>[] = []
  #last = 1
  /** Σ size_i loss_i and Σ size_i. */
  lossSum = 0
  weight = 0

  constructor(
    readonly model: Trainable<Batch>,
    readonly parameters: Parameters,
  ) {}

  /** The mean loss of the batches so far. */
  get loss(): number {
    return this.parts.length === 1 ? this.parts[0].loss : this.lossSum / this.weight
  }

  /** What the gradients are to be multiplied by to become those of the mean loss. */
  get share(): number {
    return this.parts.length === 1 ? 1 : this.#last / this.weight
  }

  /** Adds the gradients of a batch. */
  add(batch: Batch, random: Random, step: number): void {
    const { model } = this
    const size = model.size?.(batch) ?? 1
    if (this.parts.length > 0) this.#weigh(size)
    const carried = copies(model.carried?.() ?? {})
    const loss = lossAndGradients(model, batch, { random, step })
    this.parts.push({ batch, random, step, loss, carried })
    this.#last = size
    this.lossSum += size * loss
    this.weight += size
  }

  /** The norm of the mean gradient, and the factor that makes the sum the mean, clipped; by value it is clipped in place. */
  clip(limit: ClipLimit | undefined): { norm: number; scale: number } {
    const { share, parameters } = this
    // the norm is always computed: it is worth seeing, and finds gradients that are not finite before they reach a weight
    const maximum = limit && 'norm' in limit ? limit.norm / share : Number.MAX_VALUE
    const { norm, scale } = clipByGlobalNorm(parameters, maximum)
    if (limit && 'value' in limit) clipByValue(parameters, limit.value / share)
    return { norm: norm * share, scale: scale * share }
  }

  #weigh(size: number): void {
    if (!(this.#last > 0 && size > 0))
      throw new UsageError(
        `fit: accumulate got batches of size ${this.#last} and ${size}; expected sizes above 0`,
      )
    if (size === this.#last) return
    for (const { gradient } of Object.values(this.parameters))
      if (gradient) scaleBy(gradient, this.#last / size)
  }
}

/** The loss of a batch, its gradients added to those of the parameters. */
export function lossAndGradients<Batch>(
  model: Trainable<Batch>,
  batch: Batch,
  training: { readonly random: Random; readonly step: number },
): number {
  return model.differentiate
    ? model.differentiate(batch, training)
    : differentiate(model.engine, () => model.loss(batch, training))
}

function scaleBy(tensor: Tensor, factor: number): void {
  const { engine, size: count, place: target } = tensor
  engine.run('scaleAdd', { count, source: 0, scale: 0, target, targetScale: factor }, count * elementCost)
  tensor.version++
}

function copies(tensors: Parameters): Record<string, Reals> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data.slice()]))
}
