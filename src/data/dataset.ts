import { DataError } from '../errors.js'
import type { Random } from '../random/random.js'
import { type Example, labelSet, type Part, parts } from './example.js'
import type { Columns, ExamplesByPart } from './format.js'
import { problem, shownList } from './problem.js'
import { completeParts, NOT_VALIDATED, type PartsFrom } from './split.js'

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
  readonly split: PartsFrom
  /** The first three rows. */
  readonly rows: readonly Example[]
  /** How many labels the training rows have; 0 where rows have none. */
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

/** Rows and what is known of where they are from. */
export interface Gathered {
  readonly examples: ExamplesByPart
  readonly format: string
  readonly source: string
  readonly columns?: Columns
  readonly notes: readonly string[]
}

/** The part of a detection that says what was found. */
export const described = ({ format, source, columns, notes }: Gathered) => ({
  format,
  source,
  notes,
  ...(columns !== undefined && { columns }),
})

/** Holds out the parts that are missing, checks the labels and describes the whole. */
export function completed(
  examples: ExamplesByPart,
  root: string,
  random: Pick<Random, 'shuffle'>,
  found: Gathered,
): Dataset {
  const notes = [...found.notes]
  const all: readonly Example[] = [...(examples.all ?? []), ...(examples.train ?? [])]
  if (all.length === 0) throw problem(root, 0, 'training rows', 'none')
  requireLabels(all, root)
  const rows = all.slice(0, 3)
  const { split, ...given } = completeParts(examples, (example) => example, random)
  const { train, valid, test } = given
  if (split === 'given' && examples.test === undefined)
    notes.push(`${root} names no test part: there are no test scores`)
  if (examples.valid?.length === 0) notes.push(NOT_VALIDATED)
  else if (valid.length === 0) notes.push(`${root} has too few rows per label to hold any out for validation`)
  const labels = [...new Set(train.map((example) => example.label))].sort()
  notes.push(...unknownLabels(given))
  const sizes = { train: train.length, valid: valid.length, test: test.length }
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
