import { nearest, UsageError } from '../errors.js'
import { classify } from './classify.js'
import type { Task } from './task.js'

/** Every task by its name. */
export const tasks = { classify }

/** The name of a task. */
export type TaskName = keyof typeof tasks

/** The trained model of a task. */
export type ModelOf<Name extends TaskName> = ReturnType<(typeof tasks)[Name]['restore']>

/** The settings of a task, as a person gives them. */
export type SettingsOf<Name extends TaskName> = Parameters<(typeof tasks)[Name]['learn']>[0]['settings']

/** A task whose rows and settings are its own business. */
// biome-ignore lint/suspicious/noExplicitAny: what is generic over tasks passes rows and settings on without looking at them
export type AnyTask = Task<any, any>

/** The task of a name. Throws a `UsageError` that lists the names when there is none. */
export function taskNamed(name: string): AnyTask {
  if (Object.hasOwn(tasks, name)) return tasks[name as TaskName]
  const names = Object.keys(tasks)
  const guess = nearest(name, names)
  throw new UsageError(
    `unknown task "${name}"; expected ${names.length > 1 ? 'one of ' : ''}${names.join(', ')}${guess ? `. Did you mean "${guess}"?` : ''}`,
  )
}
