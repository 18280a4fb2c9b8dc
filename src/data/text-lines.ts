import { baseOf, type DataFile, isBeside, partInFolders, partInName } from './data-file.js'
import type { Encoding } from './decode.js'
import type { Part } from './example.js'
import { grouped } from './group.js'
import { piecesOfFile, unzipped } from './gzip.js'
import { problem } from './problem.js'

/** A line of a file, without its end; lines count from 1. */
export interface TextLine {
  readonly text: string
  readonly file: string
  readonly line: number
}

/**
 * The text of a file piece by piece, without a byte order mark; `.gz` files are unpacked. UTF-16 is read where a mark says so.
 *
 * Throws `DataError` with the line at which the bytes stop being text in this encoding.
 */
export async function* streamText(file: DataFile, encoding: Encoding = 'utf-8'): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined
  let line = 1
  const checked = (decode: () => string) => {
    let text: string
    try {
      text = decode()
    } catch {
      throw problem(
        file.name,
        line,
        `${decoder?.encoding ?? encoding} text`,
        'bytes that are not valid there or soon after',
      )
    }
    const zero = text.indexOf('\0')
    line += linesIn(text.slice(0, zero < 0 ? text.length : zero))
    if (zero >= 0) throw problem(file.name, line, 'text', 'binary data (a zero byte)')
    return text
  }
  for await (const bytes of piecesOfFile(unzipped(file))) {
    decoder ??= new TextDecoder(labelOf(bytes, encoding), { fatal: true })
    const opened = decoder
    const text = checked(() => opened.decode(bytes, { stream: true }))
    if (text !== '') yield text
  }
  const rest = checked(() => decoder?.decode() ?? '')
  if (rest !== '') yield rest
}

function labelOf(bytes: Uint8Array, encoding: Encoding): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return encoding === 'latin1' ? 'windows-1252' : 'utf-8'
}

const linesIn = (text: string) => text.split('\n').length - 1

/**
 * The lines of a file one by one, so that it may be larger than memory; `.gz` files are unpacked on the way.
 *
 * Throws `DataError` (`file:line`) where the bytes are no text in this encoding.
 *
 * @example
 * const training = new BytePairTraining({ size: 8000 })
 * for await (const { text } of streamLines(file)) training.add(text)
 */
export async function* streamLines(file: DataFile, encoding: Encoding = 'utf-8'): AsyncGenerator<TextLine> {
  let line = 1
  for await (const block of streamLineBlocks(file, encoding))
    for (const text of block) yield { text, file: file.name, line: line++ }
}

/** The same lines in blocks as they are read, which takes less time where lines are short. */
export async function* streamLineBlocks(
  file: DataFile,
  encoding: Encoding = 'utf-8',
): AsyncGenerator<string[]> {
  let begun = ''
  for await (const text of streamText(file, encoding)) {
    const lines = text.split('\n')
    lines[0] = begun + lines[0]
    begun = lines.pop() ?? ''
    if (lines.length > 0) yield lines.map(withoutReturn)
  }
  if (begun !== '') yield [withoutReturn(begun)]
}

const withoutReturn = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line)

/** The plain text files of a data set by part. */
export type TextFiles = Readonly<Partial<Record<Part | 'all', readonly DataFile[]>>>

/**
 * Sorts the plain text files of a folder into parts, by the words train, valid, dev, test in their names or folders; those that
 * say nothing are under `all`. Documentation, hidden files, archives and the like are left out; `.gz` files are taken.
 * One file alone is taken whatever it is called.
 *
 * Throws `DataError` when there are none.
 *
 * @example
 * const { train, valid, test } = textFiles(files, 'data/ptb')
 */
export function textFiles(files: readonly DataFile[], root: string): TextFiles {
  const plain = files.map(unzipped)
  const usable = plain.length === 1 ? plain : plain.filter(({ path }) => !isBeside(path))
  if (usable.length === 0) throw problem(root, 0, 'text files', 'none')
  const placed = grouped(
    usable,
    ({ path }): Part | 'all' => (partInName(path) ?? partInFolders(path))?.part ?? 'all',
  )
  return Object.fromEntries(
    [...placed].map(([part, members]) => [
      part,
      members.sort((a, b) => (baseOf(a.path) < baseOf(b.path) ? -1 : 1)),
    ]),
  )
}
