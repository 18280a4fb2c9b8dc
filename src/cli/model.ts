import type { JsonObject, StoredModel } from '../formats/index.js'
import { loadModel } from '../formats/model-folder.js'
import { type TaskName, taskNamed } from '../tasks/registry.js'
import { taskFiles } from '../tasks/registry-files.js'
import { restoreModel } from '../tasks/restore.js'
import { resolveSettings } from '../tasks/settings.js'
import { storedObject } from '../tasks/stored.js'
import type { TaskModel } from '../tasks/task.js'
import { applyOverrides } from './config-file.js'
import { withEngine } from './engine.js'

/** What `--set` tells about reading data (`read.…`), and what it changes in a model (`decode.…`). */
export function parted(set: readonly string[]): { reading: string[]; changes: string[] } {
  const isReading = (assignment: string) => assignment.startsWith('read.')
  return { reading: set.filter(isReading), changes: set.filter((assignment) => !isReading(assignment)) }
}

/**
 * Runs `use` with the model in a folder; `set` overrides settings that may change after the training. Throws a `FormatError` when the
 * folder is no model or damaged, a `UsageError` for a setting that may not change.
 */
export async function withModel<T>(
  folder: string,
  use: (model: TaskModel) => Promise<T>,
  set: readonly string[] = [],
): Promise<T> {
  const stored = await loadAdjusted(folder, set)
  return withEngine(async (engine) => use(await restoreModel(engine, stored, folder)))
}

/** The model in a folder with some of the settings that may change after the training. Throws as `withModel` does. */
export async function loadAdjusted(folder: string, set: readonly string[] = []): Promise<StoredModel> {
  const stored = loadModel(folder)
  if (set.length === 0) return stored
  const { config } = stored
  const { name, settings, adjustable = [] } = await taskNamed(String(config.task))
  const kept = storedObject(config.settings)
  const sections = adjustable.map((section) => [section, kept[section]])
  const { values, locate } = applyOverrides(
    { values: Object.fromEntries(sections), locate: () => undefined },
    set,
  )
  const trees = adjustable.map((section) => [section, settings[section]])
  // `read` stands here for messages that say what may be set; it is no setting of a model
  const tree = { read: taskFiles[name as TaskName].settings, ...Object.fromEntries(trees) }
  const { read: _, ...changed } = resolveSettings(tree, values, locate)
  const merged = { ...kept, ...(changed as JsonObject) }
  return { ...stored, config: { ...config, settings: merged } }
}
