/**
 * unrolled in Node: train recurrent sequence models, load and use them. (In a page this name gives `browser.ts`.)
 *
 * ```ts
 * import { load, train } from 'unrolled'
 * const model = await train({ task: 'classify', data: 'intents.jsonl', out: 'models/intents' })
 * model.predict('What time is it?')            // [{ label: 'ask_time', score: 0.98 }, …]
 * const bot = await load('models/intents')
 * ```
 */
import type { WordVectors } from './data/word-vectors.js'
import { UsageError } from './errors.js'
import { loadModel } from './formats/model-folder.js'
import { type KernelOptions, openKernels } from './kernels/index.js'
import { nodePlatform } from './kernels/node.js'
import { resolveConfiguration } from './tasks/configuration.js'
import { type ModelOf, type TaskName, taskNamed } from './tasks/registry.js'
import { taskFiles } from './tasks/registry-files.js'
import { restoreModel } from './tasks/restore.js'
import type { RowsOf, TrainOptions } from './tasks/train.js'
import { interruptedError, runWithFiles } from './tasks/train-files.js'
import { Engine } from './tensor/index.js'

export * from './errors.js'
export { Random } from './random/index.js'
export * from './tasks/index.js'
export { Engine } from './tensor/index.js'
export { RunFolder, type RunFolderOptions } from './train/disk.js'
export type { TrainEvent } from './train/index.js'
export { abortOnInterrupt, type Interrupt } from './train/interrupt.js'

/** What `train` is told of files; refused where the data are rows. */
export interface DataFileOptions {
  /** Files with the rows that choose the best epoch and those for the final score; without them parts are found in the data or held out. */
  readonly valid?: string
  readonly test?: string
  /** How files are read: `format`, `encoding`, the columns `text` and `label`, `prefix`. */
  readonly read?: Readonly<Record<string, string | null>>
}

/** What `train` is told in Node. */
export type NodeTrainOptions<Name extends TaskName> = TrainOptions<Name> &
  DataFileOptions & {
    /** A file or folder, or rows. */
    readonly data: string | RowsOf<Name>
    /** Ready-made vectors with which words begin: a file of word2vec, fastText or GloVe (`.gz` too), or what `readVectors` has read. */
    readonly vectors?: string | WordVectors
    /** The same for the words that are written (`translate`). */
    readonly targetVectors?: string | WordVectors
    /** A new folder for the model, its card, the log and the checkpoints. */
    readonly out?: string
    /** Goes on with the interrupted run in `out`, which must have had the same data and settings. */
    readonly resume?: boolean
  }

/**
 * Opens an engine: the native kernels where they were built, else WebAssembly.
 *
 * @throws UsageError when the backend asked for does not exist here.
 */
export async function createEngine(options: KernelOptions = {}): Promise<Engine> {
  return new Engine(await openKernels(nodePlatform(), options))
}

/**
 * Trains a model and, with `out`, saves it.
 *
 * @throws UsageError for a setting that is unknown, of the wrong type or out of range, and when `out` holds something else;
 * DataError (`file:line: expected …, found …`) for bad data.
 *
 * ```ts
 * const model = await train({ task: 'classify', data: rows, model: { cell: 'gru' }, train: { epochs: 5 } })
 * ```
 */
export async function train<Name extends TaskName>(options: NodeTrainOptions<Name>): Promise<ModelOf<Name>> {
  const { data, vectors, targetVectors, engine: given, resume = false, signal, on, ...rest } = options
  const task = await taskNamed(options.task)
  const fromFiles = typeof data === 'string'
  if (!fromFiles) refuseFileOptions(options)
  const configuration = resolveConfiguration(task, taskFiles[options.task], {
    ...rest,
    ...(fromFiles && { data }),
    ...(typeof vectors === 'string' && { vectors }),
    ...(typeof targetVectors === 'string' && { targetVectors }),
  })
  if (resume && configuration.out === null)
    throw new UsageError('train: resume needs out, the folder of the run')
  const engine = given ?? (await createEngine())
  try {
    const rows = fromFiles ? {} : { rows: data }
    const ready = {
      ...(typeof vectors !== 'string' && { vectors }),
      ...(typeof targetVectors !== 'string' && { targetVectors }),
    }
    const run = await runWithFiles({ configuration, ...rows, ...ready, resume, engine, signal, on })
    if (run.fit.reason === 'abort') throw interruptedError(run, configuration.out)
    return run.model as ModelOf<Name>
  } catch (error) {
    if (!given) await engine.dispose()
    throw error
  }
}

/** Throws a `UsageError` for what is said about files where the data are rows: it would do nothing. */
function refuseFileOptions({ read = {}, valid, test }: DataFileOptions): void {
  const set = Object.entries({ ...read, valid, test }).find(
    ([, value]) => value !== undefined && value !== null,
  )
  if (!set) return
  const name = set[0] in read ? `read.${set[0]}` : set[0]
  throw new UsageError(
    `train: ${name} is for data in files, and data are rows in memory; give { train, valid, test } with such lists, or a file`,
  )
}

/**
 * Loads a model folder that `train` has written; `Name` is its task, `classify` when left out: `load<'tag'>(…)`.
 *
 * @throws FormatError when the folder is no model, damaged, or of a later version.
 */
export async function load<Name extends TaskName = 'classify'>(
  folder: string,
  { engine: given }: { readonly engine?: Engine } = {},
): Promise<ModelOf<Name>> {
  const stored = loadModel(folder)
  const engine = given ?? (await createEngine())
  try {
    return (await restoreModel(engine, stored, folder)) as ModelOf<Name>
  } catch (error) {
    if (!given) await engine.dispose()
    throw error
  }
}
