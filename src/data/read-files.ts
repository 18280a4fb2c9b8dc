import type { Random } from '../random/random.js'
import type { DataFile } from './data-file.js'
import { completed, type Dataset, type Detection, described, type Gathered } from './dataset.js'
import { type Example, type Part, parts } from './example.js'
import type { Columns, ExamplesByPart } from './format.js'
import { planOf } from './layout.js'
import { problem } from './problem.js'
import { withoutValidation } from './split.js'
import type { ReadOptions } from './unit.js'

/** Options of `readFiles`. */
export interface DatasetOptions extends ReadOptions {
  /** Decides which rows are held out when the data names no parts. */
  readonly random: Pick<Random, 'shuffle'>
  /** Files with the validation rows; an empty list: no rows choose the best epoch, those that the data names are learned from. */
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
  const none = options.valid?.length === 0
  const examples: ExamplesByPart = none ? withoutValidation(main.examples) : { ...main.examples }
  const notes = [...main.notes]
  for (const part of none ? (['test'] as const) : (['valid', 'test'] as const)) {
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
