import { taskNamed } from '../tasks/registry.js'
import { inputsOf } from './inputs.js'
import { withModel } from './model.js'
import { paint, print } from './terminal.js'

/** `unrolled predict`: answers texts from arguments, files (a text per line) or standard input; or, where the task's inputs are files, those. */
export async function predict(
  folder: string,
  inputs: readonly string[],
  { json = false }: { readonly json?: boolean },
): Promise<void> {
  await withModel(folder, async (model) => {
    const task = await taskNamed(model.task)
    for await (const { input, name, file } of inputsOf(model, inputs)) {
      const answer = { ...(file !== undefined && { file }), ...model.answer(input) }
      print(json ? JSON.stringify(answer) : `${paint.dim(name)}\n  ${task.line(answer)}`)
    }
  })
}
