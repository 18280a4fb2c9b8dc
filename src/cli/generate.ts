import { extname } from 'node:path'
import { stdout } from 'node:process'
import { UsageError } from '../errors.js'
import { type TaskName, taskNames } from '../tasks/registry.js'
import { taskFiles } from '../tasks/registry-files.js'
import type { Generated, Generation } from '../tasks/task.js'
import { inputOf } from './inputs.js'
import { withModel } from './model.js'
import { save } from './pictures.js'
import { paint, print } from './terminal.js'
import { numberOf } from './text-model.js'

/** The options of `unrolled generate`, as they are typed. */
export interface GenerateArguments {
  readonly out?: string
  readonly json?: boolean
  /** What the task takes: numbers as texts, and flags. */
  readonly [option: string]: string | boolean | undefined
}

/** `unrolled generate`: goes on with a text, which appears on the terminal while it is written, or with a piece of music. */
export async function generate(
  folder: string,
  prompt: string | undefined,
  { json = false, out, ...given }: GenerateArguments,
): Promise<void> {
  await withModel(folder, async (model) => {
    const generation = generationOf(model.task)
    const options = optionsOf(given, generation.options, model.task)
    const begun = prompt === undefined ? undefined : await inputOf(model, prompt)
    let first = typeof begun === 'string' // a prompt in words comes first, and is not the model's
    const show = (text: string) => {
      if (!json) stdout.write(first ? paint.dim(text) : text)
      first = false
    }
    const made = generation.generate(model, begun, options, show)
    if (out !== undefined) await write(out, made, model.task)
    if (json) return print(JSON.stringify({ model: folder, ...made.json, ...(out !== undefined && { out }) }))
    if (made.text) print(made.text(stdout.columns ?? 80))
    if (out !== undefined) print(`Written to ${out}`)
  })
}

function generationOf(task: string): Generation<unknown, unknown> {
  const { generation } = taskFiles[task as TaskName]
  if (generation) return generation
  const able = taskNames.filter((name) => taskFiles[name].generation)
  throw new UsageError(
    `generate needs a model that makes something new (task ${able.join(', ')}), got one of the task ${task}`,
  )
}

function optionsOf(
  given: Readonly<Record<string, string | boolean | undefined>>,
  taken: readonly string[],
  task: string,
): Record<string, number | boolean> {
  const options: Record<string, number | boolean> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (!taken.includes(name))
      throw new UsageError(
        `--${dashed(name)}: the task ${task} has no use for it; it takes ${taken.map((option) => `--${dashed(option)}`).join(', ')}`,
      )
    const number = typeof value === 'boolean' ? value : numberOf(dashed(name), value)
    if (number !== undefined) options[name] = number
  }
  return options
}

/** `topK` as it is typed: `top-k`. */
const dashed = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

async function write(out: string, { files = {} }: Generated, task: string): Promise<void> {
  const ending = extname(out).toLowerCase()
  if (Object.hasOwn(files, ending)) return save(out, files[ending]())
  const endings = Object.keys(files)
  const expected =
    endings.length === 0
      ? `nothing: what the task ${task} makes is printed`
      : `a name that ends in ${endings.join(', ')}`
  throw new UsageError(
    `--out ${out}: expected ${expected}, got ${ending === '' ? 'no ending' : `"${ending}"`}`,
  )
}
