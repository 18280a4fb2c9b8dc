import { filesOf } from '../formats/files.js'
import type { TaskName } from '../tasks/registry.js'
import { taskFiles } from '../tasks/registry-files.js'
import { resolveSettings } from '../tasks/settings.js'
import type { TaskModel } from '../tasks/task.js'
import { applyOverrides } from './config-file.js'
import { showDetection } from './detection.js'

/** The rows of `data` on which a model is to be scored, read as `set` says (`read.…`), else as those it has learned from; shows what was found. */
export async function scoredRows(
  model: TaskModel,
  data: string,
  set: readonly string[],
): Promise<readonly unknown[]> {
  const reader = taskFiles[model.task as TaskName]
  const { values, locate } = applyOverrides(
    { values: { read: model.readAs ?? {} }, locate: () => undefined },
    set,
  )
  const { read } = resolveSettings({ read: reader.settings }, values, locate)
  const { rows, detection } = await reader.readScored(await filesOf(data), data, { read })
  showDetection(detection)
  return rows
}
