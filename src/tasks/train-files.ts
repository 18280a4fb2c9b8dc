import type { Detection } from '../data/dataset.js'
import { readVectors, type VectorSource, type WordVectors } from '../data/word-vectors.js'
import { UnrolledError, UsageError } from '../errors.js'
import { filesOf, NO_VALIDATION, validationFilesOf } from '../formats/files.js'
import type { JsonObject } from '../formats/index.js'
import { checkOutputFolder, saveModel } from '../formats/model-folder.js'
import { absolutePath, startRunFolder } from '../formats/run-settings.js'
import type { Engine } from '../tensor/index.js'
import { RunFolder } from '../train/disk.js'
import type { TrainEvent } from '../train/index.js'
import { modelCard } from './card.js'
import { type Configuration, taskSettings } from './configuration.js'
import { type AnyTask, type TaskName, taskNamed } from './registry.js'
import { taskFiles } from './registry-files.js'
import { type Run, rootRandom, runTask } from './run.js'
import type { DataParts, VectorName } from './task.js'

/** A training with files: the configuration, and what is no part of it. */
export interface FileRun {
  readonly configuration: Configuration
  /** Rows in memory, in place of `configuration.data`. */
  readonly rows?: unknown
  /** Vectors in memory, in place of `configuration.vectors` and `configuration.targetVectors`. */
  readonly vectors?: WordVectors | undefined
  readonly targetVectors?: WordVectors | undefined
  /** Goes on with the run in `configuration.out`. */
  readonly resume?: boolean
  readonly engine: Engine
  readonly signal?: AbortSignal | undefined
  /** Called when the data are read, before anything is trained. */
  readonly onData?: ((detection: Detection) => void) | undefined
  readonly on?: ((event: TrainEvent) => void) | undefined
}

/**
 * Trains from files or rows and, where the configuration has `out`, keeps log and checkpoints there and saves the model.
 * After an abort the model is not saved; the checkpoint is. A new folder in which no step was made, as the settings do not go together for
 * example, is not left behind.
 *
 * @throws UsageError when `out` holds something else, DataError for bad data, UnrolledError when a file cannot be written.
 */
export async function runWithFiles(options: FileRun): Promise<Run> {
  const { configuration, rows, resume = false } = options
  const { out, seed } = configuration
  const task = await taskNamed(configuration.task)
  if (out !== null && !resume) checkOutputFolder(out)
  const data = rows === undefined ? await readData(task, options) : task.rowsOf(rows, dataRandom(seed))
  const undo = out !== null && !resume ? startRunFolder(out, portable(configuration)) : undefined
  let begun = false
  const on = (event: TrainEvent) => {
    begun ||= event.type === 'batch' || event.type === 'checkpoint'
    options.on?.(event)
  }
  const run = await learn(task, data, { ...options, on }).catch((error) => {
    if (!begun) undo?.()
    throw error
  })
  if (out !== null && run.fit.reason !== 'abort') save(out, run, configuration.data ?? 'rows in memory')
  return run
}

async function learn(task: AnyTask, data: DataParts<unknown>, options: FileRun): Promise<Run> {
  const { configuration, resume = false, engine, signal, on } = options
  const { out, seed } = configuration
  const store = out === null ? undefined : new RunFolder(out, { resume })
  const settings = taskSettings(task, configuration)
  const ready = {
    vectors: vectorSource('vectors', options),
    targetVectors: vectorSource('targetVectors', options),
  }
  return runTask({ task, engine, data, settings, seed, ...ready, signal, on, ...(store && { store }) })
}

/** What an aborted training says: where it was saved and how it goes on. */
export function interruptedMessage(run: Run, out: string | null): string {
  const where = run.fit.checkpoint
    ? ` Saved in ${run.fit.checkpoint}.`
    : ' Nothing was saved (there is no out folder).'
  const how = run.fit.checkpoint && out !== null ? ` Continue with: unrolled train --resume ${out}` : ''
  return `Interrupted after ${run.fit.steps.toLocaleString('en')} steps.${where}${how}`
}

/** The error of an aborted training, for callers who expect a model. */
export function interruptedError(run: Run, out: string | null): UnrolledError {
  return new UnrolledError(interruptedMessage(run, out))
}

async function readData(task: AnyTask, { configuration, onData }: FileRun): Promise<DataParts<unknown>> {
  const { data: root, valid, test, read, seed } = configuration
  if (root === null)
    throw new UsageError('expected data to learn from: give --data (or "data" in the configuration)')
  const files = {
    root,
    data: await filesOf(root),
    ...(valid !== null && { valid: await validationFilesOf(valid) }),
    ...(test !== null && { test: await filesOf(test) }),
  }
  const reader = taskFiles[task.name as TaskName]
  const { data, detection } = await reader.read(files, { random: dataRandom(seed), read })
  onData?.(detection)
  return data
}

/** Vectors in memory, or those in a file, which is read when it is known what words are wanted. */
function vectorSource(name: VectorName, options: FileRun): VectorSource | undefined {
  const vectors = options[name]
  if (vectors) return async (wanted) => vectors.select(wanted)
  const place = options.configuration[name]
  if (typeof place !== 'string') return undefined
  return async (wanted) => {
    const files = await filesOf(place)
    if (files.length > 1) throw new UsageError(`${name}: expected a file, got the folder ${place}`)
    return readVectors(files[0], wanted)
  }
}

function dataRandom(seed: number) {
  return rootRandom(seed).split('data')
}

/** The configuration with paths that stay right when a run is resumed from another folder. */
function portable(configuration: Configuration): JsonObject {
  const absolute = (values: Readonly<Record<string, unknown>>, names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const path = values[name]
        return typeof path === 'string' && path !== NO_VALIDATION ? [[name, absolutePath(path)]] : []
      }),
    )
  const { paths = [] } = taskFiles[configuration.task as TaskName]
  const read = { ...configuration.read, ...absolute(configuration.read, paths) }
  const named = ['data', 'valid', 'test', 'vectors', 'targetVectors']
  const whole = { ...configuration, ...absolute(configuration, named), read }
  return JSON.parse(JSON.stringify(whole)) as JsonObject
}

function save(out: string, run: Run, source: string): void {
  const details = Object.fromEntries(Object.entries(run.scores).map(([part, { details }]) => [part, details]))
  saveModel(out, {
    ...run.model.store(),
    metrics: { ...run.summary, details },
    card: modelCard(run, { source }),
  })
}
