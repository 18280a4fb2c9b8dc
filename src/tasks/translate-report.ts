import type { JsonObject } from '../formats/index.js'
import type { Evaluation } from './task.js'
import { scoreText, table } from './text-table.js'

/** An evaluation as text: scores, simple rules beside the first one, some translations. */
export function translateReport({ rows, scores, baselines, details }: Evaluation): string {
  const names = Object.keys(scores)
  const { signature, examples } = details as unknown as {
    readonly signature: string
    readonly examples: readonly {
      readonly source: string
      readonly target: string
      readonly written: string
    }[]
  }
  const empty = names.slice(1).map(() => '')
  const beside = table([
    ['', ...names],
    ['this model', ...names.map((name) => scoreText(name, scores[name]))],
    ['the source itself', scoreText(names[0], baselines.copy), ...empty],
    ['always the most frequent target', scoreText(names[0], baselines.mostFrequent), ...empty],
  ])
  const shown = examples.map(
    ({ source, target, written }) =>
      `  ${source}\n    ${written}${written === target ? '' : `   (not: ${target})`}`,
  )
  return [
    `${rows.toLocaleString('en')} ${rows === 1 ? 'pair' : 'pairs'}\n${beside}`,
    `Some of them\n${shown.join('\n')}`,
    `BLEU's signature: ${signature}`,
  ].join('\n\n')
}

/** One line about a text: its translation and the score. */
export function translateLine(answer: JsonObject): string {
  const { translation, score } = answer as { readonly translation: string; readonly score: number }
  return `${translation}   (${score.toFixed(2)})`
}
