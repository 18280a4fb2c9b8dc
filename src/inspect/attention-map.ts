import { columnsOf, cutTo, paddedTo } from './columns.js'

/** What a decoder looked at while it wrote: `weights[i][j]` is how much it read of source token j before it wrote target token i. */
export interface AttentionMap {
  /** The source's tokens as the text writes them, its end last where it has one. */
  readonly source: readonly string[]
  /** The target's tokens, its end last. */
  readonly target: readonly string[]
  /** A row per target token; each adds up to 1. */
  readonly weights: readonly (readonly number[])[]
}

const shades = [' ', '░', '▒', '▓', '█'] as const

/**
 * An attention map as text: a line per target token, a column per source token, darker where more was read. At the end of a line stands
 * the source token that was read most. With `width` columns are made narrower, and neighbours put together, until the lines fit.
 *
 * ```ts
 * console.log(renderAttention(translation.attention))
 * ```
 */
export function renderAttention(
  { source, target, weights }: AttentionMap,
  { width = Number.POSITIVE_INFINITY }: { readonly width?: number } = {},
): string {
  const longest = Math.max(6, Math.min(18, Math.floor(width / 5)))
  const labels = target.map((token) => cutTo(longest, shown(token)))
  const read = weights.map((row) => cutTo(longest, shown(source[row.indexOf(Math.max(...row))])))
  const left = widest(labels)
  const { names, columns, gap, each } = layoutOf(source, width - left - widest(read) - 4)
  const head = names.map((name, j) => paddedTo(columns[j], name))
  const lines = weights.map((row, i) => {
    const cells = columns.map((column, j) => {
      const most = Math.max(...row.slice(j * each, (j + 1) * each))
      return shadeOf(most).repeat(column)
    })
    return `${paddedTo(left, labels[i], 'before')} │${cells.join(gap)}│ ${read[i]}`
  })
  const above = head.join(gap).trimEnd()
  return [...(above === '' ? [] : [`${' '.repeat(left)}  ${above}`]), ...lines].join('\n')
}

/** The columns of a map in so much room: as wide as their names, else all alike, else several source tokens in one. */
function layoutOf(source: readonly string[], room: number) {
  const isEnd = (j: number) => j === source.length - 1 && source[j] === '</s>'
  const single = source.every((token, j) => isEnd(j) || [...token].length === 1)
  if (single) {
    const names = source.map((token, j) => (isEnd(j) ? '⏎' : shown(token)))
    const columns = names.map(columnsOf)
    if (columns.reduce((sum, column) => sum + column, 0) <= room) return { names, columns, gap: '', each: 1 }
  }
  const names = source.map(shown)
  const natural = names.map((name) => Math.max(2, columnsOf(name)))
  if (natural.reduce((sum, column) => sum + column + 1, -1) <= room)
    return { names, columns: natural, gap: ' ', each: 1 }
  const each = Math.max(1, Math.ceil(source.length / Math.max(1, room)))
  const count = Math.ceil(source.length / each)
  const column = Math.max(1, Math.floor((room + 1) / count) - 1)
  const gap = (column + 1) * count - 1 <= room ? ' ' : ''
  // one letter names nothing
  const heads = names.flatMap((name, j) => (j % each > 0 ? [] : [column < 3 ? '' : cutTo(column, name)]))
  return { names: heads, columns: heads.map(() => column), gap, each }
}

function widest(labels: readonly string[]): number {
  return Math.max(...labels.map(columnsOf))
}

function shadeOf(weight: number): string {
  return shades[Math.min(shades.length - 1, Math.floor(weight * shades.length))]
}

/** Blanks and control characters would not be seen, or would break the lines; a mark alone would stand on the token before. */
function shown(token: string): string {
  return token.replace(/[\s\p{Cc}]/gu, '␣').replace(/^\p{M}/u, '◌$&')
}
