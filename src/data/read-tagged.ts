import type { TagScheme } from '../codecs/tags.js'
import type { Random } from '../random/random.js'
import { looksLikeConll, readConll } from './conll.js'
import { baseOf, type DataFile, foldersOf, isBeside, partInFolders, partInName } from './data-file.js'
import { decodeText, type Encoding, linesOf } from './decode.js'
import { type Part, parts } from './example.js'
import { unzipped } from './gzip.js'
import { problem } from './problem.js'
import { looksLikeSpans, readSpanLines } from './span-lines.js'
import { completeParts, NOT_VALIDATED, type PartsFrom, withoutValidation } from './split.js'
import {
  examplesOfTags,
  requireTag,
  type TaggedExample,
  type TaggedRows,
  type TaggedTokens,
} from './tagged.js'
import { Words } from './words.js'

/** How tagged texts are read. */
export interface TaggedReadOptions {
  readonly encoding?: Encoding
  /** The beginning of the paths to take, where a folder holds several sets. */
  readonly prefix?: string
  /** Cuts texts with spans into tokens; words as they are written by default. */
  readonly words?: Words
}

/** Options of `readTaggedFiles`. */
export interface TaggedDatasetOptions extends TaggedReadOptions {
  /** Decides which rows are held out when the data names no parts. */
  readonly random: Pick<Random, 'shuffle'>
  /** Files with the validation rows; an empty list: no rows choose the best epoch, those that the data names are learned from. */
  readonly valid?: readonly DataFile[]
  readonly test?: readonly DataFile[]
}

/** What was found in tagged texts, for the caller to print. */
export interface TaggedDetection {
  readonly format: string
  readonly scheme?: TagScheme
  readonly sizes: Readonly<Record<Part, number>>
  readonly split: PartsFrom
  /** The first three rows. */
  readonly rows: readonly TaggedExample[]
  readonly notes: readonly string[]
}

/** Tagged texts in three parts; `valid` and `test` may be empty. */
export interface TaggedDataset {
  readonly train: readonly TaggedExample[]
  readonly valid: readonly TaggedExample[]
  readonly test: readonly TaggedExample[]
  /** The types of the training spans, sorted. */
  readonly types: readonly string[]
  /** The labels of the training texts (intents), sorted; empty where texts have none. */
  readonly labels: readonly string[]
  readonly detection: TaggedDetection
}

/**
 * Reads tagged texts: CoNLL columns, JSON lines with spans (spaCy, Prodigy, Doccano), or folders with `seq.in`, `seq.out` and
 * `label`; the tags' scheme (IOB1, IOB2, BIOES) is found out. Parts are told by the words train, valid, dev, test in names;
 * those that are missing are held out, a tenth each. `root` is what messages call the whole.
 *
 * Throws `DataError` (`file:line: expected …, found …`) at the first row that is not right, and when no span is there to learn.
 *
 * @example
 * const { train, types } = await readTaggedFiles(files, 'data/wnut17', { random: new Random(1) })
 * train[0].spans    // [{ type: 'location', start: 10, end: 13 }]
 */
export async function readTaggedFiles(
  files: readonly DataFile[],
  root: string,
  options: TaggedDatasetOptions,
): Promise<TaggedDataset> {
  const found = await gather(files, root, options)
  const none = options.valid?.length === 0
  if (none) found.rows = withoutValidation(found.rows)
  const { prefix: _, ...rest } = options
  for (const part of none ? (['test'] as const) : (['valid', 'test'] as const)) {
    const given = options[part]
    if (given === undefined) continue
    const other = await gather(given, given[0]?.name ?? part, rest)
    found.rows[part] = only(other.rows, part)
    found.notes.push(...other.notes)
  }
  const all = [...(found.rows.all ?? []), ...(found.rows.train ?? [])]
  if (!all.some(({ spans }) => spans.length > 0)) throw problem(root, 0, 'training rows with spans', 'none')
  const keyOf = ({ text, label = '' }: TaggedExample) => ({ text, label })
  const { split, ...given } = completeParts(found.rows, keyOf, options.random)
  const sizes = { train: given.train.length, valid: given.valid.length, test: given.test.length }
  const notes = [...found.notes, ...(none ? [NOT_VALIDATED] : []), ...unknownTypes(given)]
  return {
    ...given,
    types: typesOf(given.train),
    labels: [...new Set(given.train.flatMap(({ label }) => (label === undefined ? [] : [label])))].sort(),
    detection: { ...found.described, sizes, split, rows: all.slice(0, 3), notes },
  }
}

/**
 * The tagged texts that scores are computed on: the test part where the data names one, everything otherwise.
 *
 * @example
 * const examples = await readTaggedRows(files, 'data/atis')
 */
export async function readTaggedRows(
  files: readonly DataFile[],
  root: string,
  options: TaggedReadOptions = {},
): Promise<readonly TaggedExample[]> {
  return only((await gather(files, root, options)).rows, 'test')
}

type Rows = Partial<Record<Part | 'all', TaggedExample[]>>

const only = (rows: Rows, part: Part): TaggedExample[] =>
  rows[part] ?? [...(rows.all ?? []), ...parts.flatMap((other) => rows[other] ?? [])]

const typesOf = (rows: readonly TaggedExample[]) =>
  [...new Set(rows.flatMap(({ spans }) => spans.map(({ type }) => type)))].sort()

