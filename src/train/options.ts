import type { ClipLimit, Optimizer, Schedule } from '../optim/index.js'
import type { Random } from '../random/index.js'
import type { RunStore } from './checkpoint.js'
import type { Json, Metrics, StopReason, TrainEvent } from './events.js'
import type { EpochSummary } from './progress.js'
import type { BatchSource, Trainable } from './trainable.js'

/** What `fit` is told. */
export interface FitOptions<Batch> {
  readonly model: Trainable<Batch>
  readonly data: BatchSource<Batch>
  readonly optimizer: Optimizer
  readonly learningRate: number
  /** The factor on the learning rate at each step (from 0), which may depend on the validations so far. Default 1 throughout. */
  readonly schedule?: Schedule
  /** The root of all randomness: order of the data, dropout. It is only split, never drawn from. */
  readonly random: Random
  readonly epochs: number
  /** Stops after so many seconds of training, interruptions left out; the epoch cut short is validated too. */
  readonly seconds?: number
  /**
   * How many batches make one step: their gradients are added up as if they were one batch (the mean weighted by `size`), in the memory
   * of one. What is left at the end of an epoch makes a step of its own. Default 1.
   */
  readonly accumulate?: number
  /** Scales gradients down to a global norm, or brings each element into -value to value. */
  readonly clip?: ClipLimit
  /** Scores the model after an epoch (counted from 1). With it the best weights are kept and restored at the end. */
  readonly validate?: (epoch: number) => Metrics | Promise<Metrics>
  /**
   * The metric that tells which epoch is best; `loss`, lower is better, by default. Epochs as near to the record as `within` says
   * count as equally good, and the last of them is kept: a small validation set cannot tell them apart, and more training can.
   * The standard error of the metric is a good choice (Breiman et al. 1984).
   */
  readonly monitor?: {
    readonly metric: string
    readonly better: 'lower' | 'higher'
    readonly within?: (record: number) => number
  }
  /** Stops after so many epochs without a better one. */
  readonly patience?: number
  /** When it aborts, the step in progress is finished, a checkpoint saved, and `fit` returns. */
  readonly signal?: AbortSignal
  /** Called with every event, in order. */
  readonly on?: (event: TrainEvent) => void
  /** Where checkpoints and the log go; a checkpoint found there is continued. Without it nothing is saved. */
  readonly store?: RunStore
  /** How often a checkpoint is saved: after so many seconds or steps, whichever comes first. Default every 30 seconds. */
  readonly checkpointEvery?: { readonly seconds?: number; readonly steps?: number }
  /**
   * What makes this training what it is (model, data, learning rate …); saved with checkpoints. A resumed training must have
   * the same, so leave out what may change: `epochs`, `seconds`, `patience`.
   */
  readonly settings?: Json
}

/** How a training ended. */
export interface FitResult {
  readonly reason: Exclude<StopReason, 'nonFinite'>
  readonly steps: number
  /** Whole epochs. */
  readonly epochs: number
  readonly seconds: number
  /** The best epoch (from 1), whose weights the model now has; absent without `validate`. */
  readonly best?: { readonly epoch: number; readonly metrics: Metrics }
  readonly history: readonly EpochSummary[]
  /** Where the last checkpoint is. */
  readonly checkpoint?: string
}
