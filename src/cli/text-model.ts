import { UsageError } from '../errors.js'
import { TextModel } from '../tasks/text-model.js'
import { withModel } from './model.js'

/** Runs `use` with the language model in a folder. Throws a `UsageError` for a model of another task. */
export async function withTextModel<T>(folder: string, use: (model: TextModel) => Promise<T>): Promise<T> {
  return withModel(folder, async (model) => {
    if (model instanceof TextModel) return use(model)
    throw new UsageError(
      `${folder}: expected a language model (unrolled train lm), got a model of the task ${model.task}`,
    )
  })
}

/** The number that an option was given; undefined when it was not. Throws a `UsageError` for anything else. */
export function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new UsageError(`--${option}: expected a number, got "${text}"`)
}
