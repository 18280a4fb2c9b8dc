/** Anything that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The scores of a validation by name, for example `{ loss, accuracy }`. */
export type Metrics = Readonly<Record<string, number>>

/** Why a training ended. */
export type StopReason = 'epochs' | 'patience' | 'seconds' | 'abort' | 'nonFinite'

/** A place in a training: `step` updates were made, and `batch` batches of `epoch` (counted from 0) are done. */
export interface Position {
  readonly step: number
  readonly epoch: number
  readonly batch: number
}

/** Something is done with each row before the training begins. It depends on the clock, so the run log leaves it out. */
export interface PrepareEvent {
  readonly type: 'prepare'
  readonly what: string
  /** Rows that are ready, and how many there are. */
  readonly done: number
  readonly total: number
  readonly time: { readonly seconds: number; readonly secondsLeft: number }
}

/** The training begins, or goes on where a checkpoint left it. */
export interface StartEvent {
  readonly type: 'start'
  /** How many numbers are trained. */
  readonly parameters: number
  readonly epochs: number
  readonly batches: number
  readonly settings: Json
  /** Where it goes on; absent in a new training. */
  readonly resumed?: Position
  readonly time: { readonly date: string; readonly seconds: number }
}

/** One update was made. `step`, `epoch` and `batch` count from 1. */
export interface BatchEvent {
  readonly type: 'batch'
  readonly step: number
  readonly epoch: number
  readonly batch: number
  readonly epochs: number
  readonly batches: number
  /** The loss of this batch (the mean over those of an accumulated step), and the mean over the epoch so far. */
  readonly loss: number
  readonly meanLoss: number
  /** The global norm of the gradients, before clipping. */
  readonly gradientNorm: number
  readonly learningRate: number
  readonly time: {
    readonly seconds: number
    /** Seconds in this epoch, and estimates of those left in it and in the whole training (at most: it may stop early). */
    readonly epochSeconds: number
    readonly epochSecondsLeft: number
    readonly secondsLeft: number
  }
}

/** An epoch ended, or was cut short by the time limit (`batches` of it were done). `epoch` counts from 1. */
export interface EpochEvent {
  readonly type: 'epoch'
  readonly epoch: number
  readonly epochs: number
  readonly step: number
  readonly batches: number
  readonly loss: number
  readonly metrics?: Metrics
  /** Whether the metrics are the best so far. */
  readonly best: boolean
  readonly time: { readonly seconds: number; readonly epochSeconds: number }
}

/** A checkpoint was written to `place`. It depends on the clock, so the run log leaves it out. */
export interface CheckpointEvent extends Position {
  readonly type: 'checkpoint'
  readonly place: string
  readonly time: { readonly seconds: number; readonly saving: number }
}

/** Something the user should know and nothing has to stop for. The run log leaves it out. */
export interface NoticeEvent {
  readonly type: 'notice'
  readonly message: string
}

/** The training ended. `epoch` counts from 1; `best` is the epoch whose weights the model has now. */
export interface StopEvent {
  readonly type: 'stop'
  readonly reason: StopReason
  readonly step: number
  readonly epochs: number
  readonly best?: { readonly epoch: number; readonly metrics: Metrics }
  readonly time: { readonly seconds: number }
}

/**
 * What happens in a training, as plain JSON values. All that depends on the clock is under `time`: but for it, equal seeds
 * give equal events, whether or not the training was interrupted.
 */
export type TrainEvent =
  | PrepareEvent
  | StartEvent
  | BatchEvent
  | EpochEvent
  | CheckpointEvent
  | NoticeEvent
  | StopEvent
