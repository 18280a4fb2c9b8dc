import type { DataFile } from './data-file.js'
import type { Encoding } from './decode.js'
import { isObject, type JsonObject } from './json-lines.js'
import { type PairOptions, pairOf, type TextPair } from './pair.js'
import { problem, shown, shownList } from './problem.js'
import { streamLines } from './text-lines.js'

/** Names that sources and targets commonly go by. */
const sourceNames = ['source', 'src', 'input', 'document', 'article', 'text', 'question', 'message']
const targetNames = ['target', 'tgt', 'trg', 'output', 'summary', 'translation', 'answer', 'reply']

/**
 * The pairs of two files with a text per line, line by line; undefined where one of the lines is blank.
 *
 * Throws `DataError` when one has more lines than the other.
 *
 * @example
 * for await (const pair of readParallel(german, english)) use(pair)
 */
export async function* readParallel(
  source: DataFile,
  target: DataFile,
  encoding: Encoding = 'utf-8',
): AsyncGenerator<TextPair | undefined> {
  const [left, right] = [streamLines(source, encoding), streamLines(target, encoding)]
  try {
    for (let line = 1; ; line++) {
      const [a, b] = [await left.next(), await right.next()]
      if (a.done && b.done) return
      if (a.done || b.done) {
        const more = line + (await countRest(a.done ? right : left))
        const [long, short] = a.done ? [target, source] : [source, target]
        throw problem(short.name, line, `as many lines as ${long.name} (${more})`, String(line - 1))
      }
      yield pairOf(a.value.text, b.value.text, source.name, line)
    }
  } finally {
    await left.return(undefined)
    await right.return(undefined)
  }
}

async function countRest(lines: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of lines) count++
  return count
}

/**
 * The pairs in a file with tabs between columns: the first two, or those that the options name by the header or by number from 1.
 * A first line of common names (source, target, src, tgt, …) is a header. Undefined where a text is blank.
 *
 * Throws `DataError` (`file:line`) for a line with too few columns.
 *
 * @example
 * for await (const pair of readTabbedPairs(file)) use(pair)   // Go.⇥Va !
 */
export async function* readTabbedPairs(
  file: DataFile,
  options: PairOptions & { readonly encoding?: Encoding } = {},
): AsyncGenerator<TextPair | undefined> {
  let columns: readonly [number, number] | undefined
  for await (const { text, line } of streamLines(file, options.encoding)) {
    if (text.trim() === '') continue
    const cells = text.split('\t')
    if (columns === undefined) {
      const found = columnsOf(cells, options, file.name)
      columns = found.columns
      if (found.header) continue
    }
    const [source, target] = columns.map((column) => cells[column])
    if (source === undefined || target === undefined)
      throw problem(file.name, line, 'a source and a target with a tab between', shown(text))
    yield pairOf(source, target, file.name, line)
  }
}

function columnsOf(cells: readonly string[], { source, target }: PairOptions, file: string) {
  const names = cells.map((cell) => cell.trim())
  const known = (name: string | undefined, common: readonly string[]) =>
    name === undefined ? names.findIndex((cell) => common.includes(cell.toLowerCase())) : names.indexOf(name)
  const named = [known(source, sourceNames), known(target, targetNames)] as const
  if (named[0] >= 0 && named[1] >= 0) return { columns: named, header: true }
  const numbered = [source, target].map((name, index) => {
    if (name === undefined) return index
    if (/^[1-9]\d*$/.test(name)) return Number(name) - 1
    throw problem(file, 1, `a column "${name}"`, shownList(names))
  })
  return { columns: [numbered[0], numbered[1]] as const, header: false }
}

/**
 * The pairs in a file with a JSON object per line: keys that the options name, common ones (source and target, src and tgt, …),
 * or languages inside `translation` (`{"translation": {"de": "…", "en": "…"}}`). Undefined where a text is blank.
 *
 * Throws `DataError` (`file:line`) for a line that is no object or has no texts under these keys.
 *
 * @example
 * for await (const pair of readPairLines(file, { source: 'de', target: 'en' })) use(pair)
 */
export async function* readPairLines(
  file: DataFile,
  options: PairOptions & { readonly encoding?: Encoding } = {},
): AsyncGenerator<TextPair | undefined> {
  for await (const { text, line } of streamLines(file, options.encoding)) {
    if (text.trim() === '') continue
    const object = objectOf(text, file.name, line)
    const source = textUnder(object, options.source, sourceNames)
    const target = textUnder(object, options.target, targetNames)
    if (source === undefined || target === undefined)
      throw problem(
        file.name,
        line,
        `texts under ${options.source ?? '"source"'} and ${options.target ?? '"target"'}`,
        shown(object),
      )
    yield pairOf(source, target, file.name, line)
  }
}

function objectOf(text: string, file: string, line: number): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (!isObject(value))
    throw problem(file, line, 'a JSON object such as {"source": "…", "target": "…"}', shown(text.trim()))
  return isObject(value.translation) ? value.translation : value
}

function textUnder(
  object: JsonObject,
  name: string | undefined,
  common: readonly string[],
): string | undefined {
  const key = name ?? common.find((word) => typeof object[word] === 'string')
  const value = key !== undefined && Object.hasOwn(object, key) ? object[key] : undefined
  return typeof value === 'string' ? value : undefined
}
