import type { Random } from '../random/index.js'
import type { Engine, Tensor } from '../tensor/index.js'

/** Given to a model while it is trained: where its random numbers come from, and how far the training is. */
export interface TrainingStep {
  /** This batch's own stream. */
  readonly random: Random
  /** How many updates were made before this one: for what changes in the course of a training, such as scheduled sampling. */
  readonly step: number
}

/** What `fit` can train: parameters by name, and the loss of a batch. */
export interface Trainable<Batch> {
  readonly engine: Engine
  /** The parameters by name; the same tensors in every call. */
  parameters(): Readonly<Record<string, Tensor>>
  /** The loss of a batch, a scalar; `training` is given while training (dropout on), absent while validating. */
  loss(batch: Batch, training?: TrainingStep): Tensor
  /**
   * Adds the gradients of the loss to those of the parameters and returns the loss: for a model that does not have the whole batch in
   * memory at once (see `differentiateThroughTime`). Without it `fit` differentiates `loss`.
   */
  differentiate?(batch: Batch, training: TrainingStep): number
  /**
   * Persistent tensors that a batch leaves to the next one, such as the last states of truncated backpropagation through time (see
   * `CarriedState`): saved in checkpoints, zero at the beginning of each epoch.
   */
  carried?(): Readonly<Record<string, Tensor>>
  /** How many examples or tokens the loss is the mean of: its weight in the mean of an epoch, and among accumulated batches. Default 1. */
  size?(batch: Batch): number
}

/** Where batches come from: shuffled and bucketed as it likes, but the same for equal arguments. */
export interface BatchSource<Batch> {
  /** The batches of an epoch (counted from 0), in order; `random` is that epoch's stream. */
  batches(epoch: number, random: Random): Iterable<Batch> | AsyncIterable<Batch>
  /** How many there are in each epoch: for progress and the time left. */
  readonly batchesPerEpoch: number
}

/**
 * The mean loss over an epoch of batches, nothing being trained: a `validate` function for `fit`. State that the model carries from
 * batch to batch begins with zeros.
 */
export async function averageLoss<Batch>(
  model: Trainable<Batch>,
  data: BatchSource<Batch>,
  random: Random,
): Promise<number> {
  clearCarried(model)
  let sum = 0
  let weight = 0
  for await (const batch of data.batches(0, random)) {
    const size = model.size?.(batch) ?? 1
    sum += size * model.engine.scope(() => model.loss(batch).item())
    weight += size
  }
  return sum / weight
}

/** Sets what a model carries from batch to batch to zero. */
export function clearCarried(model: Pick<Trainable<never>, 'carried'>): void {
  for (const tensor of Object.values(model.carried?.() ?? {})) {
    tensor.data.fill(0)
    tensor.version++
  }
}
