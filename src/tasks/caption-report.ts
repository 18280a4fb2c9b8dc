import type { JsonObject } from '../formats/index.js'
import type { Evaluation } from './task.js'
import { scoreText, table } from './text-table.js'

/** An evaluation as text: scores, simple rules beside the first one, some captions. */
export function captionReport({ rows, scores, baselines, details }: Evaluation): string {
  const names = Object.keys(scores)
  const { signature, examples } = details as unknown as {
    readonly signature: string
    readonly examples: readonly {
      readonly picture: string
      readonly captions: readonly string[]
      readonly written: string
    }[]
  }
  const empty = names.slice(1).map(() => '')
  const beside = table([
    ['', ...names],
    ['this model', ...names.map((name) => scoreText(name, scores[name]))],
    ['of the most similar training picture', scoreText(names[0], baselines.nearestPicture), ...empty],
    ['always the most frequent caption', scoreText(names[0], baselines.mostFrequent), ...empty],
  ])
  const shown = examples.map(({ picture, captions, written }) => {
    const right = captions.includes(written) ? '' : `   (people: ${captions[0]})`
    return `  ${picture}\n    ${written}${right}`
  })
  return [
    `${rows.toLocaleString('en')} ${rows === 1 ? 'picture' : 'pictures'}\n${beside}`,
    `Some of them\n${shown.join('\n')}`,
    `BLEU's signature: ${signature}`,
  ].join('\n\n')
}

/** One line about a picture: its caption and the score. */
export function captionLine(answer: JsonObject): string {
  const { caption, score } = answer as { readonly caption: string; readonly score: number }
  return `${caption}   (${score.toFixed(2)})`
}