function unknownTypes(data: Readonly<Record<Part, readonly TaggedExample[]>>): string[] {
  const known = typesOf(data.train)
  return (['valid', 'test'] as const).flatMap((part) => {
    const unknown = typesOf(data[part]).filter((type) => !known.includes(type))
    return unknown.length === 0
      ? []
      : [
          `the ${part} part has spans of types that no training row has (${unknown.join(', ')}): counted as wrong`,
        ]
  })
}

async function gather(files: readonly DataFile[], root: string, options: TaggedReadOptions) {
  const plain = files.map(unzipped)
  const usable = plain
    .filter(({ path }) => plain.length === 1 || !isBeside(path))
    .filter(({ path }) => path.startsWith(options.prefix ?? ''))
  const pairs = sequencePairs(usable)
  const found = pairs.length > 0 ? pairs : usable.map((file) => readerOf(file, usable.length === 1))
  const sources = found.sort((a, b) => order.indexOf(a.part) - order.indexOf(b.part))
  const rows: Rows = {}
  const notes: string[] = []
  let described: { format: string; scheme?: TagScheme } | undefined
  let left = 0
  for (const source of sources) {
    const found = await source.read(options)
    if (found === undefined) left++
    else {
      described ??= { format: found.title, ...(found.scheme !== undefined && { scheme: found.scheme }) }
      notes.push(...found.notes)
      rows[source.part] = [...(rows[source.part] ?? []), ...found.examples]
    }
  }
  if (described === undefined) throw problem(root, 0, 'tagged texts', 'no file that could hold any')
  if (left > 0)
    notes.push(`left out ${left} ${left === 1 ? 'file' : 'files'} of ${root} without tagged texts`)
  return { rows, described, notes }
}

const order = ['train', 'all', 'valid', 'test']

interface Source {
  readonly part: Part | 'all'
  read(options: TaggedReadOptions): Promise<TaggedRows | undefined>
}

/** A file alone must be tagged text; among others it may be something else. */
function readerOf(file: DataFile, alone: boolean): Source {
  const part = alone ? 'all' : ((partInName(file.path) ?? partInFolders(file.path))?.part ?? 'all')
  return {
    part,
    read: async ({ encoding, words = new Words({ lowerCase: false }) }) => {
      const text = decodeText(await file.bytes(), file.name, encoding)
      const head = linesOf(text.slice(0, 20_000)).slice(0, -1)
      const lines = (head.length > 0 ? head : linesOf(text)).filter((line) => line.trim() !== '').slice(0, 50)
      if (looksLikeSpans(lines)) return readSpanLines(text, file.name, words)
      if (looksLikeConll(lines) || (alone && !/^\s*[[{]/.test(text))) return readConll(text, file.name)
      return alone ? readSpanLines(text, file.name, words) : undefined
    },
  }
}

/** Folders with `seq.in` and `seq.out`, and `label` where the texts have intents. */
function sequencePairs(files: readonly DataFile[]): Source[] {
  const folderOf = (file: DataFile) => foldersOf(file.path).join('/')
  const named = (name: string, folder: string) =>
    files.find((file) => baseOf(file.path) === name && folderOf(file) === folder)
  return files
    .filter(({ path }) => baseOf(path) === 'seq.in')
    .flatMap((texts): Source[] => {
      const tags = named('seq.out', folderOf(texts))
      const labels = named('label', folderOf(texts))
      if (tags === undefined) return []
      const part = partInFolders(texts.path)?.part ?? 'all'
      return [{ part, read: (options) => readSequences(texts, tags, labels, options) }]
    })
}

async function readSequences(
  texts: DataFile,
  tagFile: DataFile,
  labelFile: DataFile | undefined,
  { encoding }: TaggedReadOptions,
): Promise<TaggedRows> {
  const rows = await rowsOf(texts, encoding)
  const sameLength = async (file: DataFile) => {
    const others = await rowsOf(file, encoding)
    if (others.length !== rows.length)
      throw problem(
        file.name,
        Math.min(rows.length, others.length) + 1,
        `as many rows as ${texts.name} (${rows.length})`,
        String(others.length),
      )
    return others
  }
  const tagRows = await sameLength(tagFile)
  const labels = labelFile === undefined ? undefined : await sameLength(labelFile)
  const sentences = rows.map((row, index): TaggedTokens => {
    const line = index + 1
    const tokens = row.split(/\s+/)
    const tags = tagRows[index].split(/\s+/)
    if (row === '') throw problem(texts.name, line, 'a text', 'an empty line')
    if (tags.length !== tokens.length)
      throw problem(
        tagFile.name,
        line,
        `${tokens.length} tags, one per word of ${texts.name}`,
        String(tags.length),
      )
    for (const tag of tags) requireTag(tag, tagFile.name, line)
    const label = labels?.[index]
    if (label === '') throw problem(labelFile?.name ?? '', line, 'a label', 'an empty line')
    return { tokens, tags, line, ...(label !== undefined && { label }) }
  })
  return examplesOfTags(
    sentences,
    texts.name,
    `seq.in and seq.out${labels === undefined ? '' : ' and label'}`,
  )
}

async function rowsOf(file: DataFile, encoding: Encoding | undefined): Promise<string[]> {
  const rows = linesOf(decodeText(await file.bytes(), file.name, encoding)).map((line) => line.trim())
  while (rows.at(-1) === '') rows.pop()
  if (rows.length === 0) throw problem(file.name, 0, 'a row per text', 'an empty file')
  return rows
}
