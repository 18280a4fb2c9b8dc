import type { Image } from '../../src/codecs/index.js'
import { Random } from '../../src/random/index.js'
import type { TranscribeRow } from '../../src/tasks/index.js'

/** Four characters of five rows of pixels. */
const glyphs: Readonly<Record<string, readonly string[]>> = {
  L: ['#..', '#..', '#..', '#..', '###'],
  T: ['###', '.#.', '.#.', '.#.', '.#.'],
  O: ['###', '#.#', '#.#', '#.#', '###'],
  I: ['#', '#', '#', '#', '#'],
}

/** A line of print, dark on light, with margins and noise that are never the same. */
function printed(text: string, random: Random): Image {
  const columns = [...text].flatMap((letter) => {
    const rows = glyphs[letter]
    const gap = 1 + random.integer(2)
    return [
      ...Array.from({ length: rows[0].length }, (_, x) => rows.map((row) => row[x] === '#')),
      ...Array.from({ length: gap }, () => rows.map(() => false)),
    ]
  })
  const top = random.integer(3)
  const [width, height] = [columns.length + 2, 8]
  const data = Float32Array.from({ length: width * height }, () => 0.9 - 0.1 * random.uniform())
  for (const [x, column] of columns.entries())
    for (const [y, ink] of column.entries()) if (ink) data[(y + top) * width + x + 1] = 0.1 * random.uniform()
  return { width, height, channels: 1, data }
}

/** Lines of one to five characters. */
export function printedRows(count: number, seed = 1): TranscribeRow[] {
  const random = new Random(seed).split('print')
  return Array.from({ length: count }, () => {
    const letters = Array.from({ length: 1 + random.integer(5) }, () => 'LTOI'[random.integer(4)])
    const text = letters.join('')
    return { input: printed(text, random), text }
  })
}

/** Settings for a network that learns to read them in seconds. */
export const smallPrint = {
  picture: { height: 8 },
  text: { unit: 'characters' },
  model: { hiddenSize: 24, layers: 1, filters: 16, filterWidth: 3, stride: 1, dropout: 0 },
  train: { epochs: 20, batchSize: 8, learningRate: 0.01 },
} as const
