import type { Random } from '../random/random.js'
import { baseOf, type DataFile, foldersOf, isBeside, partInFolders, partInName } from './data-file.js'
import type { Encoding } from './decode.js'
import { extensionOf } from './detect.js'
import { type Part, parts } from './example.js'
import { grouped } from './group.js'
import { unzipped } from './gzip.js'
import type { PairOptions, TextPair } from './pair.js'
import { readPairLines, readParallel, readTabbedPairs } from './pair-lines.js'
import { problem, shownList } from './problem.js'
import { completeParts, NOT_VALIDATED, type PartsFrom, withoutValidation } from './split.js'
import { readTmx } from './tmx.js'

/** How pairs of texts are read. */
export interface PairReadOptions extends PairOptions {
  readonly encoding?: Encoding
  /** The beginning of the paths to take, where a folder holds several sets. */
  readonly prefix?: string
}

/** Options of `readPairFiles`. */
export interface PairDatasetOptions extends PairReadOptions {
  /** Decides which rows are held out when the data names no parts. */
  readonly random: Pick<Random, 'shuffle'>
  /** Files with the validation rows; an empty list: no rows choose the best epoch, those that the data names are learned from. */
  readonly valid?: readonly DataFile[]
  readonly test?: readonly DataFile[]
}

/** What was found in pairs of texts, for the caller to print. */
export interface PairDetection {
  readonly format: string
  readonly sizes: Readonly<Record<Part, number>>
  readonly split: PartsFrom
  /** The first three rows. */
  readonly rows: readonly TextPair[]
  readonly notes: readonly string[]
}

/** Pairs of texts in three parts; `valid` and `test` may be empty. */
export interface PairDataset {
  readonly train: readonly TextPair[]
  readonly valid: readonly TextPair[]
  readonly test: readonly TextPair[]
  readonly detection: PairDetection
}

/** Pairs that are read one by one, and the part they belong to. */
export interface PairSource {
  readonly part: Part | 'all'
  readonly title: string
  /** undefined stands for a pair that was left out because one of its texts is blank or missing. */
  read(): AsyncGenerator<TextPair | undefined>
}

/**
 * Reads pairs of texts: two files with a line per text (`train.de` and `train.en`, told by the options source and target), files
 * with tabs (`.tsv`, `.txt`), JSON lines, translation memories (`.tmx`); any of them as `.gz`. Parts are told by the words train,
 * valid, dev, test in names; those that are missing are held out, a tenth each, equal sources together. Of several test sets the first by
 * name is taken; pairs with a blank text are left out; notes say so.
 *
 * Throws `DataError` (`file:line: expected …, found …`) at the first row that is not right, and when parallel files have
 * different numbers of lines.
 *
 * @example
 * const { train } = await readPairFiles(files, 'data/multi30k', { source: 'de', target: 'en', random: new Random(1) })
 */
export async function readPairFiles(
  files: readonly DataFile[],
  root: string,
  options: PairDatasetOptions,
): Promise<PairDataset> {
  const notes: string[] = []
  const sources = oneTest(pairSources(files, root, options), options.test !== undefined, notes)
  const main = await gather(sources, notes)
  const none = options.valid?.length === 0
  const rows: Rows = none ? withoutValidation(main) : main
  const { prefix: _, ...rest } = options
  for (const part of none ? (['test'] as const) : (['valid', 'test'] as const)) {
    const given = options[part]
    if (given === undefined) continue
    const found = await gather(pairSources(given, given[0]?.name ?? part, rest), notes)
    rows[part] = found[part] ?? [...(found.all ?? []), ...parts.flatMap((other) => found[other] ?? [])]
  }
  const all = [...(rows.all ?? []), ...(rows.train ?? [])]
  if (all.length === 0) throw problem(root, 0, 'training rows', 'none')
  const { split, ...given } = completeParts(
    rows,
    ({ source }) => ({ text: source, label: '' }),
    options.random,
  )
  if (none) notes.push(NOT_VALIDATED)
  const sizes = { train: given.train.length, valid: given.valid.length, test: given.test.length }
  return { ...given, detection: { format: sources[0].title, sizes, split, rows: all.slice(0, 3), notes } }
}

/** Corpora come with test sets of several years; they are not one. */
function oneTest(sources: readonly PairSource[], given: boolean, notes: string[]): readonly PairSource[] {
  const [first, ...others] = sources.filter(({ part }) => part === 'test')
  if (given) return sources.filter(({ part }) => part !== 'test')
  if (others.length > 0)
    notes.push(
      `the test part is ${first.title}, not ${shownList(others.map(({ title }) => title))} (the option test chooses)`,
    )
  return sources.filter((source) => !others.includes(source))
}

