import { namesColumns, type Table } from './columns.js'
import { linesOf } from './decode.js'
import type { FieldOptions, Format, Rows } from './format.js'
import { problem, shown } from './problem.js'
import { readTable } from './table.js'

/** A JSON object whose values are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a JSON value is an object. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * One JSON object per line, with the text and the label under any of their common keys.
 *
 * @example
 * {"text": "What time is it?", "label": "ask_time"}
 * {"text": "Set an alarm", "label": "set_alarm"}
 */
export const jsonLines: Format = {
  name: 'jsonl',
  title: 'JSON lines',
  extensions: ['jsonl', 'ndjson', 'json'],
  looksLike: ([first, second]) => {
    const object = objectIn(first)
    return object !== undefined && (second === undefined ? isRow(object) : objectIn(second) !== undefined)
  },
  read: readJsonLines,
}

function objectIn(line = ''): JsonObject | undefined {
  if (!line.trimStart().startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether a lone object is one row rather than a document written on one line. */
function isRow(object: JsonObject): boolean {
  const plain = Object.values(object).filter((value) => typeof value !== 'object')
  return (
    plain.length > 0 && (plain.length === Object.keys(object).length || namesColumns(Object.keys(object)))
  )
}

function readJsonLines(text: string, file: string, options: FieldOptions): Rows {
  const objects: JsonObject[] = []
  const places: number[] = []
  for (const [index, line] of linesOf(text).entries()) {
    if (line.trim() === '') continue
    objects.push(parseLine(line, file, index + 1))
    places.push(index + 1)
  }
  return readTable(
    tableOf(objects, file, (row) => places[row]),
    options,
  )
}

function parseLine(line: string, file: string, number: number): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw problem(file, number, 'a JSON object such as {"text": "…", "label": "…"}', shown(line.trim()))
  }
  if (!isObject(value))
    throw problem(file, number, 'a JSON object such as {"text": "…", "label": "…"}', shown(value))
  return value
}

/** Objects as a table; the names of its columns are the keys of the first hundred, in order of appearance. */
export function tableOf(objects: readonly JsonObject[], file: string, line: (row: number) => number): Table {
  const names = [...new Set(objects.slice(0, 100).flatMap((object) => Object.keys(object)))]
  return {
    file,
    names,
    header: true,
    rows: objects.length,
    line,
    value: (row, name) => (Object.hasOwn(objects[row], name) ? objects[row][name] : undefined),
  }
}
