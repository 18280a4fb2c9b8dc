import type { Random } from '../random/random.js'
import { baseOf, type DataFile, foldersOf } from './data-file.js'
import type { Part } from './example.js'
import { parts } from './example.js'
import { piecesOfFile } from './gzip.js'
import { readKaldi } from './kaldi.js'
import { isLibriSpeech, readLibriSpeech } from './librispeech.js'
import { problem, shownList } from './problem.js'
import { completeParts, fewTexts, NOT_VALIDATED, type PartsFrom, withoutValidation } from './split.js'
import {
  isList,
  isMedia,
  located,
  type NamedUtterance,
  siblingsOf,
  type Utterance,
  type UtteranceList,
} from './utterance.js'
import { foldersOfWords, labelTracks, partOfPath, textsBeside } from './utterance-folders.js'
import { looksLikeManifest, readManifest } from './utterance-manifest.js'
import { looksLikeLjSpeech, readLjSpeech, readUtteranceTable, utteranceColumns } from './utterance-tables.js'

/** Options of `readUtterances`. */
export interface UtteranceOptions {
  /** Decides which rows are held out when the data names no parts. */
  readonly random: Pick<Random, 'shuffle'>
  /** Files with the validation rows; an empty list: no rows choose the best epoch, those that the data names are learned from. */
  readonly valid?: readonly DataFile[]
  readonly test?: readonly DataFile[]
}

/** Utterances in three parts; `valid` and `test` may be empty. */
export interface UtteranceSet {
  readonly train: readonly Utterance[]
  readonly valid: readonly Utterance[]
  readonly test: readonly Utterance[]
  /** What the format is called. */
  readonly format: string
  readonly split: PartsFrom
  readonly notes: readonly string[]
}

/**
 * Finds recordings, or pictures of writing, and what they say: JSON lines (NeMo), tables (Common Voice), LJSpeech, Kaldi, LibriSpeech, label
 * tracks of Audacity's, a text beside each file, a folder per word; detected, with the parts that names tell. The files themselves are not read. `root` is what messages
 * call the whole.
 *
 * Throws `DataError` when nothing is found, at the first line that is not right, and one that names all the files which are missing.
 *
 * @example
 * const { train } = await readUtterances(files, 'data/words', { random: new Random(1) })
 * train[0].text                         // 'seven'
 * readSound(await train[0].file.bytes())
 */
export async function readUtterances(
  files: readonly DataFile[],
  root: string,
  options: UtteranceOptions,
): Promise<UtteranceSet> {
  const main = await gather(files, root)
  const none = options.valid?.length === 0
  const rows = none ? withoutValidation(main.rows) : main.rows
  for (const part of none ? (['test'] as const) : (['valid', 'test'] as const)) {
    const given = options[part]
    if (given) rows[part] = only((await gather(given, given[0]?.name ?? part)).rows, part)
  }
  if ([...(rows.all ?? []), ...(rows.train ?? [])].length === 0)
    throw problem(root, 0, 'training rows', 'none')
  const { split, ...complete } = completeParts(rows, splitKey(rows), options.random)
  const notes = [...main.notes]
  if (none) notes.push(NOT_VALIDATED)
  else if (complete.valid.length === 0)
    notes.push(`${root} has too few recordings to hold any out for validation`)
  return { ...complete, format: main.format, split, notes }
}

/** What makes two rows the same when some are held out: pieces of one file stay together. */
function splitKey(rows: Rows): (row: Utterance) => { text: string; label: string } {
  const all = [...(rows.all ?? []), ...(rows.train ?? [])]
  const files = new Set(all.map(({ file }) => file.name)).size
  const words = files === all.length && fewTexts(all.map(({ text }) => text))
  return ({ file, text }) => ({ text: file.name, label: words ? text : '' })
}

/**
 * The utterances that scores are computed on: the test part where the data names one, everything otherwise.
 *
 * @example
 * const { rows } = await readScoredUtterances(files, 'data/words')
 */
export async function readScoredUtterances(
  files: readonly DataFile[],
  root: string,
): Promise<{
  readonly rows: readonly Utterance[]
  readonly format: string
  readonly notes: readonly string[]
}> {
  const { rows, format, notes } = await gather(files, root)
  return { rows: only(rows, 'test'), format, notes }
}

type Rows = Partial<Record<Part | 'all', Utterance[]>>

const only = (rows: Rows, part: Part): Utterance[] =>
  rows[part] ?? [...(rows.all ?? []), ...parts.flatMap((other) => rows[other] ?? [])]

