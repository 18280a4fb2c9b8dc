import { type Example, partOfWord } from './example.js'
import type { ExamplesByPart, FieldOptions, Format, Rows } from './format.js'
import { isObject, type JsonObject, tableOf } from './json-lines.js'
import { problem, shown, shownList } from './problem.js'
import { labelOf, readTable, textOf } from './table.js'

/**
 * A JSON document with labelled texts in one of the usual shapes: a list of objects or of [text, label] pairs; the same by
 * part (`{"train": […], "test": […]}`, as in CLINC150); Snips (`{"intents": {"Greet": {"utterances": […]}}}` or one file per
 * intent, `{"Greet": [{"data": […]}]}`); texts by label (`{"greet": ["hi", "hello"]}`); Rasa's JSON and the `tag`/`patterns`
 * lists of chatbot tutorials.
 */
export const json: Format = {
  name: 'json',
  title: 'JSON',
  extensions: ['json'],
  looksLike: (lines) => lines.length > 0 && /^\s*[[{]/.test(lines[0]),
  read: readJson,
}

function readJson(text: string, file: string, options: FieldOptions): Rows {
  const document = parseDocument(text, file)
  for (const shape of shapes) {
    const rows = shape(document, file, options)
    if (rows !== undefined) return rows
  }
  throw problem(
    file,
    0,
    'labelled texts in a known shape (a list of {"text", "label"} objects, Snips, Rasa, or texts by label)',
    shown(document),
  )
}

function parseDocument(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const position = /position (\d+)/.exec(message)
    const line = position === null ? 0 : text.slice(0, Number(position[1])).split('\n').length
    throw problem(file, line, 'a JSON document', message.slice(0, 200))
  }
}

/** Reads a document when it has this shape, or says that it has not. Tried in order. */
type Shape = (document: unknown, file: string, options: FieldOptions) => Rows | undefined

const shapes: readonly Shape[] = [list, byPart, rasa, tagsAndPatterns, snips, textsByLabel]

function list(document: unknown, file: string, options: FieldOptions): Rows | undefined {
  if (!Array.isArray(document)) return undefined
  if (document.length === 0) throw problem(file, 0, 'rows with a text and a label', 'an empty list')
  if (document.every(Array.isArray)) return { examples: { all: pairs(document, file, '') } }
  return readTable(
    tableOf(objectsOf(document, file), file, () => 0),
    options,
  )
}

function objectsOf(items: readonly unknown[], file: string): JsonObject[] {
  return items.map((item, index) => {
    if (!isObject(item))
      throw problem(`${file}: [${index}]`, 0, 'an object with a text and a label', shown(item))
    return item
  })
}

function pairs(items: readonly unknown[][], file: string, path: string): Example[] {
  return items.map((item, index) => {
    const [text, label] = [textOf(item[0]), labelOf(item[1])]
    if (text === undefined || label === undefined)
      throw problem(
        `${file}: ${path}[${index}]`,
        0,
        'a pair of a text and a label',
        item.map(shown).join(', ') || 'none',
      )
    return { text, label, file, line: 0 }
  })
}

/** `{"train": […], "val": […], "test": […]}`; other keys (out-of-scope texts, say) are left out, with a note. */
function byPart(document: unknown, file: string, options: FieldOptions): Rows | undefined {
  if (!isObject(document)) return undefined
  const keys = Object.keys(document).filter(
    (key) => partOfWord(key) !== undefined && Array.isArray(document[key]),
  )
  if (!keys.some((key) => partOfWord(key) === 'train')) return undefined
  const examples: ExamplesByPart = {}
  for (const key of keys) {
    const part = partOfWord(key)
    const rows = list(document[key], `${file}: ${key}`, options)
    if (part !== undefined && rows !== undefined)
      examples[part] = [...(examples[part] ?? []), ...(rows.examples.all ?? [])]
  }
  const others = Object.keys(document).filter((key) => !keys.includes(key))
  return { examples, notes: others.length > 0 ? [`${file}: left out ${shownList(others)}`] : [] }
}

function rasa(document: unknown, file: string): Rows | undefined {
  if (!isObject(document) || !isObject(document.rasa_nlu_data)) return undefined
  const items = document.rasa_nlu_data.common_examples
  if (!Array.isArray(items))
    throw problem(`${file}: rasa_nlu_data.common_examples`, 0, 'a list', shown(items))
  return readTable(
    tableOf(objectsOf(items, file), file, () => 0),
    { text: 'text', label: 'intent' },
  )
}

/** `{"intents": [{"tag": "greet", "patterns": ["hi", "hello"], "responses": […]}]}` */
function tagsAndPatterns(document: unknown, file: string): Rows | undefined {
  if (!isObject(document) || !Array.isArray(document.intents)) return undefined
  const examples: Example[] = []
  for (const [index, intent] of objectsOf(document.intents, `${file}: intents`).entries()) {
    const where = `${file}: intents[${index}]`
    const label = labelOf(intent.tag ?? intent.intent ?? intent.name)
    if (label === undefined) throw problem(where, 0, 'a label under "tag", "intent" or "name"', shown(intent))
    const texts = intent.patterns ?? intent.examples ?? intent.utterances ?? intent.text
    if (!Array.isArray(texts))
      throw problem(where, 0, 'a list of texts under "patterns", "examples" or "utterances"', shown(texts))
    for (const example of labelled(texts, label, file, `intents[${index}]`)) examples.push(example)
  }
  return { examples: { all: examples } }
}

/** Texts by intent, each in pieces: `{"Greet": {"utterances": [{"data": [{"text": "good "}, {"text": "morning"}]}]}}`. */
function snips(document: unknown, file: string): Rows | undefined {
  if (!isObject(document)) return undefined
  const intents = isObject(document.intents) ? document.intents : document
  const utterances = Object.entries(intents).map(([label, value]) => [label, utterancesOf(value)] as const)
  if (utterances.length === 0 || utterances.every(([, list]) => list === undefined)) return undefined
  const examples: Example[] = []
  for (const [label, items] of utterances) {
    if (items === undefined)
      throw problem(`${file}: ${label}`, 0, 'a list of utterances', shown(intents[label]))
    if (label.trim() === '') throw problem(file, 0, 'an intent with a name', shown(label))
    for (const [index, item] of items.entries()) {
      const text = joined(item)
      if (text === undefined)
        throw problem(
          `${file}: ${label}[${index}]`,
          0,
          'an utterance with pieces of text under "data"',
          shown(item),
        )
      examples.push({ text, label: label.trim(), file, line: 0 })
    }
  }
  return { examples: { all: examples } }
}

function utterancesOf(value: unknown): unknown[] | undefined {
  if (isObject(value) && Array.isArray(value.utterances)) return value.utterances
  return Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item) && 'data' in item)
    ? value
    : undefined
}

