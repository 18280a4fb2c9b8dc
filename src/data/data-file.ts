import { type Part, partOfWord } from './example.js'

/**
 * A file of a data set, wherever it is kept. Node reads it from disk (`readDataset` of `unrolled/formats`); a page makes
 * one from a `File`: `{ path: file.webkitRelativePath, name: file.name, bytes: async () => new Uint8Array(await file.arrayBuffer()) }`.
 */
export interface DataFile {
  /** The path inside the data set, with `/` between folders; its words tell parts and labels. */
  readonly path: string
  /** What error messages call it. */
  readonly name: string
  bytes(): Promise<Uint8Array>
  /** The bytes piece by piece, for files that may be larger than memory; without it they are read at once. */
  stream?(): AsyncIterable<Uint8Array>
  /** A file that this one names, as a manifest does: absolute, or from the folder that this one is in. Undefined when there is none. */
  beside?(path: string): Promise<DataFile | undefined>
}

/** The folders of a path. */
export const foldersOf = (path: string): string[] => path.split('/').slice(0, -1)

/** The last piece of a path. */
export const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** The last piece of a path without its extension. */
export const stemOf = (path: string): string => baseOf(path).replace(/(?<=.)\.[^.]*$/, '')

/** Whether a file is something that lies beside data rather than data: hidden, documentation, archives, pictures, weights. */
export function isBeside(path: string): boolean {
  const folders = foldersOf(path)
  if ([...folders, baseOf(path)].some((piece) => piece.startsWith('.') || piece === 'node_modules'))
    return true
  return documents.test(baseOf(path)) || otherExtensions.test(path)
}

const documents =
  /^(_about|readme|licen[cs]e|source|changelog|notice|citation|authors|contributing|makefile|package)([._-].*)?$/i
const otherExtensions =
  /\.(md|rst|pdf|html?|png|jpe?g|gif|svg|zip|gz|tgz|bz2|xz|7z|tar|npy|npz|pkl|pt|bin|safetensors|onnx|wav|mp3|py|js|ts|ipynb|sh|log|lock)$/i

/** Where a path says which part it is: `key` is the path with that word replaced by `*`, the same for all parts of a set. */
export interface PartInPath {
  readonly part: Part
  readonly key: string
}

/** The part named by a word of the file's name (`train.csv`, `stsa.binary.dev`, `test_GetWeather.json`). */
export function partInName(path: string): PartInPath | undefined {
  const base = baseOf(path)
  const words = base.split(/([._-])/)
  const place = words.findLastIndex((word) => partOfWord(word) !== undefined)
  const part = partOfWord(words[place] ?? '')
  if (part === undefined) return undefined
  words[place] = '*'
  const folders = foldersOf(path).map((folder) => (partOfWord(folder) === undefined ? folder : '*'))
  const parent = folders.at(-1)
  const name = words.join('')
  // Snips keeps one folder per intent with the intent in the names: AddToPlaylist/train_AddToPlaylist.json
  if (parent !== undefined && parent.length > 1 && name.includes(parent))
    return { part, key: [...folders.slice(0, -1), '+', name.replace(parent, '+')].join('/') }
  return { part, key: [...folders, name].join('/') }
}

/** The part named by a whole folder (`train/…`). */
export function partInFolders(path: string): PartInPath | undefined {
  const folders = foldersOf(path)
  const place = folders.findLastIndex((folder) => partOfWord(folder) !== undefined)
  const part = partOfWord(folders[place] ?? '')
  return part === undefined ? undefined : { part, key: [...folders.slice(0, place), '*', ''].join('/') }
}
