import { linesOf } from './decode.js'
import type { Example } from './example.js'
import type { Format, Rows } from './format.js'
import { problem, shown } from './problem.js'

const PREFIX = '__label__'

/**
 * fastText's lines: one or more `__label__x`, then the text. Several labels are joined by `#`.
 *
 * @example
 * __label__ask_time what time is it
 */
export const prefixedLines: Format = {
  name: 'fasttext',
  title: '__label__ lines',
  extensions: ['ft', 'fasttext'],
  looksLike: (lines) => lines.length > 0 && lines.every((line) => line.trimStart().startsWith(PREFIX)),
  read: (text, file) => readLines(text, file, fromPrefixed),
}

/**
 * A label, a blank, the text (as in the files of the Stanford Sentiment Treebank that are in use for sentence classification).
 *
 * @example
 * 1 a stirring , funny and finally transporting re-imagining of beauty and the beast
 */
export const labelFirstLines: Format = {
  name: 'lines',
  title: 'label, blank, text',
  extensions: [],
  looksLike: startsWithLabels,
  read: (text, file) => readLines(text, file, fromLabelFirst),
}

function readLines(
  text: string,
  file: string,
  read: (line: string, file: string, number: number) => Example,
): Rows {
  const examples: Example[] = []
  for (const [index, line] of linesOf(text).entries())
    if (line.trim() !== '') examples.push(read(line.trim(), file, index + 1))
  return { examples: { all: examples } }
}

function fromPrefixed(line: string, file: string, number: number): Example {
  const labels: string[] = []
  let rest = line
  while (rest.startsWith(PREFIX)) {
    const [label, text] = atBlank(rest)
    labels.push(label.slice(PREFIX.length))
    rest = text
  }
  if (labels.length === 0 || labels.includes(''))
    throw problem(file, number, `a label such as ${PREFIX}greet`, shown(line))
  if (rest === '') throw problem(file, number, `a text after ${shown(line)}`, 'an empty text')
  return { text: rest, label: labels.join('#'), file, line: number }
}

function fromLabelFirst(line: string, file: string, number: number): Example {
  const [label, text] = atBlank(line)
  if (text === '') throw problem(file, number, 'a label, a blank and a text', shown(line))
  return { text, label, file, line: number }
}

/** A trimmed line cut at its first run of white space. */
function atBlank(line: string): [string, string] {
  const at = line.search(/\s/)
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at).trimStart()]
}

/**
 * Whether the first words of the lines are labels rather than language: few, repeated, and numbers or words that the texts
 * themselves do not use.
 */
function startsWithLabels(lines: readonly string[]): boolean {
  const cut = lines.map((line) => atBlank(line.trim().slice(0, 2000)))
  if (cut.length < 2 || cut.some(([, text]) => text === '')) return false
  const labels = new Set(cut.map(([label]) => label))
  if ([...labels].every((label) => /^[-+]?\d+$/.test(label)))
    return labels.size === 1 || labels.size * 2 <= Math.max(4, cut.length)
  if (labels.size * 4 > cut.length) return false
  const words = new Set(cut.flatMap(([, text]) => text.split(/\s+/)))
  return [...labels].filter((label) => words.has(label)).length * 2 <= labels.size
}
