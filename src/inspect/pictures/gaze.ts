import { checksum } from '../../codecs/crc32.js'
import type { GazeMap } from '../gaze-map.js'
import { colourOf } from './colour-map.js'
import { shortened } from './labels.js'
import { box, escaped, headed, ink, picture, round, text } from './svg.js'

/** The longer side of the image in the picture, and how many stand beside each other. */
const longest = 132
const perLine = 6
/** How dark it is where nothing was read. */
const dark = 0.82

/** An image once for each word: bright where the decoder looked before it wrote the word, dark elsewhere. Without the image the weights alone. */
export function drawGaze(map: GazeMap, title = 'What was looked at for each word'): string {
  const { words, rows, columns, weights, image } = map
  const [down, across] = image ? [image.height, image.width] : [rows, columns]
  const scale = longest / Math.max(down, across)
  const [width, height] = [across * scale, down * scale]
  const step = { x: Math.max(width, 84) + 16, y: height + 40 }
  const whole = Math.max(420, 14 + Math.min(perLine, weights.length) * step.x)
  const head = headed(title, whole)
  // several pictures may stand on one page
  const id = image && `looked-at-${checksum(new TextEncoder().encode(image.uri))}`
  const lines = Math.ceil(weights.length / perLine)
  const tiles = weights.flatMap((list, k) => {
    const x = 14 + (k % perLine) * step.x
    const y = head.bottom + 18 + Math.floor(k / perLine) * step.y
    const most = Math.max(...list)
    return [
      ...(image ? [`<use href="#${id}" x="${round(x)}" y="${round(y)}"/>`] : []),
      ...list.map((weight, region) =>
        box(
          x + ((region % columns) * width) / columns,
          y + (Math.floor(region / columns) * height) / rows,
          width / columns + 0.2,
          height / rows + 0.2,
          {
            ...(image
              ? { fill: '#000000', opacity: round2(dark * (1 - weight / most)) }
              : { fill: colourOf(weight / most) }),
            tip: `“${words[k]}” read ${(100 * weight).toFixed(1)} % here`,
          },
        ),
      ),
      box(x, y, width, height, { fill: 'none', stroke: ink.line }),
      text(x + width / 2, y + height + 16, shortened(words[k] ?? '', 16), { anchor: 'middle' }),
    ]
  })
  const shown = image
    ? [
        `<defs><image id="${id}" width="${round(width)}" height="${round(height)}" preserveAspectRatio="none" style="image-rendering: pixelated" href="${escaped(image.uri)}"/></defs>`,
      ]
    : []
  return picture(whole, head.bottom + 18 + lines * step.y, title, [head.part, ...shown, ...tiles])
}

function round2(value: number): number {
  return Math.round(100 * value) / 100
}
