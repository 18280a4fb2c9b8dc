import type { Example } from './example.js'
import type { Format, Rows } from './format.js'
import { problem, shown } from './problem.js'

/**
 * Rasa's training data in YAML: the examples of each intent, entity annotations reduced to the words they annotate.
 *
 * @example
 * nlu:
 *   - intent: ask_weather
 *     examples: |
 *       - what is the weather in [Berlin](city)?
 */
export const rasaYaml: Format = {
  name: 'rasa',
  title: 'Rasa NLU YAML',
  extensions: ['yml', 'yaml'],
  looksLike: (lines) => lines.some((line) => /^nlu:\s*$/.test(line)),
  foreign: (text) => !/^nlu:/m.test(text), // stories, rules, domain and configuration are YAML too
  read: readRasa,
}

/**
 * An annotated example without its marks: `[Berlin](city)` and `[Berlin]{"entity": "city"}` are `Berlin`.
 *
 * No character class holds the mark it begins with, so that a line of unclosed brackets costs linear time.
 */
export function withoutEntities(text: string): string {
  return text.replace(/\[([^[\]]+)\](?:\([^()]*\)|\{[^{}]*\}(?:\[[^[\]]*\])?)/g, '$1')
}

type Yaml = typeof import('yaml')

async function readRasa(text: string, file: string): Promise<Rows> {
  const yaml = await loadYaml(file)
  const counter = new yaml.LineCounter()
  const document = parse(yaml, text, file, counter)
  const nlu = document.get('nlu')
  if (!yaml.isSeq(nlu))
    throw problem(file, 1, 'a list under "nlu:"', yaml.isNode(nlu) ? 'something else' : 'none')
  const examples: Example[] = []
  for (const item of nlu.items) {
    const line = yaml.isNode(item) && item.range ? counter.linePos(item.range[0]).line : 0
    if (!yaml.isMap(item))
      throw problem(file, line, 'an entry such as "intent: greet" in the list "nlu:"', 'something else')
    const intent = item.get('intent')
    if (intent === undefined) continue // synonyms, lookup tables and regular expressions carry no intent
    if (typeof intent !== 'string' || intent.trim() === '')
      throw problem(file, line, 'an intent with a name', shown(intent))
    const list = item.get('examples', true)
    for (const found of examplesOf(yaml, list, intent.trim(), { file, line, counter })) examples.push(found)
  }
  return { examples: { all: examples } }
}

async function loadYaml(file: string): Promise<Yaml> {
  try {
    return await import('yaml')
  } catch {
    throw problem(file, 0, 'the package yaml, which reads YAML files', 'no such package')
  }
}

function parse(yaml: Yaml, text: string, file: string, lineCounter: InstanceType<Yaml['LineCounter']>) {
  let document: ReturnType<Yaml['parseDocument']>
  refuseDeepNesting(yaml, text, file)
  try {
    document = yaml.parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' })
  } catch (error) {
    throw problem(file, 0, 'a YAML document', error instanceof Error ? error.message : String(error))
  }
  const [error] = document.errors
  if (error !== undefined)
    throw problem(
      file,
      lineCounter.linePos(error.pos[0]).line,
      'a YAML document',
      error.message.slice(0, 200),
    )
  if (!yaml.isMap(document.contents))
    throw problem(file, 1, 'a map with the key "nlu:"', shown(text.trim().split('\n')[0]))
  return document
}

const DEEPEST = 100

/**
 * The library composes nodes recursively, and V8 may end the whole process (not throw) when a regular expression is compiled
 * with the stack nearly full; so flow collections and compact `- - -` nesting are counted before it starts.
 */
function refuseDeepNesting(yaml: Yaml, text: string, file: string): void {
  let flow = 0
  let compact = 0
  let line = 1
  for (const lexeme of new yaml.Lexer().lex(text)) {
    const type = yaml.CST.tokenType(lexeme)
    if (type === 'flow-seq-start' || type === 'flow-map-start') flow++
    else if (type === 'flow-seq-end' || type === 'flow-map-end') flow--
    else if (type === 'seq-item-ind' || type === 'explicit-key-ind') compact++
    else if (type === 'newline') compact = 0
    for (let at = lexeme.indexOf('\n'); at >= 0; at = lexeme.indexOf('\n', at + 1)) line++
    if (flow + compact > DEEPEST)
      throw problem(file, line, `at most ${DEEPEST} collections inside one another`, 'more')
  }
}

interface Place {
  readonly file: string
  readonly line: number
  readonly counter: InstanceType<Yaml['LineCounter']>
}

/** The examples of an intent: a block of lines that begin with `- `, or a list of texts or of `{ text }` maps. */
function examplesOf(yaml: Yaml, node: unknown, label: string, place: Place): Example[] {
  const { file, counter } = place
  const start = yaml.isNode(node) && node.range ? counter.linePos(node.range[0]).line : place.line
  if (yaml.isScalar(node) && typeof node.value === 'string') {
    const first = node.type === 'BLOCK_LITERAL' ? start + 1 : start
    return node.value.split('\n').flatMap((row, index) => fromLine(row, label, file, first + index))
  }
  if (!yaml.isSeq(node))
    throw problem(
      file,
      start,
      `examples of the intent "${label}"`,
      node === undefined ? 'none' : 'something else',
    )
  return node.items.map((item) => {
    const line = yaml.isNode(item) && item.range ? counter.linePos(item.range[0]).line : start
    const value: unknown = yaml.isMap(item) ? item.get('text') : yaml.isScalar(item) ? item.value : undefined
    if (typeof value !== 'string') throw problem(file, line, 'a text', shown(value))
    return example(value.replace(/^\s*- /, ''), label, file, line)
  })
}

function fromLine(row: string, label: string, file: string, line: number): Example[] {
  const trimmed = row.trim()
  if (trimmed === '' || trimmed.startsWith('#')) return []
  if (trimmed !== '-' && !trimmed.startsWith('- '))
    throw problem(file, line, 'an example that begins with "- "', shown(trimmed))
  return [example(trimmed.slice(1), label, file, line)]
}

function example(marked: string, label: string, file: string, line: number): Example {
  const text = withoutEntities(marked).trim()
  if (text === '') throw problem(file, line, `a text for the intent "${label}"`, 'an empty text')
  return { text, label, file, line }
}
