import { baseOf, type DataFile, foldersOf } from './data-file.js'
import { decodeText, linesOf } from './decode.js'
import { type Example, partOfWord } from './example.js'
import { problem } from './problem.js'
import type { ReadOptions, Unit } from './unit.js'

const TEXTS = 'seq.in'
const LABELS = 'label'

/** Folders with a text per line in `seq.in` and its label on the same line of `label`, as ATIS and Snips are passed around. */
export function pairedLines(files: readonly DataFile[]): Unit[] {
  const labels = new Map(
    files.filter(({ path }) => baseOf(path) === LABELS).map((file) => [folderOf(file), file]),
  )
  return files.flatMap((texts) => {
    const label = labels.get(folderOf(texts))
    return baseOf(texts.path) === TEXTS && label !== undefined ? [unitOf(texts, label)] : []
  })
}

const folderOf = (file: DataFile) => foldersOf(file.path).join('/')

function unitOf(texts: DataFile, labels: DataFile): Unit {
  const folders = foldersOf(texts.path)
  const part = partOfWord(folders.at(-1) ?? '')
  const key = [...(part === undefined ? folders : [...folders.slice(0, -1), '*']), TEXTS].join('/')
  return { part: part ?? 'all', key, path: texts.path, read: (options) => readPair(texts, labels, options) }
}

async function readPair(texts: DataFile, labels: DataFile, options: ReadOptions): ReturnType<Unit['read']> {
  const sentences = await rowsOf(texts, options)
  const names = await rowsOf(labels, options)
  if (sentences.length !== names.length)
    throw problem(
      labels.name,
      Math.min(sentences.length, names.length) + 1,
      `as many labels as ${texts.name} has texts (${sentences.length})`,
      String(names.length),
    )
  const all = sentences.map((text, index): Example => {
    const label = names[index]
    if (text === '') throw problem(texts.name, index + 1, 'a text', 'an empty line')
    if (label === '') throw problem(labels.name, index + 1, 'a label', 'an empty line')
    return { text, label, file: texts.name, line: index + 1 }
  })
  return { examples: { all }, title: `${TEXTS} and ${LABELS}, line by line` }
}

async function rowsOf(file: DataFile, options: ReadOptions): Promise<string[]> {
  const rows = linesOf(decodeText(await file.bytes(), file.name, options.encoding)).map((line) => line.trim())
  while (rows.at(-1) === '') rows.pop()
  if (rows.length === 0) throw problem(file.name, 0, 'a row per example', 'an empty file')
  return rows
}
