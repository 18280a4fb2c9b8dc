/** A share as `97.5 %`. */
export function percent(share: number | null): string {
  return share === null || Number.isNaN(share) ? '-' : `${(share * 100).toFixed(1)} %`
}

/** Scores that count from 0 to 100. */
const POINTS: readonly string[] = ['bleu', 'chrf']
/** Scores that are no shares. */
const NUMBERS: readonly string[] = [
  'loss',
  'nll',
  'perplexity',
  'natsPerCharacter',
  'bitsPerCharacter',
  'rmse',
  'falseAcceptsPerHour',
  'latency',
  'latency95',
]

/** A score for people, by its name: a share in percent, points with one digit behind the point, losses with four. */
export function scoreText(name: string, value: number | null): string {
  if (value === null || Number.isNaN(value)) return '-'
  if (POINTS.includes(name)) return value.toFixed(1)
  return NUMBERS.includes(name) ? value.toFixed(4) : percent(value)
}

/** Rows as a table with aligned columns, the first row its head: text to the left, numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[], indent = '  '): string {
  const texts = rows.map((row) => row.map(String))
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...texts.map((row) => (row[column] ?? '').length)),
  )
  const numeric = widths.map((_, column) => texts.slice(1).every((row) => isNumber(row[column] ?? '')))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
  return texts.map((row) => `${indent}${line(row)}`.trimEnd()).join('\n')
}

/** A horizontal bar of `width` characters filled to `share`. */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.max(0, Math.min(1, share)) * width)
  return '█'.repeat(filled) + '·'.repeat(width - filled)
}

function isNumber(cell: string): boolean {
  return /^(-|-?[\d.,]+( %)?)$/.test(cell)
}
