import { UsageError } from '../errors.js'
import { type AnyTask, taskNamed, taskNames } from '../tasks/registry.js'

/** What only some tasks can do. */
type Ability = 'answers' | 'attribution' | 'draw' | 'outputs'

/**
 * What the task of a model can do besides. Throws a `UsageError` that names the tasks which can when this one cannot; `needs` is its
 * beginning: `--attribute needs a model that searches for its outputs`.
 */
export async function abilityOf<Name extends Ability>(
  task: string,
  name: Name,
  needs: string,
): Promise<NonNullable<AnyTask[Name]>> {
  const able = (await taskNamed(task))[name]
  if (able) return able
  const all = await Promise.all(taskNames.map(taskNamed))
  const can = all.filter((other) => other[name]).map((other) => other.name)
  throw new UsageError(`${needs} (task ${can.join(', ')}), got one of the task ${task}`)
}
