import { createReadStream, type Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { DataFile } from '../data/data-file.js'
import type { Dataset, Detection } from '../data/dataset.js'
import type { Example } from '../data/example.js'
import { readFiles, readRows } from '../data/read-files.js'
import { type PairDataset, type PairDatasetOptions, readPairFiles } from '../data/read-pairs.js'
import { readTaggedFiles, type TaggedDataset, type TaggedDatasetOptions } from '../data/read-tagged.js'
import type { ReadOptions } from '../data/unit.js'
import { DataError, nearest } from '../errors.js'
import type { Random } from '../random/random.js'

/** Options of `readDataset`. */
export interface ReadDatasetOptions extends ReadOptions {
  /** Decides which rows are held out when the data names no parts. */
  readonly random: Pick<Random, 'shuffle'>
  /** A file or folder with the validation rows; `none`: no rows choose the best epoch, those that the data names are learned from. */
  readonly valid?: string
  /** A file or folder with the test rows. */
  readonly test?: string
}

/**
 * Reads labelled texts from a file or a folder on disk: JSON lines, JSON, CSV, TSV, Rasa YAML, Snips, fastText lines,
 * label-first lines, `seq.in` and `label` folders, a folder or a file per label; detected, with the parts that names tell.
 *
 * Throws `DataError` when the path is missing (with the nearest name that exists) or at the first row that is not right.
 *
 * @example
 * const { train, valid, test, detection } = await readDataset('intents.jsonl', { random: new Random(1).split('data') })
 */
export async function readDataset(path: string, options: ReadDatasetOptions): Promise<Dataset> {
  const { valid, test, ...rest } = options
  return readFiles(await filesOf(path), path, { ...rest, ...(await partFiles(valid, test)) })
}

/**
 * Reads the rows that a model is scored on: the test part where the data names one, otherwise all rows.
 *
 * @example
 * const { examples } = await readExamples('data/atis')   // the rows of data/atis/test
 */
export async function readExamples(
  path: string,
  options: ReadOptions = {},
): Promise<{ examples: readonly Example[]; detection: Detection }> {
  return readRows(await filesOf(path), path, options)
}

/** Options of a reader on disk: the parts are paths. */
type OnDisk<T> = Omit<T, 'valid' | 'test'> & { readonly valid?: string; readonly test?: string }

/**
 * Reads tagged texts from a file or a folder on disk, as `readTaggedFiles` does.
 *
 * @example
 * const { train, types } = await readTaggedDataset('data/wnut17', { random: new Random(1).split('data') })
 */
export async function readTaggedDataset(
  path: string,
  options: OnDisk<TaggedDatasetOptions>,
): Promise<TaggedDataset> {
  const { valid, test, ...rest } = options
  return readTaggedFiles(await filesOf(path), path, { ...rest, ...(await partFiles(valid, test)) })
}

/**
 * Reads pairs of texts from a file or a folder on disk, as `readPairFiles` does.
 *
 * @example
 * const { train } = await readPairDataset('data/multi30k', { source: 'de', target: 'en', random: new Random(1).split('data') })
 */
export async function readPairDataset(
  path: string,
  options: OnDisk<PairDatasetOptions>,
): Promise<PairDataset> {
  const { valid, test, ...rest } = options
  return readPairFiles(await filesOf(path), path, { ...rest, ...(await partFiles(valid, test)) })
}

async function partFiles(valid: string | undefined, test: string | undefined) {
  return {
    ...(valid !== undefined && { valid: await validationFilesOf(valid) }),
    ...(test !== undefined && { test: await filesOf(test) }),
  }
}

/** What stands in place of a path where no rows choose the best epoch; a file of that name is `./none`. */
export const NO_VALIDATION = 'none'

/** The files with validation rows at `path`; without any for `none`. */
export async function validationFilesOf(path: string): Promise<DataFile[]> {
  return path === NO_VALIDATION ? [] : filesOf(path)
}

/** Deeper folders are no data set but a mistake, such as a home folder. */
const DEEPEST = 6
const MOST_FILES = 500_000

/** The file at `path`, or all files of the folder there, by name. */
export async function filesOf(path: string): Promise<DataFile[]> {
  const found = await stat(path).catch(async (error) => {
    throw await missing(path, error)
  })
  if (found.isFile()) return [dataFile(basename(path), path)]
  if (!found.isDirectory()) return [heldFile(basename(path), path)]
  const files: DataFile[] = []
  await walk(path, '', files)
  if (files.length === 0) throw new DataError(`${path}: expected files with data, found an empty folder`)
  return files
}

async function walk(root: string, inside: string, files: DataFile[]): Promise<void> {
  const folder = join(root, inside)
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw unreadable(folder, error)
  })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const path = inside === '' ? entry.name : `${inside}/${entry.name}`
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory()) {
      if (path.split('/').length <= DEEPEST) await walk(root, path, files)
    } else if (entry.isFile() || (await linksToFile(entry, join(root, path)))) {
      files.push(dataFile(path, join(root, path)))
    }
    if (files.length > MOST_FILES)
      throw new DataError(`${root}: expected the folder of a data set, found more than ${MOST_FILES} files`)
  }
}

/** Links to folders are not followed: they may lead back. */
async function linksToFile(entry: Dirent, path: string): Promise<boolean> {
  return entry.isSymbolicLink() && (await stat(path).catch(() => undefined))?.isFile() === true
}

function dataFile(path: string, name: string): DataFile {
  return {
    path,
    name,
    bytes: () =>
      readFile(name).catch((error) => {
        throw unreadable(name, error)
      }),
    stream: () => streamOf(name),
    async beside(named) {
      const place = resolve(dirname(name), named)
      const found = await stat(place).catch(() => undefined)
      return found?.isFile() ? dataFile(named, place) : undefined
    },
  }
}

/** A pipe or the like, which gives its bytes once: they are kept as they come, for whoever reads them again. */
function heldFile(path: string, name: string): DataFile {
  const pieces: Uint8Array[] = []
  const source = streamOf(name)
  async function* stream() {
    for (let place = 0; ; place++) {
      if (place === pieces.length) {
        const next = await source.next()
        if (next.done) return
        pieces.push(next.value)
      }
      yield pieces[place]
    }
  }
  async function bytes() {
    for await (const _ of stream());
    return new Uint8Array(Buffer.concat(pieces))
  }
  return { path, name, bytes, stream }
}

async function* streamOf(name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(name)
  } catch (error) {
    throw unreadable(name, error)
  }
}

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'none',
  EACCES: 'one that may not be read',
  EPERM: 'one that may not be read',
  EISDIR: 'a folder',
}

function unreadable(path: string, error: unknown): DataError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return new DataError(`${path}: expected a file, found ${causes[code] ?? code}`)
}

async function missing(path: string, error: unknown): Promise<DataError> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return unreadable(path, error)
  const near = nearest(basename(path), await readdir(dirname(path)).catch(() => []))
  const advice = near === undefined ? '' : `; did you mean ${join(dirname(path), near)}?`
  return new DataError(`${path}: expected a file or a folder with data, found none${advice}`)
}
