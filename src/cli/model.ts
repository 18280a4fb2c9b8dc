import { loadModel } from '../formats/model-folder.js'
import { restoreModel } from '../tasks/restore.js'
import type { TaskModel } from '../tasks/task.js'
import { withEngine } from './engine.js'

/** Runs `use` with the model in a folder. Throws a `FormatError` when the folder is no model or damaged. */
export async function withModel<T>(folder: string, use: (model: TaskModel) => Promise<T>): Promise<T> {
  const stored = loadModel(folder)
  return withEngine(async (engine) => use(await restoreModel(engine, stored, folder)))
}
