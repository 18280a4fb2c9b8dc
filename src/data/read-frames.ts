import { decode } from '../codecs/safetensors.js'
import { DataError } from '../errors.js'
import type { Random } from '../random/random.js'
import { baseOf, type DataFile, isBeside, partInFolders, partInName } from './data-file.js'
import type { Detection } from './dataset.js'
import { decodeText, linesOf } from './decode.js'
import { extensionOf } from './detect.js'
import { type Part, parts } from './example.js'
import { type Frame, framesOf, goldOf, keyOf, requireAlike, type VideoRow, videoRowOf } from './frames.js'
import { unzipped } from './gzip.js'
import { isObject } from './json-lines.js'
import { problem, shown, shownList } from './problem.js'
import { completeParts, NOT_VALIDATED, withoutValidation } from './split.js'

/** Options of `readVideoFiles`. */
export interface VideoDatasetOptions {
  /** Decides which videos are held out when the data names no parts. */
  readonly random: Pick<Random, 'shuffle'>
  /** Files with the validation videos; an empty list: no videos choose the best epoch, those that the data names are learned from. */
  readonly valid?: readonly DataFile[]
  readonly test?: readonly DataFile[]
}

/** Videos in three parts; `valid` and `test` may be empty. */
export interface VideoDataset {
  readonly train: readonly VideoRow[]
  readonly valid: readonly VideoRow[]
  readonly test: readonly VideoRow[]
  readonly detection: Detection
}

type Rows = Partial<Record<Part | 'all', VideoRow[]>>
const order = [...parts, 'all'] as const

/**
 * Reads videos whose frames are features: JSON lines `{"frames": [[…], …], "label": …}` or `{"frames": …, "labels": […]}`; in place of the
 * numbers may stand the path of a `.safetensors` file beside it, with one tensor [frames, features]. One file or a folder whose names tell the
 * parts; those that are missing are held out, a tenth each, every label alike.
 *
 * Throws `DataError` (`file:line: frame 3: expected …, found …`) at the first video that is not right.
 *
 * @example
 * const { train, detection } = await readVideoFiles(files, 'clips', { random: new Random(1) })
 */
export async function readVideoFiles(
  files: readonly DataFile[],
  root: string,
  options: VideoDatasetOptions,
): Promise<VideoDataset> {
  const main = await gather(files, root)
  const none = options.valid?.length === 0
  const rows: Rows = none ? withoutValidation(main) : { ...main }
  for (const part of none ? (['test'] as const) : (['valid', 'test'] as const)) {
    const given = options[part]
    if (given !== undefined) rows[part] = only(await gather(given, given[0]?.name ?? part), part)
  }
  const all = [...(rows.all ?? []), ...(rows.train ?? [])]
  if (all.length === 0) throw problem(root, 0, 'videos to learn from', 'none')
  requireAlike(
    order.flatMap((part) => rows[part] ?? []),
    () => root,
  ) // files of their own are no longer told apart
  const { split, ...given } = completeParts(rows, keyOf, options.random)
  const sizes = { train: given.train.length, valid: given.valid.length, test: given.test.length }
  const notes = none ? [NOT_VALIDATED] : []
  const labels = new Set(given.train.flatMap(goldOf)).size
  return { ...given, detection: { ...described(root, all), sizes, split, labels, notes } }
}

/** The videos of some files that scores are computed on: the test part where the data names one, everything otherwise. */
export async function readVideos(
  files: readonly DataFile[],
  root: string,
): Promise<{ rows: readonly VideoRow[]; detection: Detection }> {
  const rows = only(await gather(files, root), 'test')
  const sizes = { train: 0, valid: 0, test: rows.length }
  const labels = new Set(rows.flatMap(goldOf)).size
  return { rows, detection: { ...described(root, rows), sizes, split: 'given', labels, notes: [] } }
}

/** The frames of one video: a `.safetensors` file, or JSON with a list of frames or `{ frames }`. */
export async function readFrames(given: DataFile): Promise<Frame[]> {
  const file = unzipped(given)
  if (extensionOf(file.path) === 'safetensors') return framesInTensor(await file.bytes(), file.name)
  const document = parsed(decodeText(await file.bytes(), file.name), file.name)
  return framesAt(isObject(document) ? document.frames : document, file, file.name)
}

