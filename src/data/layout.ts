import { baseOf, type DataFile, foldersOf, isBeside, partInFolders, partInName, stemOf } from './data-file.js'
import { decodeText } from './decode.js'
import { detected, detectFormat, extensionOf, formats, hasKnownExtension } from './detect.js'
import { type Part, partOfWord } from './example.js'
import { grouped } from './group.js'
import { unzipped } from './gzip.js'
import { labelFolders } from './label-folders.js'
import { pairedLines } from './paired-lines.js'
import { problem, shownList } from './problem.js'
import type { ReadOptions, Unit } from './unit.js'

/** The units of one set, and what was left out. */
export interface Plan {
  readonly units: readonly Unit[]
  /** The set's name: `stsa.binary.*`, or the file's. */
  readonly key: string
  readonly notes: readonly string[]
}

/**
 * Finds the set of labelled texts among the files of a folder: `seq.in` and `label` pairs as in ATIS, else files in a known
 * format, else a folder or a file per label. Parts are told by the words train, valid, dev, test in the names of files or
 * folders. Of several sets the one with the most parts is taken, in alphabetical order, and a note names the others.
 *
 * `root` is the name for messages. Throws `DataError` when nothing is found.
 */
export async function planOf(files: readonly DataFile[], root: string, options: ReadOptions): Promise<Plan> {
  const plain = files.map(unzipped)
  const usable = plain.length === 1 ? plain : plain.filter((file) => !isBeside(file.path))
  const found = await unitsOf(usable, options)
  const selected = found.units.filter(
    (unit) => options.prefix === undefined || unit.path.startsWith(options.prefix),
  )
  if (selected.length === 0) throw nothing(root, found.units, options)
  const sets = grouped(selected, (unit) => unit.key)
  const parts = (key: string) =>
    new Set((sets.get(key) ?? []).flatMap((unit) => (unit.part === 'all' ? [] : [unit.part])))
  const rank = (key: string) => (parts(key).has('train') ? 10 : 0) + parts(key).size
  const keys = [...sets.keys()].sort((a, b) => rank(b) - rank(a) || (a < b ? -1 : 1))
  const notes: string[] = []
  if (keys.length > 1)
    notes.push(
      `${root} holds ${keys.length} sets; took ${keys[0]}, not ${shownList(keys.slice(1))} (the option prefix chooses)`,
    )
  if (found.left > 0)
    notes.push(`left out ${found.left} other ${found.left === 1 ? 'file' : 'files'} of ${root}`)
  return { units: sets.get(keys[0]) ?? [], key: keys[0], notes }
}

function nothing(root: string, units: readonly Unit[], options: ReadOptions): Error {
  if (options.prefix === undefined) return problem(root, 0, 'labelled texts', 'no file that could hold any')
  const keys = [...new Set(units.map((unit) => unit.key))]
  return problem(
    root,
    0,
    `files that begin with "${options.prefix}"`,
    keys.length > 0 ? shownList(keys) : 'none',
  )
}

interface Found {
  readonly units: readonly Unit[]
  readonly left: number
}

async function unitsOf(files: readonly DataFile[], options: ReadOptions): Promise<Found> {
  const pairs = pairedLines(files)
  if (pairs.length > 0) return { units: pairs, left: files.length - 2 * pairs.length }
  const records = await recordFiles(files, options)
  if (records.length > 0) return { units: recordUnits(records), left: files.length - records.length }
  const folders = labelFolders(files)
  return { units: folders.units, left: folders.left }
}

/** The files that hold whole records: those with a known extension, in a set of parts, or that look like it. */
async function recordFiles(files: readonly DataFile[], options: ReadOptions): Promise<readonly DataFile[]> {
  if (files.length <= 1 || options.format !== undefined) return files
  const known = files.filter((file) => hasKnownExtension(file.path))
  const named = namedSets(files)
  const inSets = files.filter((file) => known.includes(file) || named.has(partInName(file.path)?.key ?? ''))
  if (inSets.length > 0) return inSets
  const first = files.find((file) => foldersOf(file.path).every((folder) => partOfWord(folder) !== undefined))
  if (first === undefined) return []
  const text = decodeText(await first.bytes(), first.name, options.encoding)
  return detected(text, first.path) === undefined
    ? []
    : files.filter((file) => extensionOf(file.path) === extensionOf(first.path))
}

/** The keys under which a train file has another part beside it, so that the word is no accident (`train_ticket.txt`). */
function namedSets(files: readonly DataFile[]): Set<string> {
  const sets = new Map<string, Set<Part>>()
  for (const { path } of files) {
    const named = partInName(path)
    if (named !== undefined) sets.set(named.key, (sets.get(named.key) ?? new Set()).add(named.part))
  }
  return new Set([...sets].filter(([, parts]) => parts.has('train') && parts.size > 1).map(([key]) => key))
}

function recordUnits(files: readonly DataFile[]): Unit[] {
  const sets = namedSets(files)
  return files.map((file) => {
    const inName = partInName(file.path)
    const counts =
      inName !== undefined && (sets.has(inName.key) || partOfWord(stemOf(file.path)) !== undefined)
    const place = counts ? inName : partInFolders(file.path)
    const extension = extensionOf(file.path)
    const together = files.length === 1 ? baseOf(file.path) : `*${extension === '' ? '' : `.${extension}`}`
    const { part, key } = place ?? { part: 'all' as const, key: together }
    return { part, key, path: file.path, read: (options) => readFile(file, options, files.length > 1) }
  })
}

async function readFile(file: DataFile, options: ReadOptions, among: boolean): ReturnType<Unit['read']> {
  const bytes = await file.bytes()
  if (bytes.length === 0) throw problem(file.name, 0, 'labelled texts', 'an empty file')
  const text = decodeText(bytes, file.name, options.encoding)
  if (text.trim() === '') throw problem(file.name, 1, 'labelled texts', 'nothing but white space')
  const format =
    options.format === undefined
      ? detectFormat(text, file.path, file.name)
      : formatNamed(options.format, file)
  if (among && format.foreign?.(text)) return undefined
  const rows = await format.read(text, file.name, options)
  return { ...rows, title: format.title }
}

function formatNamed(name: string, file: DataFile) {
  const format = formats.find((candidate) => candidate.name === name)
  if (format === undefined)
    throw problem(
      file.name,
      0,
      `a format among ${formats.map((candidate) => candidate.name).join(', ')}`,
      `"${name}"`,
    )
  return format
}
