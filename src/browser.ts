/**
 * unrolled in a page or a web worker: trains and predicts with the WebAssembly kernels that lie beside this module; no other
 * file and no package is needed.
 *
 * ```ts
 * import { load, train } from 'unrolled'
 * const model = await train({ task: 'classify', data: [{ text: 'hello', label: 'greet' }, …] })
 * model.predict('What time is it?')
 * const bot = await load('/models/intents')   // a model folder that the server offers
 * ```
 */
import type { VectorSource, WordVectors } from './data/word-vectors.js'
import { FormatError, UnrolledError } from './errors.js'
import { type ModelFiles, packModel, unpackModel } from './formats/index.js'
import { browserPlatform } from './kernels/browser.js'
import { type KernelOptions, openKernels } from './kernels/index.js'
import { taskSettings } from './tasks/configuration.js'
import { type ModelOf, type TaskName, taskNamed } from './tasks/registry.js'
import { restoreModel } from './tasks/restore.js'
import { rootRandom, runTask } from './tasks/run.js'
import { integer, resolveSettings } from './tasks/settings.js'
import type { TaskModel } from './tasks/task.js'
import type { RowsOf, TrainOptions } from './tasks/train.js'
import { Engine } from './tensor/index.js'

export * from './errors.js'
export { Random } from './random/index.js'
export * from './tasks/index.js'
export { Engine } from './tensor/index.js'
export type { TrainEvent } from './train/index.js'

/** What `train` is told in a page. */
export type BrowserTrainOptions<Name extends TaskName> = TrainOptions<Name> & {
  /** Rows: a list, of which a tenth each is held out for validation and test, or `{ train, valid, test }`. */
  readonly data: RowsOf<Name>
  /** Ready-made vectors with which words begin, as `readVectors` of `unrolled/data` gives them. */
  readonly vectors?: WordVectors
  /** The same for the words that are written (`translate`). */
  readonly targetVectors?: WordVectors
}

/** Opens an engine on WebAssembly; with threads where the page is cross-origin isolated. */
export async function createEngine(options: KernelOptions = {}): Promise<Engine> {
  return new Engine(await openKernels(browserPlatform(), options))
}

/**
 * Trains a model on rows.
 *
 * @throws UsageError for a setting that is unknown, of the wrong type or out of range; DataError for a bad row.
 *
 * ```ts
 * const model = await train({ task: 'classify', data: rows, on: (event) => show(event) })
 * ```
 */
export async function train<Name extends TaskName>(
  options: BrowserTrainOptions<Name>,
): Promise<ModelOf<Name>> {
  const { data: rows, vectors, targetVectors, engine: given, signal, on, task: name, ...rest } = options
  const task = await taskNamed(name)
  const tree = { seed: integer(1, 'Decides everything random'), ...task.settings }
  const configuration = resolveSettings(tree, rest) as Parameters<typeof taskSettings>[1]
  const { seed } = configuration
  const data = task.rowsOf(rows, rootRandom(seed).split('data'))
  const engine = given ?? (await createEngine())
  const settings = taskSettings(task, configuration)
  const ready = { vectors: sourceOf(vectors), targetVectors: sourceOf(targetVectors) }
  const { model, fit } = await runTask({ task, engine, data, settings, seed, ...ready, signal, on })
  if (fit.reason === 'abort') throw new UnrolledError(`Interrupted after ${fit.steps} steps.`)
  return model as ModelOf<Name>
}

function sourceOf(vectors: WordVectors | undefined): VectorSource | undefined {
  return vectors && (async (wanted) => vectors.select(wanted))
}

/** The files of a model folder, to be kept or offered for download; `load` takes them again. */
export function modelFiles(model: TaskModel): ModelFiles {
  return packModel({ ...model.store(), metrics: {} })
}

/**
 * Loads a model from the address of a model folder, or from its files; `Name` is its task, `classify` when left out.
 *
 * @throws FormatError when a file is missing, damaged, foreign, or of a later version.
 */
export async function load<Name extends TaskName = 'classify'>(
  source: string | URL | ModelFiles,
  { engine: given }: { readonly engine?: Engine } = {},
): Promise<ModelOf<Name>> {
  const isAddress = typeof source === 'string' || source instanceof URL
  const place = isAddress ? String(source).replace(/\/$/, '') : 'the model'
  const stored = unpackModel(isAddress ? await fetchFiles(place) : source, place)
  return (await restoreModel(given ?? (await createEngine()), stored, place)) as ModelOf<Name>
}

async function fetchFiles(folder: string): Promise<ModelFiles> {
  const [weights, config, metrics] = await Promise.all(
    ['model.safetensors', 'config.json', 'metrics.json'].map(async (name) => {
      const response = await fetch(`${folder}/${name}`)
      if (!response.ok) throw new FormatError(`${folder}/${name}: cannot be fetched (${response.status})`)
      return new Uint8Array(await response.arrayBuffer())
    }),
  )
  return { 'model.safetensors': weights, 'config.json': config, 'metrics.json': metrics }
}
