import { DataError } from '../errors.js'
import type { Random } from '../random/random.js'
import type { DataFile } from './data-file.js'
import { type Example, labelSet, type Part, parts } from './example.js'
import type { Columns, ExamplesByPart } from './format.js'
import { planOf } from './layout.js'
import { problem, shownList } from './problem.js'
import { holdOut } from './split.js'
import type { ReadOptions } from './unit.js'

/** What was found where, for the caller to print before anything is trained. */
export interface Detection {
  /** The format in words: "CSV", "seq.in and label, line by line". */
  readonly format: string
  /** The files that were read: a name, or a pattern such as `stsa.binary.*`. */
  readonly source: string
  /** The columns or keys used, where the format has any. */
  readonly columns?: Columns
  /** Rows per part. */
  readonly sizes: Readonly<Record<Part, number>>
  /** Where the parts come from: the data names them all, some were held out of the rest, or all were. */
  readonly split: 'given' | 'completed' | 'automatic'
  /** The first three rows. */
  readonly rows: readonly Example[]
  /** How many labels the training rows have. */
  readonly labels: number
  /** What the caller should know, one sentence each. */
  readonly notes: readonly string[]
}

/** Labelled texts in three parts. `valid` and `test` may be empty (`detection.notes` say why). */
export interface Dataset {
  readonly train: readonly Example[]
  readonly valid: readonly Example[]
  readonly test: readonly Example[]
  /** The labels of the training rows, sorted. */
  readonly labels: readonly string[]
  readonly detection: Detection
}

/** Options of `readFiles`. */
export interface DatasetOptions extends ReadOptions {
  /** Decides which rows are held out when the data names no parts. */
  readonly random: Pick<Random, 'shuffle'>
  /** Files with the validation rows. */
  readonly valid?: readonly DataFile[]
  /** Files with the test rows. */
  readonly test?: readonly DataFile[]
}

/**
 * Reads a data set of labelled texts from its files: one file, or all files of a folder (see `planOf` for what is recognised).
 *
 * Parts that the data does not name are held out, seeded and stratified: a tenth for validation and a tenth for the test.
 * `root` is what messages call the whole. Throws `DataError` (`file:line: expected …, found …`) at the first row that is not
 * right, and when the training rows have fewer than two labels.
 *
 * @example
 * const file = { path: 'intents.jsonl', name: 'intents.jsonl', bytes: async () => new TextEncoder().encode(text) }
 * const { train, valid, test, detection } = await readFiles([file], 'intents.jsonl', { random: new Random(1) })
 */
export async function readFiles(
  files: readonly DataFile[],
  root: string,
  options: DatasetOptions,
): Promise<Dataset> {
  const main = await gather(files, root, options)
  const others = { ...options, ...fixed(main.columns) }
  const examples: ExamplesByPart = { ...main.examples }
  const notes = [...main.notes]
  for (const part of ['valid', 'test'] as const) {
    const given = options[part]
    if (given === undefined) continue
    const { prefix: _, ...rest } = others
    const found = await gather(given, given[0]?.name ?? part, rest)
    examples[part] = [...only(found.examples, part)]
    notes.push(...found.notes)
  }
  return completed(examples, root, options.random, { ...main, notes })
}

/**
 * The rows of some files that scores are computed on: the test part where the data names one, everything otherwise.
 *
 * @example
 * const { examples, detection } = await readRows(files, 'intents.csv')
 */
export async function readRows(
  files: readonly DataFile[],
  root: string,
  options: ReadOptions = {},
): Promise<{ examples: readonly Example[]; detection: Detection }> {
  const gathered = await gather(files, root, options)
  const examples = only(gathered.examples, 'test')
  const sizes = { train: 0, valid: 0, test: examples.length }
  const labels = new Set(examples.map((example) => example.label)).size
  return {
    examples,
    detection: { ...described(gathered), sizes, split: 'given', rows: examples.slice(0, 3), labels },
  }
}

/**
 * A data set of rows that the caller has already, in parts or (under `all`) to be split.
 *
 * @example
 * const { train, labels } = datasetOf({ all: [{ text: 'hi', label: 'greet' }, …] }, new Random(1))
 */
export function datasetOf(
  rows: Partial<Record<Part | 'all', readonly { text: string; label: string }[]>>,
  random: Pick<Random, 'shuffle'>,
): Dataset {
  const examples: ExamplesByPart = {}
  for (const part of [...parts, 'all'] as const) {
    const list = rows[part]?.map(({ text, label }, index): Example => {
      if (typeof text !== 'string' || text.trim() === '') throw problem(`rows[${index}]`, 0, 'a text', 'none')
      if (typeof label !== 'string' || label.trim() === '')
        throw problem(`rows[${index}]`, 0, 'a label', 'none')
      return { text: text.trim(), label: label.trim(), file: part, line: index + 1 }
    })
    if (list !== undefined) examples[part] = list
  }
  return completed(examples, 'the rows', random, {
    examples,
    format: 'rows in memory',
    source: 'memory',
    notes: [],
  })
}

