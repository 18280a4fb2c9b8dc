import type { Example, Part } from './example.js'

/** The columns, or keys, that hold the text and the label; without a header a column is called by its number from 1. */
export interface Columns {
  readonly text: string
  readonly label: string
  /** Whether the first row names the columns. */
  readonly header: boolean
  /** The column that says to which part a row belongs, where there is one. */
  readonly part?: string
}

/** What a caller may fix instead of having it detected. */
export interface FieldOptions {
  /** The column or key of the text. */
  readonly text?: string
  /** The column or key of the label. */
  readonly label?: string
  /** Whether the first row of a table names its columns. */
  readonly header?: boolean
}

/** The examples of one text by part; those of a text that names no parts are under `all`. */
export type ExamplesByPart = Partial<Record<Part | 'all', Example[]>>

/** What a format read from one text. */
export interface Rows {
  readonly examples: ExamplesByPart
  readonly columns?: Columns
  readonly notes?: readonly string[]
}

/**
 * One way to write labelled texts down. A format declares its extensions and how its first lines look; detection and
 * reading are driven by these declarations alone.
 */
export interface Format {
  readonly name: string
  /** What it is called in the printed detection: "JSON lines". */
  readonly title: string
  /** Extensions, lower case, without the dot. */
  readonly extensions: readonly string[]
  /** Whether lines (the first ones that are not blank) look like this format. */
  looksLike(lines: readonly string[]): boolean
  /** Whether a text with one of the extensions is something else that is often kept beside such files. */
  foreign?(text: string): boolean
  /** Reads `text`; `file` is the name for messages. Throws `DataError` and nothing else. */
  read(text: string, file: string, options: FieldOptions): Rows | Promise<Rows>
}
