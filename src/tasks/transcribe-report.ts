import type { JsonObject } from '../formats/index.js'
import type { Evaluation } from './task.js'
import { scoreText, table } from './text-table.js'

/** An evaluation as text: error rates with and without a search, simple rules beside them, some rows with their errors. */
export function transcribeReport({ rows, scores, baselines, details }: Evaluation): string {
  const names = Object.keys(scores)
  const { width, greedy, examples } = details as unknown as {
    readonly width: number
    readonly greedy: Readonly<Record<string, number>>
    readonly examples: readonly { text: string; written: string; alignment?: string }[]
  }
  const empty = names.slice(1).map(() => '')
  const row = (title: string, values: Readonly<Record<string, number>>) => [
    title,
    ...names.map((name) => scoreText(name, values[name])),
  ]
  const beside = table([
    ['', ...names],
    row(width > 1 ? `this model, search of width ${width}` : 'this model', scores),
    ...(width > 1 ? [row('without a search (width 1)', greedy)] : []),
    ['always the most frequent text', scoreText(names[0], baselines.mostFrequent), ...empty],
    ['no text at all', scoreText(names[0], baselines.silence), ...empty],
  ])
  const shown = examples.map(({ text, written, alignment }) =>
    alignment === undefined
      ? `  ${text}`
      : `  ${alignment.replaceAll('\n', '\n  ')}${written === '' ? ' (nothing)' : ''}`,
  )
  return `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}\n${beside}\n\nSome of them\n${shown.join('\n')}`
}

/** One line about a signal: its transcript. */
export function transcribeLine(answer: JsonObject): string {
  const { transcript } = answer as { readonly transcript: string }
  return transcript === '' ? '(nothing)' : transcript
}
