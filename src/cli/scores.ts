import type { Run } from '../tasks/run.js'
import { scoreText, table } from '../tasks/text-table.js'
import { paint, print } from './terminal.js'

/** The result of a training in one table: each part's scores, the headline score of simple rules beside them. */
export function printScores({ scores, summary }: Run): void {
  const parts = Object.entries(scores)
  if (parts.length === 0) {
    print('No rows were held out, so there are no scores.')
    return
  }
  const [headline] = Object.keys(parts[0][1].scores)
  const others = Object.keys(parts[0][1].baselines)
  const head = ['', 'rows', headline, ...others.map((name) => `(${name})`)]
  const rows = parts.map(([part, { rows, scores, baselines }]) => [
    part,
    rows.toLocaleString('en'),
    scoreText(headline, scores[headline]),
    ...others.map((name) => scoreText(headline, baselines[name])),
  ])
  print(paint.bold(`Scores after ${summary.seconds.toFixed(1)} seconds (in brackets: simple rules)`))
  print(table([head, ...rows]))
}
