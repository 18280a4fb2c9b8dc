import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { DataFile } from '../data/data-file.js'
import { DataError, UsageError } from '../errors.js'
import { filesOf } from '../formats/files.js'
import type { TaskName } from '../tasks/registry.js'
import { taskFiles } from '../tasks/registry-files.js'
import type { TaskModel } from '../tasks/task.js'

/** An input of a model and what to call it. */
export interface NamedInput {
  readonly input: unknown
  readonly name: string
  /** Only of inputs that are files. */
  readonly file?: string
}

/** A model, of which its task decides what inputs are. */
type Asked = Pick<TaskModel, 'task' | 'readAs'>

/** The inputs that the arguments give a model: texts, as `textsOf` finds them, or files, with `-` for the bytes of standard input. */
export async function* inputsOf(
  { task, readAs }: Asked,
  given: readonly string[],
): AsyncIterable<NamedInput> {
  const { readInput, isInput = () => true } = taskFiles[task as TaskName]
  if (!readInput) for await (const text of textsOf(given)) yield { input: text, name: text }
  else
    for (const path of given.length > 0 ? given : ['-']) {
      const files = path === '-' ? [standardInput] : await filesOf(path)
      const inputs = files.length > 1 ? files.filter((file) => isInput(file.path)) : files
      if (inputs.length === 0)
        throw new DataError(`${path}: expected files that the model reads, found ${files.length} others`)
      for (const file of inputs)
        yield { input: await readInput(file, readAs), name: file.name, file: file.name }
    }
}

/** The input that one argument gives a model: the text itself, or what is in the file. */
export async function inputOf(model: Asked, given: string): Promise<unknown> {
  if (!readsFiles(model.task)) return given
  const found: unknown[] = []
  for await (const { input } of inputsOf(model, [given])) found.push(input)
  if (found.length === 1) return found[0]
  throw new UsageError(`expected one file, got ${found.length} in the folder ${given}`)
}

/** Whether inputs of a task are files rather than texts. */
export function readsFiles(task: string): boolean {
  return taskFiles[task as TaskName].readInput !== undefined
}

/** Read once, whoever asks for it. */
let held: Promise<Uint8Array> | undefined

const standardInput: DataFile = {
  path: '-',
  name: 'standard input',
  bytes: () => {
    held ??= wholeInput()
    return held
  },
}

async function wholeInput(): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of process.stdin) pieces.push(piece)
  return new Uint8Array(Buffer.concat(pieces))
}

/** The texts of the arguments: an argument that is a file gives its lines, `-` those of standard input. Blank lines are passed over. */
export async function* textsOf(inputs: readonly string[]): AsyncIterable<string> {
  for (const input of inputs.length > 0 ? inputs : ['-']) {
    if (input === '-') yield* lines(process.stdin)
    else if (isFile(input)) yield* lines(createReadStream(input))
    else if (input.trim() === '') throw new DataError('expected a text, found an empty one')
    else yield input
  }
}

async function* lines(stream: Readable): AsyncIterable<string> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
    if (line.trim() !== '') yield line.trim()
}

function isFile(path: string): boolean {
  return path.length < 4096 && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)
}
