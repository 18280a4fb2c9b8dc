import { linesOf } from './decode.js'
import { isObject, type JsonObject } from './json-lines.js'
import { problem, shown } from './problem.js'
import { exampleOfSpans, type TaggedExample, type TaggedRows, type TextSpan } from './tagged.js'
import type { Words } from './words.js'

/**
 * Reads texts with spans, a JSON value per line, as annotation tools export them:
 *
 * - spaCy: `{"text": "…", "entities": [[0, 5, "PER"]]}` or `["…", {"entities": [[0, 5, "PER"]]}]`
 * - Prodigy and spaCy's objects: `{"text": "…", "spans": [{"start": 0, "end": 5, "label": "PER"}]}`
 * - Doccano: `{"text": "…", "label": [[0, 5, "PER"]]}` (also `labels`) or `"entities": [{"start_offset": 0, "end_offset": 5, "label": "PER"}]`
 *
 * Offsets count code points, as Python does. Texts are cut into words; a span that ends inside a word is widened to it, and a
 * note says how many were. Intents are read from `intent` and, where it is a text, `label`.
 *
 * Throws `DataError` (`file:line`) for lines of another shape, spans outside the text and spans that overlap.
 */
export function readSpanLines(text: string, file: string, words: Words): TaggedRows {
  const examples: TaggedExample[] = []
  let widened = 0
  for (const [index, line] of linesOf(text).entries()) {
    if (line.trim() === '') continue
    const source = recordOf(line, file, index + 1)
    const found = exampleOfSpans({ ...source.head, file, line: index + 1 }, source.spans, words)
    examples.push(found.example)
    widened += found.widened
  }
  if (examples.length === 0) throw problem(file, 0, 'texts with spans', 'none')
  const notes =
    widened === 0
      ? []
      : [`${file}: ${widened} spans begin or end inside a word and were widened to whole words`]
  return { examples, title: 'JSON lines with spans', notes }
}

const SHAPE = '{"text": "…", "entities": [[0, 5, "PER"]]}'
const keys = ['entities', 'spans', 'labels', 'label']

function recordOf(line: string, file: string, number: number) {
  const fail = (found: unknown) => problem(file, number, `a text with spans such as ${SHAPE}`, shown(found))
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw fail(line.trim())
  }
  const record = Array.isArray(value) && isObject(value[1]) ? { text: value[0], ...value[1] } : value
  if (!isObject(record)) throw fail(value)
  const text = record.text ?? record.data
  const spans = keys.map((key) => record[key]).find(Array.isArray)
  if (typeof text !== 'string' || text.trim() === '' || spans === undefined) throw fail(value)
  const label = record.intent ?? record.label
  return {
    head: { text, ...(typeof label === 'string' && label.trim() !== '' && { label: label.trim() }) },
    spans: spansOf(text, spans, file, number),
  }
}

function spansOf(text: string, items: readonly unknown[], file: string, number: number): TextSpan[] {
  const units = unitsOf(text)
  return items.map((item) => {
    const [start, end, type] = Array.isArray(item) ? item : isObject(item) ? partsOf(item) : []
    if (typeof type !== 'string' || type.trim() === '')
      throw problem(file, number, 'spans such as [0, 5, "PER"]', shown(item))
    const [begin, after] = [units[Number(start)], units[Number(end)]]
    if (!Number.isInteger(start) || !Number.isInteger(end) || !(begin < after))
      throw problem(
        file,
        number,
        `a span inside the ${units.length - 1} characters of the text`,
        `${shown(start)} to ${shown(end)}`,
      )
    return { type: type.trim(), start: begin, end: after }
  })
}

function partsOf(item: JsonObject): unknown[] {
  return [item.start ?? item.start_offset, item.end ?? item.end_offset, item.label ?? item.type]
}

/** Where each code point begins in UTF-16, and the end. */
function unitsOf(text: string): number[] {
  const units = [0]
  for (const character of text) units.push((units.at(-1) ?? 0) + character.length)
  return units
}

/** Whether the first line that is not blank is a text with spans. */
export function looksLikeSpans([line = '']: readonly string[]): boolean {
  if (!/^\s*[[{]/.test(line)) return false
  try {
    recordOf(line, '', 0)
    return true
  } catch {
    return false
  }
}
