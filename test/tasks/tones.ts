import type { Sound } from '../../src/codecs/index.js'
import { Random } from '../../src/random/index.js'
import type { TranscribeRow } from '../../src/tasks/index.js'

const sampleRate = 4000
/** What each letter sounds like, in Hz. */
const pitches: Readonly<Record<string, number>> = { a: 400, b: 800, c: 1300 }
const tone = 0.08
const pause = 0.03

/** Letters as short tones with pauses between them and a little noise: speech that a small network understands. */
export function toneOf(text: string, random: Random): Sound {
  const samples = (seconds: number) => Math.round(seconds * sampleRate)
  const pieces = [...text].flatMap((letter) => [
    ...Array.from({ length: samples(tone) }, (_, i) =>
      letter === ' ' ? 0 : 0.3 * Math.sin((2 * Math.PI * pitches[letter] * i) / sampleRate),
    ),
    ...new Array<number>(samples(pause)).fill(0),
  ])
  const noisy = pieces.map((sample) => sample + 0.01 * random.normal())
  return { sampleRate, channels: [Float32Array.from(noisy)] }
}

/** Words of one to three letters, spoken so. */
export function toneRows(count: number, seed = 1): TranscribeRow[] {
  const random = new Random(seed).split('tones')
  return Array.from({ length: count }, () => {
    const letters = Array.from({ length: 1 + random.integer(3) }, () => 'abc'[random.integer(3)])
    const text = letters.join('')
    return { input: toneOf(text, random), text }
  })
}

/** Settings for a network that learns this in seconds. */
export const smallTranscriber = {
  sound: { bands: 12 },
  text: { unit: 'characters' },
  model: { hiddenSize: 16, layers: 1, filters: 12, filterWidth: 3, dropout: 0 },
  train: { epochs: 12, batchSize: 8, learningRate: 0.01 },
  decode: { width: 4 },
} as const
