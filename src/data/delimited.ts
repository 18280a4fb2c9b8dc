import { namesColumns, type Table } from './columns.js'
import { linesOf } from './decode.js'
import type { FieldOptions, Format, Rows } from './format.js'
import { problem, shown } from './problem.js'
import { readTable } from './table.js'

/**
 * Comma-separated values (also with `;`, `|` or tabs), RFC 4180 quoting, with or without a header line.
 *
 * @example
 * text,label
 * "Well, what time is it?",ask_time
 */
export const commaSeparated: Format = {
  name: 'csv',
  title: 'CSV',
  extensions: ['csv'],
  looksLike: (lines) =>
    lines.length > 1 &&
    namesColumns(lines[0].split(delimiterOf(lines[0])).map(unquoted)) &&
    /[,;|]/.test(lines[0]),
  read: (text, file, options) => readDelimited(text, file, options, delimiterOf(firstLine(text))),
}

/** Tab-separated values, with or without a header line. */
export const tabSeparated: Format = {
  name: 'tsv',
  title: 'TSV',
  extensions: ['tsv', 'tab'],
  looksLike: (lines) => {
    const tabs = lines.map((line) => line.split('\t').length - 1)
    return tabs.length > 0 && tabs[0] > 0 && tabs.every((count) => count === tabs[0])
  },
  read: (text, file, options) => readDelimited(text, file, options, '\t'),
}

const unquoted = (cell: string) => cell.trim().replace(/^"(.*)"$/s, '$1')

function firstLine(text: string): string {
  const start = text.search(/\S/)
  const end = text.indexOf('\n', Math.max(0, start))
  return text.slice(Math.max(0, start), end < 0 ? text.length : end)
}

/** The candidate that occurs most often in a line, quoted parts left out. */
function delimiterOf(line: string): string {
  const bare = line.replace(/"[^"]*"/g, '')
  const count = (mark: string) => bare.split(mark).length
  return [',', ';', '\t', '|'].reduce((best, mark) => (count(mark) > count(best) ? mark : best))
}

/** Many tab-separated files hold bare quotation marks; a quote counts only where every cell that opens one closes it. */
function quotesInUse(text: string): boolean {
  return linesOf(text).every((line) =>
    line.split('\t').every((cell) => !cell.startsWith('"') || (cell.length > 1 && cell.endsWith('"'))),
  )
}

interface ParsedRecord {
  readonly record: string[]
  readonly info: { readonly lines: number }
}

async function readDelimited(
  text: string,
  file: string,
  options: FieldOptions,
  delimiter: string,
): Promise<Rows> {
  const isHeader = (first: readonly string[], records: readonly ParsedRecord[]) =>
    options.header ?? hasHeader(records, first, options)
  const table = await tableOfText(text, file, delimiter, isHeader)
  if (table === undefined) throw problem(file, 0, 'rows with a text and a label', 'none')
  return readTable(table, options)
}

/**
 * The cells of a delimited text, whatever they mean; undefined where there are none. `isHeader` tells by the cells of the first two rows
 * whether the first names the columns.
 */
export async function delimitedTable(
  text: string,
  file: string,
  isHeader: (first: readonly string[], second: readonly string[]) => boolean,
): Promise<Table | undefined> {
  return tableOfText(text, file, delimiterOf(firstLine(text)), (first, records) =>
    isHeader(
      first,
      (records[1]?.record ?? []).map((cell) => cell.trim()),
    ),
  )
}

async function tableOfText(
  text: string,
  file: string,
  delimiter: string,
  isHeader: (first: readonly string[], records: readonly ParsedRecord[]) => boolean,
): Promise<Table | undefined> {
  const records = await parseRecords(text, file, delimiter)
  if (records.length === 0) return undefined
  const first = records[0].record.map((cell) => cell.trim())
  const header = isHeader(first, records)
  const names = header ? distinctNames(first) : first.map((_, column) => String(column + 1))
  checkWidths(records, names, file)
  return tableOf(records, names, header, file)
}

async function parseRecords(text: string, file: string, delimiter: string): Promise<ParsedRecord[]> {
  const { parse } = await loadParser(file)
  try {
    const parsed: unknown = parse(text, {
      delimiter,
      quote: delimiter !== '\t' || quotesInUse(text) ? '"' : false,
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n'],
    })
    return (parsed as ParsedRecord[]).filter(({ record }) => record.some((cell) => cell.trim() !== ''))
  } catch (error) {
    const line = error instanceof Error && 'lines' in error ? Number(error.lines) : 0
    const found = error instanceof Error && 'code' in error ? causes[String(error.code)] : undefined
    throw problem(
      file,
      line,
      'rows of delimited values',
      found ?? (error instanceof Error ? error.message : String(error)),
    )
  }
}

const causes: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark that opens here and is never closed',
}

async function loadParser(file: string): Promise<typeof import('csv-parse/browser/esm/sync')> {
  try {
    return await import('csv-parse/browser/esm/sync')
  } catch {
    throw problem(file, 0, 'the package csv-parse, which reads delimited files', 'no such package')
  }
}

/**
 * Whether the first row names the columns: a common name says so; otherwise a last or first cell that occurs nowhere else
 * in its column, while all other values of that column repeat.
 */
function hasHeader(
  records: readonly ParsedRecord[],
  first: readonly string[],
  options: FieldOptions,
): boolean {
  if (namesColumns(first)) return true
  if ([options.text, options.label].some((name) => name !== undefined && first.includes(name))) return true
  if (records.length < 5) return false
  return [0, first.length - 1].some((column) => {
    const counts = new Map<string, number>()
    for (const { record } of records.slice(1)) {
      const cell = record[column]?.trim() ?? ''
      counts.set(cell, (counts.get(cell) ?? 0) + 1)
    }
    return !counts.has(first[column]) && [...counts.values()].every((count) => count > 1)
  })
}

function distinctNames(first: readonly string[]): string[] {
  return first.map((name, column) =>
    name === '' || first.indexOf(name) < column ? String(column + 1) : name,
  )
}

function checkWidths(records: readonly ParsedRecord[], names: readonly string[], file: string): void {
  for (const [row, { record }] of records.entries()) {
    if (record.length <= names.length || record.slice(names.length).every((cell) => cell.trim() === ''))
      continue
    throw problem(
      file,
      startLine(records, row),
      `${names.length} columns (quote a text that holds the delimiter)`,
      `${record.length}: ${shown(record.join(' | '))}`,
    )
  }
}

/** Where a record begins: after the end of the one before. */
function startLine(records: readonly ParsedRecord[], row: number): number {
  const { record, info } = records[row]
  return info.lines - record.reduce((lines, cell) => lines + cell.split('\n').length - 1, 0)
}

function tableOf(
  records: readonly ParsedRecord[],
  names: readonly string[],
  header: boolean,
  file: string,
): Table {
  const skipped = header ? 1 : 0
  const columns = new Map(names.map((name, column) => [name, column]))
  return {
    file,
    names,
    header,
    rows: records.length - skipped,
    line: (row) => startLine(records, row + skipped),
    value: (row, name) => records[row + skipped].record[columns.get(name) ?? -1],
  }
}
