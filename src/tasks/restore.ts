import { FormatError } from '../errors.js'
import type { StoredModel } from '../formats/index.js'
import type { Engine } from '../tensor/index.js'
import { taskNamed, taskNames } from './registry.js'
import type { TaskModel } from './task.js'

/** Builds the model that was stored, whatever its task. Rejects with a `FormatError` when its task is unknown or its parts do not fit. */
export async function restoreModel(engine: Engine, stored: StoredModel, place: string): Promise<TaskModel> {
  const { task } = stored.config
  if (typeof task !== 'string' || !(taskNames as readonly string[]).includes(task))
    throw new FormatError(
      `${place}/config.json: a model of the task ${JSON.stringify(task)}, which this version does not know; it knows ${taskNames.join(', ')}`,
    )
  return (await taskNamed(task)).restore(engine, stored, place)
}
