import { DataError } from '../errors.js'
import { baseOf, type DataFile, foldersOf, isBeside } from './data-file.js'
import type { Part } from './example.js'
import { problem } from './problem.js'

/** A recording, or a picture of writing, and what it says. */
export interface Utterance {
  readonly file: DataFile
  /** Where it begins and ends in the file, in seconds; the whole file without them. */
  readonly from?: number
  readonly to?: number
  readonly text: string
  /** Where the text stands: a list and the line in it; line 0 where a path says the text. */
  readonly list: string
  readonly line: number
}

/** An utterance whose file a list names but nobody has looked for yet. */
export interface NamedUtterance extends Omit<Utterance, 'file' | 'list'> {
  /** The part that the list says it belongs to; that of the list itself without it. */
  readonly part?: Part
  /** Where the file may be, the likeliest place first: absolute, or from the folder of the list. */
  readonly paths: readonly string[]
}

/** A list of utterances that belongs to one part of a data set. */
export interface UtteranceList {
  readonly part: Part | 'all'
  /** What the format is called in the printed detection. */
  readonly title: string
  /** The file whose folder the paths begin in. */
  readonly list: DataFile
  read(): Promise<readonly NamedUtterance[]>
}

/** Files that hold sound. */
export const isSound = (path: string): boolean => /\.(wav|flac|mp3)$/i.test(path)
/** Files that hold a picture. */
export const isPicture = (path: string): boolean => /\.(png|jpe?g)$/i.test(path)
/** Files that hold what is transcribed. */
export const isMedia = (path: string): boolean => isSound(path) || isPicture(path)
/** Files that a list may be: neither sound nor picture, nor documentation. */
export const isList = ({ path }: DataFile): boolean => !isMedia(path) && !isBeside(path)

/** How many missing files an error names. */
const SHOWN = 20

/**
 * The utterances of a list with their files, which are looked for among the files of the data set and then beside the list. Throws one
 * `DataError` that names all the files that are missing.
 */
export async function located(
  { list }: Pick<UtteranceList, 'list'>,
  named: readonly NamedUtterance[],
  files: ReadonlyMap<string, DataFile>,
): Promise<(Utterance & Pick<NamedUtterance, 'part'>)[]> {
  const missing: string[] = []
  const found: (Utterance & Pick<NamedUtterance, 'part'>)[] = []
  for (const { paths, ...utterance } of named) {
    const file = await firstOf(paths, list, files)
    if (file) found.push({ ...utterance, file, list: list.name })
    else missing.push(`${utterance.line > 0 ? `line ${utterance.line}: ` : ''}${paths[0]}`)
  }
  if (missing.length === 0) return found
  const more = missing.length > SHOWN ? `\n  and ${missing.length - SHOWN} more` : ''
  throw new DataError(
    `${list.name}: expected all the files that it names, found ${missing.length} of ${named.length} missing:\n  ${missing.slice(0, SHOWN).join('\n  ')}${more}`,
  )
}

async function firstOf(
  paths: readonly string[],
  list: DataFile,
  files: ReadonlyMap<string, DataFile>,
): Promise<DataFile | undefined> {
  for (const path of paths) {
    const file = files.get(joined(foldersOf(list.path), path)) ?? (await list.beside?.(path))
    if (file) return file
  }
  return undefined
}

/** A path from a folder, without `.` and `..`. */
function joined(folders: readonly string[], path: string): string {
  const pieces = [...folders]
  for (const piece of path.split('/'))
    if (piece === '..') pieces.pop()
    else if (piece !== '.' && piece !== '') pieces.push(piece)
  return pieces.join('/')
}

/** The files of the same folder by their names. */
export function siblingsOf(files: readonly DataFile[], file: DataFile): Map<string, DataFile> {
  const folder = foldersOf(file.path).join('/')
  const same = files.filter(({ path }) => foldersOf(path).join('/') === folder)
  return new Map(same.map((each) => [baseOf(each.path), each]))
}

/** A text that says something. Throws a `DataError` for any other value. */
export function requireText(value: unknown, list: string, line: number, place: string): string {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text === 'string' && text.trim() !== '') return text.trim().replace(/\s+/g, ' ')
  throw problem(list, line, `a text ${place}`, text === undefined ? 'none' : JSON.stringify(text))
}
