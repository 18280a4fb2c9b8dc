import { checksum } from '../codecs/crc32.js'
import { lengthBatches } from '../data/batches.js'
import { UsageError } from '../errors.js'
import type { JsonObject } from '../formats/index.js'
import { averaged } from '../optim/index.js'
import { type BatchSource, type FitOptions, type FitResult, fit } from '../train/index.js'
import { optimizerNamed, scheduleNamed } from './optimisation.js'
import type { LearningJob } from './task.js'

/** The settings of training that every task has, with each `auto` decided. */
export interface TrainingSettings {
  readonly epochs: number
  readonly seconds: number | null
  readonly optimizer: string
  readonly learningRate: number
  readonly weightDecay: number
  readonly schedule: string
  readonly warmUp: number
  readonly finalRate: number
  readonly accumulate: number
  readonly clipNorm: number
  readonly averaging: number
  readonly patience: number
}

/** What a task's own part of a training is; `validate` only where there are validation data. */
export interface TaskTraining<Batch>
  extends Pick<FitOptions<Batch>, 'model' | 'data' | 'monitor' | 'validate'> {
  readonly job: Pick<LearningJob<unknown, unknown>, 'random' | 'fit'>
  readonly settings: TrainingSettings
  /** What messages call its validation data; `validation rows` by default. */
  readonly validationData?: string
  /** What a resumed training must have in common with its beginning, see `identityOf`. */
  readonly identity: JsonObject
}

/** Updates of the weights in a whole training. */
export function updatesOf(
  { epochs, accumulate }: Pick<TrainingSettings, 'epochs' | 'accumulate'>,
  { batchesPerEpoch }: Pick<BatchSource<unknown>, 'batchesPerEpoch'>,
): number {
  return Math.max(1, epochs * Math.ceil(batchesPerEpoch / accumulate))
}

/**
 * Trains a task's model by its settings: optimizer with averaged weights, schedule, clipping, patience. Throws a `UsageError` for a
 * schedule that goes by validations where there are none.
 */
export async function fitTask<Batch>(training: TaskTraining<Batch>): Promise<FitResult> {
  const {
    job,
    settings,
    identity,
    model,
    data,
    monitor,
    validate,
    validationData = 'validation rows',
  } = training
  const { epochs, seconds, learningRate, accumulate, clipNorm, averaging, patience } = settings
  const { optimizer: name, weightDecay, schedule, warmUp, finalRate } = settings
  if (!validate && schedule === 'plateau')
    throw new UsageError(
      `train.schedule: plateau needs ${validationData}; give some, or choose another schedule`,
    )
  const optimizer = averaged(optimizerNamed(name, weightDecay), { decay: averaging })
  const steps = updatesOf(settings, data)
  const result = await fit<Batch>({
    ...job.fit,
    model,
    data,
    optimizer,
    learningRate,
    schedule: scheduleNamed(schedule, warmUp, { steps, finalRate, patience }),
    accumulate,
    random: job.random.split('train'),
    epochs,
    clip: { norm: clipNorm },
    settings: identity,
    ...(monitor && { monitor }),
    ...(seconds !== null && { seconds }),
    ...(validate && { validate, patience }),
  })
  optimizer.dispose()
  return result
}

/** What a resumed training must have in common with its beginning: settings, data and vocabulary; the time limit may differ. */
export function identityOf<Settings extends { readonly train: Pick<TrainingSettings, 'seconds'> }>(
  settings: Settings,
  rows: readonly string[],
  vocabulary: readonly string[] = [],
): JsonObject {
  const texts = checksum(new TextEncoder().encode([...rows, ...vocabulary].join('\n')))
  return identityWith(settings, { rows: rows.length, texts })
}

/** The same for rows whose number and checksum are known. */
export function identityWith<Settings extends { readonly train: Pick<TrainingSettings, 'seconds'> }>(
  settings: Settings,
  data: { readonly rows: number; readonly texts: string },
): JsonObject {
  const { seconds: _, ...train } = settings.train
  return JSON.parse(JSON.stringify({ ...settings, train, ...data }))
}

/** Lessons in batches of similar length, in another order each epoch. */
export function lessonBatches<Lesson>(
  lessons: readonly Lesson[],
  lengthOf: (lesson: Lesson) => number,
  batchSize: number,
): BatchSource<readonly Lesson[]> {
  const lengths = lessons.map(lengthOf)
  return {
    batchesPerEpoch: Math.ceil(lessons.length / batchSize),
    batches: (_, random) =>
      lengthBatches(lengths, batchSize, random).map((rows) => Array.from(rows, (row) => lessons[row])),
  }
}

/** Half the standard error of an accuracy on so many rows: an epoch that far below the record may well be as good. */
export function halfStandardError(rows: number): (accuracy: number) => number {
  return (accuracy) => 0.5 * Math.sqrt((accuracy * (1 - accuracy)) / rows)
}
