import type { Table } from './columns.js'
import { baseOf, type DataFile } from './data-file.js'
import { decodeText, type Encoding } from './decode.js'
import { delimitedTable } from './delimited.js'
import { unzipped } from './gzip.js'
import { problem } from './problem.js'
import { readTimestamp } from './timestamps.js'

/** A file as rows of named cells: numbers, texts or dates, not yet read as series. */
export interface SeriesTable extends Table {
  /** What kind of file it was. */
  readonly format: 'CSV' | 'Parquet'
}

/**
 * The rows of a delimited file (comma, semicolon, tab, `|`; `.gz` too) or a Parquet file.
 *
 * Throws `DataError` for an empty file, and one that is damaged.
 *
 * @example
 * const table = await readSeriesTable(file)
 * table.names           // ['Date', 'Temp']
 * table.value(0, 'Temp') // '20.7'
 */
export async function readSeriesTable(file: DataFile, encoding: Encoding = 'utf-8'): Promise<SeriesTable> {
  const plain = unzipped(file)
  const bytes = await plain.bytes()
  if (bytes.length === 0) throw problem(file.name, 0, 'a table of numbers', 'an empty file')
  const magic = String.fromCharCode(...bytes.subarray(0, 4))
  if (magic === 'PAR1' || /\.(parquet|pq)$/i.test(baseOf(plain.path))) return parquetTable(bytes, file.name)
  const text = decodeText(bytes, file.name, encoding)
  let written: readonly string[] = []
  const table = await delimitedTable(text, file.name, (first, second) => {
    written = first
    return isHeader(first, second)
  })
  const twice = written.find((name, column) => name !== '' && written.indexOf(name) < column)
  if (table?.header && twice !== undefined)
    throw problem(file.name, 1, 'columns with names of their own', `"${twice}" twice`)
  if (table === undefined || table.rows === 0)
    throw problem(file.name, 0, 'rows of numbers', text.trim() === '' ? 'nothing but white space' : 'none')
  return { ...table, format: 'CSV' }
}

/** Whether the first row names the columns: it has a cell that says nothing where the second has a number or a date. */
function isHeader(first: readonly string[], second: readonly string[]): boolean {
  const says = (cell: string | undefined) => cell !== undefined && readTimestamp(cell, 'dmy') !== undefined
  const isNumber = (cell: string) => cell !== '' && Number.isFinite(Number(cell))
  if (!first.some((cell) => says(cell) || isNumber(cell))) return true
  return first.some((cell, k) => {
    const below = second[k] ?? ''
    return !says(cell) && !isNumber(cell) && cell !== '' && (says(below) || isNumber(below))
  })
}

async function parquetTable(bytes: Uint8Array, file: string): Promise<SeriesTable> {
  const { parquetMetadata, parquetReadObjects, parquetSchema } = await import('hyparquet')
  const { compressors } = await import('hyparquet-compressors')
  const buffer = bytes.slice().buffer
  try {
    const metadata = parquetMetadata(buffer)
    const names = parquetSchema(metadata).children.map(({ element }) => element.name)
    const rows = await parquetReadObjects({ file: buffer, metadata, compressors })
    if (rows.length === 0) throw problem(file, 0, 'rows of numbers', 'none')
    const value = (row: number, name: string) => {
      const cell: unknown = rows[row][name]
      return typeof cell === 'bigint' ? Number(cell) : cell
    }
    return { file, names, header: true, rows: rows.length, line: (row) => row + 1, value, format: 'Parquet' }
  } catch (error) {
    if (error instanceof Error && error.name === 'DataError') throw error
    const why = error instanceof Error ? error.message : String(error)
    throw problem(file, 0, 'a Parquet file', `one that cannot be read (${why})`)
  }
}