interface Gathered {
  readonly examples: ExamplesByPart
  readonly format: string
  readonly source: string
  readonly columns?: Columns
  readonly notes: readonly string[]
}

const order = ['train', 'all', 'valid', 'test']

/** Reads the units of the plan, training rows first; the columns found there hold for the rest. */
async function gather(files: readonly DataFile[], root: string, options: ReadOptions): Promise<Gathered> {
  const plan = await planOf(files, root, options)
  const notes = [...plan.notes]
  const examples: ExamplesByPart = {}
  let format: string | undefined
  let columns: Columns | undefined
  let foreign = 0
  for (const unit of [...plan.units].sort((a, b) => order.indexOf(a.part) - order.indexOf(b.part))) {
    const rows = await unit.read({ ...options, ...fixed(columns) })
    if (rows === undefined) {
      foreign++
      continue
    }
    format ??= rows.title
    columns ??= rows.columns
    notes.push(...(rows.notes ?? []))
    merge(examples, rows.examples, unit.part)
  }
  if (format === undefined) throw problem(root, 0, 'labelled texts', `${foreign} files of another kind`)
  if (foreign > 0)
    notes.push(`left out ${foreign} ${foreign === 1 ? 'file' : 'files'} of ${root} without labelled texts`)
  return { examples, format, source: plan.key, notes, ...(columns !== undefined && { columns }) }
}

/** Columns found in one file as options for the next. */
function fixed(columns: Columns | undefined): ReadOptions {
  return columns === undefined ? {} : { text: columns.text, label: columns.label, header: columns.header }
}

function merge(into: ExamplesByPart, rows: ExamplesByPart, part: Part | 'all'): void {
  for (const key of [...parts, 'all'] as const) {
    const target = key === 'all' ? part : key
    const list = rows[key]
    if (list === undefined) continue
    const existing = into[target]
    if (existing === undefined) into[target] = list
    else for (const row of list) existing.push(row)
  }
}

/** The rows of one part where it is named, else all rows. */
function only(examples: ExamplesByPart, part: Part): readonly Example[] {
  return examples[part] ?? [...(examples.all ?? []), ...parts.flatMap((other) => examples[other] ?? [])]
}

const described = ({ format, source, columns, notes }: Gathered) => ({
  format,
  source,
  notes,
  ...(columns !== undefined && { columns }),
})

const TENTH = 0.1

function completed(
  examples: ExamplesByPart,
  root: string,
  random: Pick<Random, 'shuffle'>,
  found: Gathered,
): Dataset {
  const notes = [...found.notes]
  let train: readonly Example[] = [...(examples.all ?? []), ...(examples.train ?? [])]
  let { valid, test } = examples
  if (train.length === 0) throw problem(root, 0, 'training rows', 'none')
  requireLabels(train, root)
  const rows = train.slice(0, 3)
  const split =
    valid === undefined && test === undefined ? 'automatic' : valid !== undefined ? 'given' : 'completed'
  const tenth = Math.max(1, Math.round(train.length * TENTH))
  if (split === 'automatic') ({ kept: train, held: test } = holdOut(train, tenth, random))
  if (valid === undefined) ({ kept: train, held: valid } = holdOut(train, tenth, random))
  if (test === undefined) notes.push(`${root} names no test part: there are no test scores`)
  if (valid.length === 0) notes.push(`${root} has too few rows per label to hold any out for validation`)
  const labels = [...new Set(train.map((example) => example.label))].sort()
  const given = { train, valid, test: test ?? [] }
  notes.push(...unknownLabels(given))
  const sizes = { train: train.length, valid: valid.length, test: given.test.length }
  return {
    ...given,
    labels,
    detection: { ...described(found), sizes, split, rows, labels: labels.length, notes },
  }
}

function requireLabels(train: readonly Example[], root: string): void {
  const first = train[0].label
  if (train.some((example) => example.label !== first)) return
  throw new DataError(
    `${root}: expected at least two labels to tell apart, found only "${first.slice(0, 80)}" in ${train.length === 1 ? 'the one training row' : `all ${train.length} training rows`}`,
  )
}

/** Labels outside the training rows cannot be predicted: their rows stay and count as wrong. */
function unknownLabels(data: Pick<Dataset, Part>): string[] {
  const known = new Set(data.train.map((example) => example.label))
  return (['valid', 'test'] as const).flatMap((part) => {
    const rows = data[part].filter((example) => !labelSet(example.label).some((label) => known.has(label)))
    if (rows.length === 0) return []
    const names = shownList([...new Set(rows.map((example) => example.label))])
    const count = rows.length === 1 ? '1 row' : `${rows.length} rows`
    return [
      `${count} of the ${part} part ${rows.length === 1 ? 'has a label' : 'have labels'} that no training row has (${names}): counted as wrong`,
    ]
  })
}
