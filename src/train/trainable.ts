import type { Random } from '../random/index.js'
import type { Engine, Tensor } from '../tensor/index.js'

/** What `fit` can train: parameters by name, and the loss of a batch. */
export interface Trainable<Batch> {
  readonly engine: Engine
  /** The parameters by name; the same tensors in every call. */
  parameters(): Readonly<Record<string, Tensor>>
  /** The loss of a batch, a scalar; `training` is given while training (dropout on), absent while validating. */
  loss(batch: Batch, training?: { readonly random: Random }): Tensor
  /** How many examples or tokens the loss is the mean of: its weight in the mean of an epoch. Default 1. */
  size?(batch: Batch): number
}

/** Where batches come from: shuffled and bucketed as it likes, but the same for equal arguments. */
export interface BatchSource<Batch> {
  /** The batches of an epoch (counted from 0), in order; `random` is that epoch's stream. */
  batches(epoch: number, random: Random): Iterable<Batch> | AsyncIterable<Batch>
  /** How many there are in each epoch: for progress and the time left. */
  readonly batchesPerEpoch: number
}

/** The mean loss over an epoch of batches, nothing being trained: a `validate` function for `fit`. */
export async function averageLoss<Batch>(
  model: Trainable<Batch>,
  data: BatchSource<Batch>,
  random: Random,
): Promise<number> {
  let sum = 0
  let weight = 0
  for await (const batch of data.batches(0, random)) {
    const size = model.size?.(batch) ?? 1
    sum += size * model.engine.scope(() => model.loss(batch).item())
    weight += size
  }
  return sum / weight
}
