import { taskNamed } from '../tasks/registry.js'
import { textsOf } from './inputs.js'
import { withModel } from './model.js'
import { paint, print } from './terminal.js'

/** `unrolled predict`: answers texts from arguments, files (a text per line) or standard input. */
export async function predict(
  folder: string,
  inputs: readonly string[],
  { json = false }: { readonly json?: boolean },
): Promise<void> {
  await withModel(folder, async (model) => {
    const task = await taskNamed(model.task)
    for await (const text of textsOf(inputs)) {
      const answer = model.answer(text)
      print(json ? JSON.stringify(answer) : `${paint.dim(text)}\n  ${task.line(answer)}`)
    }
  })
}
