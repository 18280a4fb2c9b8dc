import type { Engine } from '../tensor/index.js'
import type { TrainEvent } from '../train/index.js'
import type { ModelOf, PartsOf, SettingsOf, TaskName } from './registry.js'

/** The rows of a task: `{ text, label }` for classify. */
export type RowOf<Name extends TaskName> = Parameters<ModelOf<Name>['evaluate']>[0][number]

/**
 * Rows that the caller has: a list, of which a tenth each is held out for validation and test, or parts. With `valid: []` no rows choose the
 * best epoch, and the last one is kept. What a task takes besides stands beside the parts: `replies`, the dictionary of `reply`.
 */
export type RowsOf<Name extends TaskName> =
  | readonly RowOf<Name>[]
  | (Pick<PartsOf<Name>, 'train'> & Partial<PartsOf<Name>>)

/** Some of the settings, section by section. */
export type Sections<S> = {
  readonly [K in keyof S]?: S[K] extends object ? Sections<S[K]> : S[K]
}

/** What `train` is told wherever it runs; the sections of the task's settings (`model`, `train` …) stand beside it. */
export type TrainOptions<Name extends TaskName> = {
  readonly task: Name
  /** Decides everything random; 1 by default. Equal seeds, data and settings give equal models. */
  readonly seed?: number
  /** Where to compute; by default an engine is opened, which lives as long as the model: `await model.engine.dispose()`. */
  readonly engine?: Engine
  /** When it aborts, the step in progress is finished, a checkpoint saved if there is a folder, and `train` throws. */
  readonly signal?: AbortSignal
  /** Called with every event of the training. */
  readonly on?: (event: TrainEvent) => void
} & Sections<SettingsOf<Name>>
