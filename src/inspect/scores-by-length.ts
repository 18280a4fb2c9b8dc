import type { LengthBin } from '../metrics/by-length.js'

/** A score against the length of the source, for one or several models on the same rows: plain numbers for JSON and for the pictures. */
export interface LengthScores {
  /** What the score is called: `BLEU`. */
  readonly metric: string
  /** What lengths count: `words`. */
  readonly unit: string
  readonly models: readonly LengthCourse[]
}

/** The scores of one model. */
export interface LengthCourse {
  readonly title: string
  /** Over all rows. */
  readonly score: number
  /** The same bounds for every model. */
  readonly bins: readonly LengthBin[]
}

/** A bin's bounds: `6–10`, `7`. */
export function boundsOf({ from, to }: Pick<LengthBin, 'from' | 'to'>): string {
  return from === to ? String(from) : `${from}–${to}`
}

/**
 * Scores against length as text: a line per bin with the number of its rows, and for each model the score, its 95 % interval and a bar.
 *
 * ```ts
 * console.log(renderScoresByLength({ metric: 'BLEU', unit: 'words', models: [{ title: 'attention', score: 31.2, bins }] }))
 * ```
 */
export function renderScoresByLength({ metric, unit, models }: LengthScores): string {
  const [{ bins }] = models
  const most = Math.max(...models.flatMap((model) => model.bins.map(({ score }) => score)), 1e-9)
  const interval = ({ low, high }: LengthBin) =>
    low === undefined || high === undefined ? '' : ` (${low.toFixed(1)} to ${high.toFixed(1)})`
  const cellOf = (bin: LengthBin) =>
    `${bin.score.toFixed(1).padStart(5)}${interval(bin).padEnd(18)} ${bar(bin.score / most, 12)}`
  const left = bins.map((bin) => [boundsOf(bin), bin.rows.toLocaleString('en')])
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0)
  const columns = models.map(({ title, score, bins: own }) => [
    title,
    ...own.map(cellOf),
    score.toFixed(1).padStart(5),
  ])
  const lines = [
    [unit, 'rows', ...columns.map(([title]) => title)],
    ...left.map((cells, place) => [...cells, ...columns.map((column) => column[place + 1])]),
    ['all', rows.toLocaleString('en'), ...columns.map((column) => column[column.length - 1])],
  ]
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => [...line[column]].length)))
  const written = lines.map((line) =>
    line
      .map((cell, column) => (column === 1 ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd(),
  )
  return [`${metric} by the length of the source, in ${unit}`, ...written.map((line) => `  ${line}`)].join(
    '\n',
  )
}

function bar(share: number, width: number): string {
  return '█'.repeat(Math.round(Math.max(0, Math.min(1, share)) * width)).padEnd(width)
}
