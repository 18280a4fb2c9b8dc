import type { AttentionMap } from '../attention-map.js'
import { colourOf } from './colour-map.js'
import { shortened } from './labels.js'
import { box, headed, picture, text, textWidth } from './svg.js'

const widest = 900

/** What a decoder read of the source (columns) before it wrote each token of the target (rows): light where it read much. */
export function drawAttention(
  { source, target, weights }: AttentionMap,
  title = 'What was read for each token',
): string {
  const labels = target.map((token) => shortened(token, 18))
  const heads = source.map((token) => shortened(token, 18))
  const left = 24 + Math.max(...labels.map((label) => textWidth(label, 13)))
  const side = Math.max(10, Math.min(26, (widest - left) / source.length))
  const rise = Math.max(...heads.map((label) => textWidth(label, 13)))
  const width = Math.max(420, left + source.length * side + 24 + rise * 0.6)
  const head = headed(title, width)
  const top = head.bottom + 16 + rise * 0.85
  const cells = weights.flatMap((row, i) =>
    row.map((weight, j) =>
      box(left + j * side, top + i * side, side + 0.3, side + 0.3, {
        fill: colourOf(weight),
        tip: `“${target[i]}” read ${(100 * weight).toFixed(1)} % from “${source[j]}”`,
      }),
    ),
  )
  return picture(width, top + target.length * side + 14, title, [
    head.part,
    ...heads.map((label, j) => text(left + (j + 0.65) * side, top - 6, label, { turn: -55 })),
    ...labels.map((label, i) => text(left - 8, top + (i + 0.5) * side + 4, label, { anchor: 'end' })),
    ...cells,
  ])
}
