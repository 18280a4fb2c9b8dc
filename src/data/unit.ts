import type { Encoding } from './decode.js'
import type { Part } from './example.js'
import type { FieldOptions, Rows } from './format.js'

/** What a caller may fix about how a data set is read. */
export interface ReadOptions extends FieldOptions {
  /** `utf-8` (default, checked) or `latin1`. */
  readonly encoding?: Encoding
  /** The name of a format, instead of detecting it: jsonl, json, csv, tsv, rasa, fasttext or lines. */
  readonly format?: string
  /** The beginning of the paths to take, where a folder holds several sets (`stsa.fine`). */
  readonly prefix?: string
}

/** A piece of a data set that is read at once and belongs to one part. */
export interface Unit {
  readonly part: Part | 'all'
  /** Units with the same key belong together: `stsa.binary.*`. */
  readonly key: string
  /** The path by which a prefix selects it. */
  readonly path: string
  /** What it is called in the printed detection. */
  readonly title?: string
  /** The rows, or undefined when the file turns out to be something else. */
  read(options: ReadOptions): Promise<(Rows & { readonly title: string }) | undefined>
}
