import { FormatError } from '../errors.js'
import type { StoredModel } from '../formats/index.js'
import type { Engine } from '../tensor/index.js'
import { taskNamed, tasks } from './registry.js'
import type { TaskModel } from './task.js'

/** Builds the model that was stored, whatever its task. Throws a `FormatError` when its task is unknown or its parts do not fit. */
export function restoreModel(engine: Engine, stored: StoredModel, place: string): TaskModel {
  const { task } = stored.config
  if (typeof task !== 'string' || !Object.hasOwn(tasks, task))
    throw new FormatError(
      `${place}/config.json: a model of the task ${JSON.stringify(task)}, which this version does not know; it knows ${Object.keys(tasks).join(', ')}`,
    )
  return taskNamed(task).restore(engine, stored, place)
}
