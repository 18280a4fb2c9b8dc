import { nearest, UsageError } from '../errors.js'
import type { Task } from './task.js'

/** Every task by its name, loaded when it is asked for: a page downloads only the tasks that it uses. */
const loaders = {
  classify: async () => (await import('./classify.js')).classify,
  tag: async () => (await import('./tag.js')).tag,
  lm: async () => (await import('./lm.js')).lm,
  reply: async () => (await import('./reply.js')).reply,
  translate: async () => (await import('./translate.js')).translate,
  transcribe: async () => (await import('./transcribe.js')).transcribe,
  forecast: async () => (await import('./forecast.js')).forecast,
  video: async () => (await import('./video.js')).video,
  music: async () => (await import('./music.js')).music,
  trigger: async () => (await import('./trigger.js')).trigger,
  caption: async () => (await import('./caption.js')).caption,
}

/** The name of a task. */
export type TaskName = keyof typeof loaders

type TaskOf<Name extends TaskName> = Awaited<ReturnType<(typeof loaders)[Name]>>

/** The trained model of a task. */
export type ModelOf<Name extends TaskName> = ReturnType<TaskOf<Name>['restore']>

/** The rows of a task by their use, and what it takes beside them. */
export type PartsOf<Name extends TaskName> = ReturnType<TaskOf<Name>['rowsOf']>

/** The settings of a task, as a person gives them. */
export type SettingsOf<Name extends TaskName> = Parameters<TaskOf<Name>['learn']>[0]['settings']

/** A task whose rows and settings are its own business. */
// biome-ignore lint/suspicious/noExplicitAny: what is generic over tasks passes rows and settings on without looking at them
export type AnyTask = Task<any, any>

/** The names of all tasks. */
export const taskNames: readonly TaskName[] = Object.keys(loaders) as TaskName[]

/** The task of a name. Rejects with a `UsageError` that lists the names when there is none. */
export async function taskNamed(name: string): Promise<AnyTask> {
  if (Object.hasOwn(loaders, name)) return loaders[name as TaskName]()
  const guess = nearest(name, taskNames)
  throw new UsageError(
    `unknown task "${name}"; expected ${taskNames.length > 1 ? 'one of ' : ''}${taskNames.join(', ')}${guess ? `. Did you mean "${guess}"?` : ''}`,
  )
}
