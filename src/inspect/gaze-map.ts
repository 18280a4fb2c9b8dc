import { columnsOf, cutTo, paddedTo } from './columns.js'

/** An image that a picture can hold. */
export interface EmbeddedImage {
  readonly width: number
  readonly height: number
  /** A `data:` address. */
  readonly uri: string
}

/** Where a decoder looked in an image before it wrote each word. */
export interface GazeMap {
  /** What was written, the end last. */
  readonly words: readonly string[]
  /** The regions of the image: so many down and across. */
  readonly rows: number
  readonly columns: number
  /** For each word how much was read of each region, line by line; each list adds up to 1. */
  readonly weights: readonly (readonly number[])[]
  /** What was looked at, where it is to be shown. */
  readonly image?: EmbeddedImage
}

const shades = [' ', '░', '▒', '▓', '█'] as const

/**
 * A gaze map as text: a small grid for each word, full where most was read, as many beside each other as `width` has room for.
 *
 * ```ts
 * console.log(renderGaze(caption.attention))
 * ```
 */
export function renderGaze(map: GazeMap, { width = 80 }: { readonly width?: number } = {}): string {
  const { words, rows, columns, weights } = map
  const each = Math.max(1, Math.min(2, Math.floor((width - 2) / columns)))
  const side = Math.max(6, Math.min(columns * each, width - 2)) + 2
  const perLine = Math.max(1, Math.floor(width / (side + 1)))
  const tiles = weights.map((list, k) => tileOf(words[k] ?? '', list, { rows, columns, each, side }))
  const blocks: string[] = []
  for (let first = 0; first < tiles.length; first += perLine) {
    const together = tiles.slice(first, first + perLine)
    blocks.push(
      together[0]
        .map((_, line) =>
          together
            .map((tile) => tile[line])
            .join(' ')
            .trimEnd(),
        )
        .join('\n'),
    )
  }
  return blocks.join('\n')
}

function tileOf(
  word: string,
  weights: readonly number[],
  { rows, columns, each, side }: { rows: number; columns: number; each: number; side: number },
): string[] {
  const most = Math.max(...weights, Number.MIN_VALUE)
  const label = cutTo(side, word.replace(/[\s\p{Cc}]/gu, '␣'))
  const edge = '─'.repeat(columns * each)
  const line = (row: number) =>
    Array.from({ length: columns }, (_, column) => {
      const share = weights[row * columns + column] / most
      return shades[Math.min(shades.length - 1, Math.floor(share * shades.length))].repeat(each)
    }).join('')
  const tile = [
    label,
    `┌${edge}┐`,
    ...Array.from({ length: rows }, (_, row) => `│${line(row)}│`),
    `└${edge}┘`,
  ]
  return tile.map((text) => paddedTo(Math.max(side, columnsOf(text)), text))
}
