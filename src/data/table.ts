import { chooseColumns, type Table } from './columns.js'
import { type Example, partOfWord } from './example.js'
import type { Columns, ExamplesByPart, FieldOptions, Rows } from './format.js'
import { problem, shown } from './problem.js'

/** The examples of a table: its columns chosen, each row checked. Throws `DataError` at the first row that is not right. */
export function readTable(table: Table, options: FieldOptions): Rows {
  if (table.rows === 0) throw problem(table.file, 0, 'rows with a text and a label', 'none')
  const columns = chooseColumns(table, options)
  const examples: ExamplesByPart = {}
  for (let row = 0; row < table.rows; row++) {
    const part =
      columns.part === undefined
        ? 'all'
        : (partOfWord(String(table.value(row, columns.part)).trim()) ?? 'all')
    const list = examples[part] ?? []
    list.push(exampleOf(table, row, columns))
    examples[part] = list
  }
  return { examples, columns }
}

function exampleOf(table: Table, row: number, columns: Columns): Example {
  const line = table.line(row)
  const text = textOf(table.value(row, columns.text))
  if (text === undefined)
    throw problem(table.file, line, `a text in "${columns.text}"`, shown(table.value(row, columns.text)))
  const label = labelOf(table.value(row, columns.label))
  if (label === undefined)
    throw problem(table.file, line, `a label in "${columns.label}"`, shown(table.value(row, columns.label)))
  return { text, label, file: table.file, line }
}

/** A text that is not blank, or a list of words to be joined. */
export function textOf(value: unknown): string | undefined {
  const words = Array.isArray(value) && value.every((item) => typeof item === 'string')
  const text = words ? value.join(' ') : value
  return typeof text === 'string' && text.trim() !== '' ? text.trim() : undefined
}

/** A label: a text that is not blank, a number, a boolean, or a list of those, joined by `#`. */
export function labelOf(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const labels = value.map((item) => (Array.isArray(item) ? undefined : labelOf(item)))
    return labels.length > 0 && labels.every((label) => label !== undefined) ? labels.join('#') : undefined
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}