interface Gathered {
  readonly rows: Rows
  readonly format: string
  readonly notes: readonly string[]
}

async function gather(files: readonly DataFile[], root: string): Promise<Gathered> {
  const { lists, notes } = withoutCopies(await listsOf(files), root)
  if (lists.length === 0)
    throw problem(
      root,
      0,
      'sounds or pictures and what they say (a manifest of JSON lines, a table, LJSpeech, Kaldi, LibriSpeech, label tracks, a text beside each file, a folder per word)',
      `${files.length} ${files.length === 1 ? 'file' : 'files'} of another kind`,
    )
  const byPath = new Map(files.map((file) => [file.path, file]))
  const rows: Rows = {}
  for (const list of lists)
    for (const { part = list.part, ...row } of await located(list, await list.read(), byPath))
      rows[part] = [...(rows[part] ?? []), row]
  return { rows, format: lists[0].title, notes: [...notes, ...unused(files, rows)] }
}

/** Where some lists name the training part, those that name none are about the same files: Common Voice's `validated.tsv` beside its `train.tsv`. */
function withoutCopies(lists: readonly UtteranceList[], root: string) {
  const others = lists.filter(({ part }) => part === 'all')
  if (others.length === 0 || !lists.some(({ part }) => part === 'train')) return { lists, notes: [] }
  const names = shownList(others.map(({ list }) => baseOf(list.path)))
  return {
    lists: lists.filter(({ part }) => part !== 'all'),
    notes: [`left out ${names} of ${root}: other lists name the parts`],
  }
}

/** What the caller should know of recordings and pictures that have no text. */
function unused(files: readonly DataFile[], rows: Rows): string[] {
  const used = new Set(Object.values(rows).flatMap((list) => list.map(({ file }) => file.name)))
  const left = files.filter(({ path, name }) => isMedia(path) && !used.has(name)).map(({ path }) => path)
  if (left.length === 0) return []
  return [
    `left out ${left.length} ${left.length === 1 ? 'file' : 'files'} without a text: ${shownList(left)}`,
  ]
}

/** The lists among files, all of one format: the first that has any. */
async function listsOf(files: readonly DataFile[]): Promise<UtteranceList[]> {
  const lists = files.filter(isList)
  const formats = [
    () => kaldiFolders(lists),
    () =>
      ofFiles(
        lists.filter(({ path }) => isLibriSpeech(path)),
        'LibriSpeech',
        readLibriSpeech,
      ),
    () => detected(lists),
    () => labelTracks(files),
    () => textsBeside(files),
    () => foldersOfWords(files),
  ]
  for (const find of formats) {
    const found = await find()
    if (found.length > 0) return found
  }
  return []
}

function kaldiFolders(lists: readonly DataFile[]): UtteranceList[] {
  return lists
    .filter(({ path }) => baseOf(path) === 'wav.scp')
    .flatMap((recordings) => {
      const beside = siblingsOf(lists, recordings)
      const texts = beside.get('text')
      if (!texts) return []
      const read = () => readKaldi({ recordings, texts, segments: beside.get('segments') })
      return [{ part: partOfPath(recordings.path), title: 'Kaldi', list: recordings, read }]
    })
}

/** Lists whose first lines say what they are. */
async function detected(lists: readonly DataFile[]): Promise<UtteranceList[]> {
  const heads = await Promise.all(lists.map(headOf))
  const like = (title: string, looks: (head: string) => boolean, read: Reader) =>
    ofFiles(
      lists.filter((_, place) => looks(heads[place])),
      title,
      read,
    )
  const kinds = [
    () => like('JSON lines', looksLikeManifest, readManifest),
    () => like('a table', (head) => utteranceColumns(head) !== undefined, readUtteranceTable),
    () => like('LJSpeech', looksLikeLjSpeech, readLjSpeech),
  ]
  return kinds.map((find) => find()).find((found) => found.length > 0) ?? []
}

type Reader = (list: DataFile) => Promise<readonly NamedUtterance[]>

function ofFiles(lists: readonly DataFile[], title: string, read: Reader): UtteranceList[] {
  return lists.map((list) => ({
    part: lists.length === 1 && foldersOf(list.path).length === 0 ? 'all' : partOfPath(list.path),
    title,
    list,
    read: () => read(list),
  }))
}

/** The first piece of a file as text, whatever its bytes. */
async function headOf(file: DataFile): Promise<string> {
  for await (const piece of piecesOfFile(file)) return new TextDecoder().decode(piece.subarray(0, 4096))
  return ''
}