type Rows = Partial<Record<Part | 'all', TextPair[]>>

async function gather(sources: readonly PairSource[], notes: string[]): Promise<Rows> {
  const rows: Rows = {}
  for (const { part, title, read } of sources) {
    const list = rows[part] ?? []
    rows[part] = list
    let blank = 0
    for await (const pair of read()) {
      if (pair === undefined) blank++
      else list.push(pair)
    }
    if (blank > 0) notes.push(`${title}: left out ${blank} pairs of which a text is blank or missing`)
  }
  return rows
}

/**
 * The pairs of some files without reading them: each source is read one by one when it is asked to, so a corpus may be larger
 * than memory.
 *
 * Throws `DataError` when there are none and when it is unclear which files are source and target.
 *
 * @example
 * for (const source of pairSources(files, 'data/big', { source: 'en', target: 'fr' }))
 *   for await (const pair of source.read()) if (pair !== undefined) use(pair)
 */
export function pairSources(
  files: readonly DataFile[],
  root: string,
  options: PairReadOptions = {},
): PairSource[] {
  const plain = files.map(unzipped)
  const usable = plain
    .filter(({ path }) => plain.length === 1 || !isBeside(path))
    .filter(({ path }) => path.startsWith(options.prefix ?? ''))
  const parallel = parallelSources(usable, options)
  if (parallel.length > 0) return parallel.sort(byPart)
  const records = usable.filter(({ path }) => Object.hasOwn(readers, extensionOf(path)))
  const chosen = usable.length === 1 ? usable : records
  if (chosen.length > 0)
    return chosen.map((file) => recordSource(file, usable.length === 1, options)).sort(byPart)
  const endings = [...new Set(usable.map(({ path }) => extensionOf(path)))].sort()
  throw problem(
    root,
    0,
    'pairs of texts: .tsv, .jsonl or .tmx files, or two files whose endings the options source and target name (train.de, train.en)',
    usable.length === 0 ? 'no files' : `files ending in ${shownList(endings)}`,
  )
}

const order = ['train', 'all', 'valid', 'test']
const byPart = (a: PairSource, b: PairSource) => order.indexOf(a.part) - order.indexOf(b.part)

const readers = {
  tmx: readTmx,
  jsonl: readPairLines,
  ndjson: readPairLines,
  tsv: readTabbedPairs,
  tab: readTabbedPairs,
  txt: readTabbedPairs,
}
const titles = { tmx: 'TMX', jsonl: 'JSON lines', ndjson: 'JSON lines', tsv: 'TSV', tab: 'TSV', txt: 'TSV' }

function recordSource(file: DataFile, alone: boolean, options: PairReadOptions): PairSource {
  const extension = extensionOf(file.path)
  const kind = Object.hasOwn(readers, extension) ? (extension as keyof typeof readers) : 'tsv'
  return {
    part: alone ? 'all' : partOf(file.path),
    title: `${titles[kind]}, ${baseOf(file.path)}`,
    read: () => readers[kind](file, options),
  }
}

const partOf = (path: string): Part | 'all' => (partInName(path) ?? partInFolders(path))?.part ?? 'all'

/** Endings that say source and target by themselves. */
const endings = [
  ['src', 'tgt'],
  ['src', 'trg'],
  ['source', 'target'],
] as const

/** Files with the same name but for the ending, by name. */
function parallelSources(
  files: readonly DataFile[],
  { source, target, encoding }: PairReadOptions,
): PairSource[] {
  const choices = source !== undefined && target !== undefined ? [[source, target] as const] : endings
  const stems = grouped(files, ({ path }) =>
    [...foldersOf(path), baseOf(path).replace(/\.[^.]*$/, '')].join('/'),
  )
  const sources = [...stems]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([stem, members]): PairSource[] => {
      const ending = (name: string) =>
        members.find(({ path }) => path.slice(path.lastIndexOf('.') + 1) === name)
      for (const [from, to] of choices) {
        const [a, b] = [ending(from), ending(to)]
        if (a !== undefined && b !== undefined)
          return [
            {
              part: partOf(stem),
              title: `parallel lines, ${stem}.${from} and .${to}`,
              read: () => readParallel(a, b, encoding),
            },
          ]
      }
      return []
    })
  return sources
}
