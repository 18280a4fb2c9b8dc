/**
 * The training loop, free of Node. What needs a disk or signals (`RunFolder`, `abortOnInterrupt`) is exported by `unrolled`
 * in Node.
 */
export type { Checkpoint, Identity, RunStore, StoredCheckpoint } from './checkpoint.js'
export { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js'
export type {
  BatchEvent,
  CheckpointEvent,
  EpochEvent,
  Json,
  Metrics,
  NoticeEvent,
  Position,
  PrepareEvent,
  StartEvent,
  StopEvent,
  StopReason,
  TrainEvent,
} from './events.js'
export { fit } from './fit.js'
export type { FitOptions, FitResult } from './options.js'
export { type Preparation, prepareEach } from './prepare.js'
export type { EpochSummary, Progress } from './progress.js'
export type { BatchSource, Trainable, TrainingStep } from './trainable.js'
export { averageLoss } from './trainable.js'
