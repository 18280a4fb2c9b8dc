import type { Random } from '../random/random.js'
import { baseOf, type DataFile, foldersOf, partInFolders, partInName } from './data-file.js'
import type { Part } from './example.js'
import { parts } from './example.js'
import { piecesOfFile } from './gzip.js'
import { readKaldi } from './kaldi.js'
import { isLibriSpeech, readLibriSpeech } from './librispeech.js'
import { problem } from './problem.js'
import { completeParts, NOT_VALIDATED, type PartsFrom, withoutValidation } from './split.js'
import {
  isList,
  located,
  type NamedUtterance,
  siblingsOf,
  type Utterance,
  type UtteranceList,
} from './utterance.js'
import { foldersOfWords, labelTracks, textsBeside } from './utterance-folders.js'
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
  const { split, ...complete } = completeParts(
    rows,
    ({ text, file, from }) => ({
      // a file is never on both sides; equal words may be
      text: `${file.name} ${from ?? ''}`,
      label: text,
    }),
    options.random,
  )
  return { ...complete, format: main.format, split, notes: none ? [NOT_VALIDATED] : [] }
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
): Promise<{ readonly rows: readonly Utterance[]; readonly format: string }> {
  const { rows, format } = await gather(files, root)
  return { rows: only(rows, 'test'), format }
}

type Rows = Partial<Record<Part | 'all', Utterance[]>>

const only = (rows: Rows, part: Part): Utterance[] =>
  rows[part] ?? [...(rows.all ?? []), ...parts.flatMap((other) => rows[other] ?? [])]

async function gather(files: readonly DataFile[], root: string): Promise<{ rows: Rows; format: string }> {
  const lists = await listsOf(files)
  if (lists.length === 0)
    throw problem(
      root,
      0,
      'sounds or pictures and what they say (a manifest of JSON lines, a table, LJSpeech, Kaldi, LibriSpeech, label tracks, a text beside each file, a folder per word)',
      `${files.length} ${files.length === 1 ? 'file' : 'files'} of another kind`,
    )
  const byPath = new Map(files.map((file) => [file.path, file]))
  const rows: Rows = {}
  for (const list of lists) {
    const found = await located(list, await list.read(), byPath)
    rows[list.part] = [...(rows[list.part] ?? []), ...found]
  }
  return { rows, format: lists[0].title }
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
      return [{ part: partOf(recordings.path), title: 'Kaldi', list: recordings, read }]
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
    part: lists.length === 1 && foldersOf(list.path).length === 0 ? 'all' : partOf(list.path),
    title,
    list,
    read: () => read(list),
  }))
}

const partOf = (path: string) => (partInName(path) ?? partInFolders(path))?.part ?? 'all'

/** The first piece of a file as text, whatever its bytes. */
async function headOf(file: DataFile): Promise<string> {
  for await (const piece of piecesOfFile(file)) return new TextDecoder().decode(piece.subarray(0, 4096))
  return ''
}