function only(rows: Rows, part: Part): VideoRow[] {
  return rows[part] ?? order.flatMap((other) => rows[other] ?? [])
}

function described(root: string, rows: readonly VideoRow[]) {
  const shownRows = rows.slice(0, 3).map((row) => ({
    text: `${row.frames.length} frames of ${row.frames[0].length} numbers`,
    label: [...new Set(goldOf(row))].join(', '),
    ...{ file: root, line: 0 },
  }))
  return { format: 'videos in JSON lines', source: root, rows: shownRows }
}

async function gather(files: readonly DataFile[], root: string): Promise<Rows> {
  const plain = files.map(unzipped)
  const isLines = ({ path }: DataFile) => ['jsonl', 'ndjson'].includes(extensionOf(path)) && !isBeside(path)
  const usable = plain.length === 1 ? plain : plain.filter(isLines)
  if (usable.length === 0)
    throw problem(root, 0, 'videos in .jsonl files', shownList(plain.map(({ path }) => baseOf(path))))
  const rows: Rows = {}
  const missing: string[] = []
  for (const file of usable) {
    const found = await rowsIn(file, missing)
    const place = usable.length === 1 ? undefined : (partInName(file.path) ?? partInFolders(file.path))
    const part = place?.part ?? 'all'
    rows[part] = [...(rows[part] ?? []), ...found]
  }
  requireFrameFiles(missing, root)
  return rows
}

/** The videos of a file; what it names and is not there goes to `missing`. */
async function rowsIn(file: DataFile, missing: string[]): Promise<VideoRow[]> {
  const rows: VideoRow[] = []
  const lines: number[] = []
  for (const [place, line] of linesOf(decodeText(await file.bytes(), file.name)).entries()) {
    if (line.trim() === '') continue
    const where = `${file.name}:${place + 1}`
    const value = parsed(line, where)
    const named = isObject(value) && typeof value.frames === 'string' ? value.frames : undefined
    const beside = named === undefined ? undefined : await file.beside?.(named)
    if (named !== undefined && beside === undefined) {
      missing.push(`${named} (${where})`)
      continue
    }
    const frames = beside && framesInTensor(await beside.bytes(), beside.name)
    rows.push(videoRowOf(frames ? { ...(value as object), frames } : value, where))
    lines.push(place + 1)
  }
  if (rows.length > 0) requireAlike(rows, (row) => `${file.name}:${lines[row]}`)
  return rows
}

/** Missing files that a message names. */
const SHOWN = 20

/** Throws a `DataError` for the files with frames that are not there, all of them at once. */
function requireFrameFiles(missing: readonly string[], root: string): void {
  if (missing.length === 0) return
  const named = missing.slice(0, SHOWN).map((name) => `  ${name}`)
  const more = missing.length > SHOWN ? [`  and ${missing.length - SHOWN} more`] : []
  const head = `${root}: expected the files with frames that the videos name, found ${missing.length} missing:`
  throw new DataError([head, ...named, ...more].join('\n'))
}

/** Frames that are there, or in a file that is named in their place. */
async function framesAt(value: unknown, file: DataFile, where: string): Promise<Frame[]> {
  if (typeof value !== 'string') return framesOf(value, where)
  const named = await file.beside?.(value)
  if (named === undefined) throw problem(where, 0, `the file ${value} with frames`, 'none')
  return framesInTensor(await named.bytes(), named.name)
}

function framesInTensor(bytes: Uint8Array, file: string): Frame[] {
  const { tensors } = decode(bytes, file)
  const entries = Object.entries(tensors)
  const found = entries.length === 1 ? entries[0][1] : tensors.frames
  const names = shownList(Object.keys(tensors))
  if (!found) throw problem(file, 0, 'one tensor, or one that is called frames', names)
  const { dtype, shape, data } = found
  if ((dtype !== 'F32' && dtype !== 'F64') || shape.length !== 2)
    throw problem(
      file,
      0,
      'frames [frames, features] in F32 or F64',
      `${dtype} of the shape [${shape.join(', ')}]`,
    )
  const [count, features] = shape
  const rows = Array.from({ length: count }, (_, row) => data.subarray(row * features, (row + 1) * features))
  return framesOf(rows, file)
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw problem(where, 0, 'JSON', `${shown(text)} (${(error as Error).message.slice(0, 80)})`)
  }
}
