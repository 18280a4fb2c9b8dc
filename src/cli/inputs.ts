import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { DataError } from '../errors.js'

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
