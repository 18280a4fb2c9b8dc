/** What a decoder looked at while it wrote: `weights[i][j]` is how much it read of source token j before it wrote target token i. */
export interface AttentionMap {
  /** The source's tokens as the text writes them, its end last. */
  readonly source: readonly string[]
  /** The target's tokens, its end last. */
  readonly target: readonly string[]
  /** A row per target token; each adds up to 1. */
  readonly weights: readonly (readonly number[])[]
}

const shades = [' ', '░', '▒', '▓', '█'] as const

/**
 * An attention map as text: a line per target token, a column per source token, darker where more was read. At the end of a line stands
 * the source token that was read most.
 *
 * ```ts
 * console.log(renderAttention(translation.attention))
 * ```
 */
export function renderAttention({ source, target, weights }: AttentionMap): string {
  const single = source.slice(0, -1).every((token) => [...token].length === 1)
  const columns = source.map((token) => (single ? 1 : Math.max(2, [...token].length)))
  const left = Math.max(...target.map((token) => [...shown(token)].length))
  const head = source.map((token, j) =>
    (single && j === source.length - 1 ? '⏎' : shown(token)).padEnd(columns[j]),
  )
  const gap = single ? '' : ' '
  const lines = weights.map((row, i) => {
    const cells = row.map((weight, j) => shadeOf(weight).repeat(columns[j]))
    return `${shown(target[i]).padStart(left)} │${cells.join(gap)}│ ${shown(source[row.indexOf(Math.max(...row))])}`
  })
  return [`${' '.repeat(left)}  ${head.join(gap)}`.trimEnd(), ...lines].join('\n')
}

function shadeOf(weight: number): string {
  return shades[Math.min(shades.length - 1, Math.floor(weight * shades.length))]
}

/** Blanks and control characters would not be seen, or would break the lines. */
function shown(token: string): string {
  return token.replace(/[\s\p{Cc}]/gu, '␣')
}
