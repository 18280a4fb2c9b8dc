import { DataError, nearest } from '../errors.js'
import { partOfWord } from './example.js'
import type { Columns, FieldOptions } from './format.js'
import { problem, shownList } from './problem.js'

/** Rows of named values, whatever they were read from. */
export interface Table {
  readonly file: string
  /** The names of the columns; "1", "2", … when the file names none. */
  readonly names: readonly string[]
  /** Whether the file names its columns. */
  readonly header: boolean
  readonly rows: number
  /** The line of a row in the file. */
  line(row: number): number
  /** The value of a row in a column, undefined where it has none. */
  value(row: number, name: string): unknown
}

// Best first: readable labels before codes, intents before the broader scenario.
const textNames =
  'text utterance sentence query question phrase message content review input body document comment tweet title headline description'
const labelNames =
  'label_text label_name intent_name intent label category class target tag sentiment topic polarity y output rating stars emotion domain scenario'
const partNames = 'split part set subset partition fold'

const knownTexts = textNames.split(' ')
const knownLabels = labelNames.split(' ')

const plain = (name: string) =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_')

/** Whether any of the names is one that texts or labels are commonly called. */
export function namesColumns(names: readonly string[]): boolean {
  return names.some((name) => knownTexts.includes(plain(name)) || knownLabels.includes(plain(name)))
}

/** Statistics over this many rows decide about columns whose names say nothing. */
const SAMPLE = 2000

/**
 * Which columns hold the text and the label: those that the caller names, else those with a common name, else the one with
 * the longest values and the one with the fewest different values.
 *
 * Throws `DataError` for a column that is not there (with the nearest that is) and when nothing fits.
 */
export function chooseColumns(table: Table, options: FieldOptions): Columns {
  const given = (name: string | undefined) => (name === undefined ? undefined : existing(table, name))
  const part = partColumn(table)
  const text = given(options.text) ?? known(table.names, knownTexts, [options.label, part])
  const label = given(options.label) ?? known(table.names, knownLabels, [text, part])
  const free = table.names.filter((name) => name !== text && name !== label && name !== part)
  const chosenText = text ?? longest(table, free)
  const chosenLabel =
    label ??
    fewest(
      table,
      free.filter((name) => name !== chosenText),
    )
  if (chosenText === undefined || chosenLabel === undefined) {
    throw problem(
      table.file,
      table.rows > 0 ? table.line(0) : 0,
      'a column with texts and one with labels (such as text and label)',
      `${shownList(table.names)}; name the columns with the options text and label`,
    )
  }
  return { text: chosenText, label: chosenLabel, header: table.header, ...(part !== undefined && { part }) }
}

function existing(table: Table, name: string): string {
  const found =
    table.names.find((other) => other === name) ?? table.names.find((other) => plain(other) === plain(name))
  if (found !== undefined) return found
  const near = nearest(name, table.names)
  throw new DataError(
    `${table.file}: expected a column "${name}", found ${shownList(table.names)}${near === undefined ? '' : `; did you mean "${near}"?`}`,
  )
}

function known(
  names: readonly string[],
  common: readonly string[],
  taken: readonly (string | undefined)[],
): string | undefined {
  for (const word of common) {
    const found = names.find((name) => plain(name) === word && !taken.includes(name))
    if (found !== undefined) return found
  }
  return undefined
}

/** A column called split (or the like) all of whose values name a part. */
function partColumn(table: Table): string | undefined {
  const name = known(table.names, partNames.split(' '), [])
  if (name === undefined || table.rows === 0) return undefined
  for (let row = 0; row < table.rows; row++) {
    const value = table.value(row, name)
    if (typeof value !== 'string' || partOfWord(value.trim()) === undefined) return undefined
  }
  return name
}

function sample(table: Table, name: string): string[] {
  const values: string[] = []
  for (let row = 0; row < Math.min(table.rows, SAMPLE); row++) {
    const value = table.value(row, name)
    if (value !== undefined && value !== null && value !== '') values.push(String(value))
  }
  return values
}

function longest(table: Table, names: readonly string[]): string | undefined {
  let best: string | undefined
  let bestLength = 0
  for (const name of names) {
    const values = sample(table, name)
    const length = values.reduce((sum, value) => sum + value.length, 0) / Math.max(1, values.length)
    if (values.filter((value) => /\p{L}/u.test(value)).length * 2 < values.length) continue // dates, numbers
    if (length > bestLength) {
      best = name
      bestLength = length
    }
  }
  return best
}

/** The column with the fewest different values; a constant one only for want of others, and none whose values hardly repeat. */
function fewest(table: Table, names: readonly string[]): string | undefined {
  let best: string | undefined
  let bestScore = Number.POSITIVE_INFINITY
  for (const name of names) {
    const values = sample(table, name)
    const distinct = new Set(values).size
    if (distinct === 0 || (distinct * 2 > values.length && values.length > 4)) continue
    const score = distinct === 1 ? Number.MAX_VALUE : distinct
    if (score < bestScore) {
      best = name
      bestScore = score
    }
  }
  return best
}