function joined(utterance: unknown): string | undefined {
  if (!isObject(utterance)) return textOf(utterance)
  if (!Array.isArray(utterance.data)) return textOf(utterance.text)
  const pieces = utterance.data.map((piece) => (isObject(piece) ? piece.text : piece))
  return pieces.every((piece) => typeof piece === 'string') ? textOf(pieces.join('')) : undefined
}

/** `{"greet": ["hi", "hello"], "bye": ["see you"]}` */
function textsByLabel(document: unknown, file: string): Rows | undefined {
  if (!isObject(document)) return undefined
  const entries = Object.entries(document)
  if (entries.length === 0 || !entries.every(([, value]) => Array.isArray(value))) return undefined
  if (!entries.some(([, value]) => Array.isArray(value) && typeof value[0] === 'string')) return undefined
  const examples = entries.flatMap(([label, value]) => {
    if (label.trim() === '') throw problem(file, 0, 'a label before its texts', shown(label))
    return labelled(Array.isArray(value) ? value : [], label.trim(), file, label)
  })
  return { examples: { all: examples } }
}

function labelled(texts: readonly unknown[], label: string, file: string, path: string): Example[] {
  return texts.map((value, index) => {
    const text = textOf(value)
    if (text === undefined) throw problem(`${file}: ${path}[${index}]`, 0, 'a text', shown(value))
    return { text, label, file, line: 0 }
  })
}
