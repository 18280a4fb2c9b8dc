import { UsageError } from '../errors.js'
import type { Json, JsonObject } from '../formats/index.js'
import { parameterCount } from '../models/model.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import type { FitOptions, FitResult, TrainEvent } from '../train/index.js'
import type { AnyTask } from './registry.js'
import type { DataParts, Evaluation, TaskModel, VectorSources } from './task.js'

/** What a run is told: everything that decides its result, and who listens. */
export interface RunOptions extends VectorSources {
  readonly task: AnyTask
  readonly engine: Engine
  readonly data: DataParts<unknown>
  /** The task's settings, complete. */
  readonly settings: unknown
  readonly seed: number
  readonly signal?: AbortSignal | undefined
  readonly store?: FitOptions<unknown>['store']
  readonly on?: ((event: TrainEvent) => void) | undefined
}

/** A finished or interrupted run. */
export interface Run {
  readonly model: TaskModel
  readonly fit: FitResult
  /** The settings with every `auto` decided. */
  readonly settings: unknown
  /** The scores on each part that has rows; none after an interruption. */
  readonly scores: Readonly<Partial<Record<'valid' | 'test', Evaluation>>>
  readonly summary: Summary
}

/** What `--json` prints, and `metrics.json` keeps: plain numbers by name. */
export interface Summary extends JsonObject {
  readonly task: string
  readonly seed: number
  readonly seconds: number
  readonly parameters: number
  readonly train: JsonObject
  readonly valid: JsonObject
  readonly test: JsonObject
  /** The headline score of simple rules, on the test part or, without one, the validation part. */
  readonly baselines: JsonObject
}

/** The root of all randomness of a run; its stream `data` decides which rows are held out. */
export function rootRandom(seed: number): Random {
  return new Random(seed)
}

/**
 * Trains and scores a model, for any task and anywhere: nothing here reads or writes files. Throws a `UsageError` when there are
 * ready-made vectors and the task has no use for them.
 */
export async function runTask(options: RunOptions): Promise<Run> {
  const { task, engine, data, seed, vectors, targetVectors, signal, store, on } = options
  refuseUnused(task, { vectors, targetVectors })
  const { model, fit, settings } = await task.learn({
    engine,
    data,
    settings: options.settings,
    random: rootRandom(seed),
    vectors,
    targetVectors,
    fit: { ...(on && { on }), ...(store && { store }), ...(signal && { signal }) },
  })
  const scored = fit.reason === 'abort' ? {} : { valid: data.valid, test: data.test }
  const scores = Object.fromEntries(
    Object.entries(scored).flatMap(([part, rows]) => (rows.length > 0 ? [[part, model.evaluate(rows)]] : [])),
  ) as Run['scores']
  return { model, fit, settings, scores, summary: summarize(options, model, fit, scores) }
}

function refuseUnused({ name, takesVectors = [] }: AnyTask, given: VectorSources): void {
  for (const [setting, source] of Object.entries(given))
    if (source && !takesVectors.some((taken) => taken === setting))
      throw new UsageError(`${setting}: the task ${name} has no use for ready-made vectors; leave them out`)
}

function summarize(
  { task, seed, data }: RunOptions,
  model: TaskModel,
  fit: FitResult,
  { valid, test }: Run['scores'],
): Summary {
  const epoch = fit.best ? fit.history[fit.best.epoch - 1] : fit.history.at(-1)
  const part = (evaluation: Evaluation | undefined): JsonObject =>
    evaluation ? { rows: evaluation.rows, ...evaluation.scores } : {}
  return {
    task: task.name,
    seed,
    seconds: Number(fit.seconds.toFixed(3)),
    parameters: parameterCount(model),
    train: {
      rows: data.source?.length ?? data.train.length,
      epochs: fit.epochs,
      steps: fit.steps,
      stopped: fit.reason,
      ...(epoch && { bestEpoch: epoch.epoch, loss: epoch.loss }),
    } satisfies Record<string, Json>,
    valid: part(valid),
    test: part(test),
    baselines: { ...(test ?? valid)?.baselines },
  }
}
