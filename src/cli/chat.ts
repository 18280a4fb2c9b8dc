import { stdin, stdout } from 'node:process'
import { createInterface } from 'node:readline'
import { UsageError } from '../errors.js'
import { taskNamed } from '../tasks/registry.js'
import { readsFiles } from './inputs.js'
import { withModel } from './model.js'
import { print, say } from './terminal.js'

const QUIT = [':quit', ':q', ':exit']

/** `unrolled chat`: a prompt that shows what the model makes of each line; lines may also come through a pipe. */
export async function chat(folder: string): Promise<void> {
  await withModel(folder, async (model) => {
    const task = await taskNamed(model.task)
    if (readsFiles(model.task))
      throw new UsageError(
        `chat needs a model that answers texts, got one of the task ${model.task}; try: unrolled predict ${folder} FILE`,
      )
    const live = stdin.isTTY === true
    if (live) say('Type a line; :quit or Ctrl-D ends.')
    const prompt = createInterface({ input: stdin, ...(live && { output: stdout }), prompt: '> ' })
    if (live) prompt.prompt()
    for await (const line of prompt) {
      const text = line.trim()
      if (QUIT.includes(text)) break
      if (text.startsWith(':')) say(`${text} is no command; :quit ends`)
      else if (text !== '') print(task.line(model.answer(text)))
      if (live) prompt.prompt()
    }
    prompt.close()
  })
}
