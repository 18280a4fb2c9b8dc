import type { Sound } from '../../src/codecs/index.js'
import { Random } from '../../src/random/index.js'
import type { TriggerRow } from '../../src/tasks/trigger-rows.js'

// Sounds made here: the "word" is a tone that rises, other "words" are tones that fall or stay, and noise.
const sampleRate = 8000

/** A tone from one frequency to another that swells and fades, with silence around it. */
function tone(from: number, to: number, seconds: number, random: Random): Float32Array {
  const length = Math.round(seconds * sampleRate)
  const silence = Math.round((0.02 + 0.05 * random.uniform()) * sampleRate)
  const samples = new Float32Array(length + 2 * silence)
  let phase = 0
  for (let i = 0; i < length; i++) {
    phase += (2 * Math.PI * (from + ((to - from) * i) / length)) / sampleRate
    samples[silence + i] = 0.4 * Math.sin((Math.PI * i) / length) ** 0.5 * Math.sin(phase)
  }
  return samples
}

const noise = (seconds: number, level: number, random: Random) =>
  Float32Array.from({ length: Math.round(seconds * sampleRate) }, () => level * random.normal())

const sound = (samples: Float32Array): Sound => ({ sampleRate, channels: [samples] })

/** Somebody's way to say the word: a tone that rises. */
export function word(random: Random): Sound {
  const low = 400 + 200 * random.uniform()
  return sound(tone(low, low * (2.2 + 0.6 * random.uniform()), 0.25 + 0.1 * random.uniform(), random))
}

/** Something else: a tone that falls or stays, or noise. */
export function otherWord(random: Random): Sound {
  const [kind, low, seconds] = [random.integer(3), 400 + 400 * random.uniform(), 0.2 + 0.2 * random.uniform()]
  if (kind === 0) return sound(tone(2.4 * low, low, seconds, random))
  return sound(kind === 1 ? tone(low, low, seconds, random) : noise(seconds, 0.1, random))
}

/** Clips of the word, others, and a background each. */
export function soundRows(words: number, others = words, seed = 1): TriggerRow[] {
  const random = new Random(seed)
  const list = (kind: TriggerRow['kind'], count: number, make: (random: Random) => Sound) =>
    Array.from({ length: count }, (_, i) => ({ kind, sound: make(random.split(kind).split(i)) }))
  return [
    ...list('positive', words, word),
    ...list('negative', others, otherWord),
    ...list('background', 3, (own) => sound(noise(2, 0.05, own))),
  ]
}

/** Settings of a small network that learns these words in seconds. */
export const smallDetector = {
  scene: { seconds: 3, words: 2, others: 2, gap: 0.35, loudest: 20, quietest: 40 },
  model: { hiddenSize: 24, layers: 1, filters: 24, filterWidth: 15, stride: 4, dropout: 0 },
  train: { scenes: 48, batchSize: 4, epochs: 12, learningRate: 0.01, averaging: 0.95 },
  evaluation: { scenes: 40 },
  detect: { refractory: 0.4 },
}
