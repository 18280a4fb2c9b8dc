import { UsageError } from '../errors.js'
import type { Random } from '../random/index.js'
import { resample } from './audio-resample.js'

// Each function makes a new example from one that is there; the numbers that it draws come from the generator it is given, so that equal
// seeds give equal bits, and its arguments are left as they are.

/** A number, or the two ends of a range from which one is drawn, every value equally likely. */
export type Amount = number | readonly [lowest: number, highest: number]

/** What `changeSpeed` chooses from: the factors of Ko et al. (2015). */
const speeds: readonly number[] = [0.9, 1, 1.1]

/**
 * Sound with the noise of a recording under it, from a random place in it and from its begin again where it ends:
 *
 *   y_i = x_i + g n_{(p + i) mod length}      g such that 10 log10(Σ x² / Σ (g n)²) = `decibels`, the signal-to-noise ratio
 *
 * At 20 dB the noise is faint, at 0 dB as strong as the sound. Both have to be of one sample rate. Sound that is silent, or meets a silent
 * stretch of the noise, has no such ratio and stays as it is. Throws a `UsageError` for noise that is silent all through, or empty.
 *
 * ```ts
 * const noisy = addNoise(samples, street, [5, 20], random)
 * ```
 */
export function addNoise(
  samples: ArrayLike<number>,
  noise: ArrayLike<number>,
  decibels: Amount,
  random: Random,
): Float32Array {
  const ratio = draw(decibels, random, 'addNoise: decibels')
  if (!(power(noise) > 0))
    throw new UsageError(
      `addNoise: got noise of ${noise.length} samples with a power of ${power(noise)}; expected a recording that is not silent`,
    )
  const place = random.integer(noise.length)
  const piece = Float32Array.from({ length: samples.length }, (_, i) => noise[(place + i) % noise.length])
  const heard = power(piece)
  const gain = heard > 0 ? Math.sqrt(power(samples) / heard) * 10 ** (-ratio / 20) : 0
  return piece.map((value, i) => samples[i] + gain * value)
}

/**
 * Sound played faster or slower, and so higher or lower: one of `factors` (0.9, 1 and 1.1 by default) is chosen, and ⌈samples / factor⌉
 * samples come out. Factors are taken to a thousandth, from 0.1 to 10. A factor of 1 gives the samples themselves.
 *
 * Source: Ko et al., Audio Augmentation for Speech Recognition (2015), 3.
 *
 * ```ts
 * const faster = changeSpeed(samples, random, [1.1])
 * ```
 */
export function changeSpeed(samples: ArrayLike<number>, random: Random, factors = speeds): Float32Array {
  const wrong = factors.find((factor) => !(factor >= 0.1 && factor <= 10))
  if (factors.length === 0 || wrong !== undefined)
    throw new UsageError(
      `changeSpeed: got ${wrong === undefined ? 'no factors' : `factor ${wrong}`}; expected factors from 0.1 to 10`,
    )
  const factor = factors[random.integer(factors.length)]
  return resample(samples, Math.round(1000 * factor), 1000)
}

/**
 * Sound that begins up to `most` samples earlier or later, each of these shifts equally likely. It keeps its length: what is pushed out at
 * one end is lost, and silence comes in at the other.
 *
 * ```ts
 * const moved = shiftTime(samples, 0.1 * sampleRate, random)
 * ```
 */
export function shiftTime(samples: ArrayLike<number>, most: number, random: Random): Float32Array {
  if (!(most >= 0 && most <= 2 ** 32))
    throw new UsageError(`shiftTime: got most ${most}; expected a number of samples, 0 or more`)
  const reach = Math.floor(most)
  const shift = random.integer(2 * reach + 1) - reach
  return Float32Array.from({ length: samples.length }, (_, i) => samples[i - shift] ?? 0)
}

/**
 * Sound that is louder or softer: y = 10^(decibels / 20) x. Nothing is cut off at -1 and 1: features do not mind, and `writeWav` does it.
 *
 * ```ts
 * const louder = changeGain(samples, [-6, 6], random)
 * ```
 */
export function changeGain(samples: ArrayLike<number>, decibels: Amount, random: Random): Float32Array {
  const gain = 10 ** (draw(decibels, random, 'changeGain: decibels') / 20)
  return Float32Array.from(samples, (x) => gain * x)
}

/** Which parts of the features `maskFeatures` hides. */
export interface MaskOptions {
  /** Masks over neighbouring numbers of all frames, 2 by default, and the most numbers that one covers, 27 by default (for 80 bands). */
  readonly frequencyMasks?: number
  readonly frequencyWidth?: number
  /** Masks over all numbers of neighbouring frames, 2 by default, and the most frames that one covers, 100 by default. */
  readonly timeMasks?: number
  readonly timeWidth?: number
  /** The most that a time mask covers as a share of the frames; 1 by default, 0.2 in the paper's strongest policy for noisy speech. */
  readonly timeShare?: number
  /** What stands in place of what is hidden; 0 by default, the mean of normalised features. */
  readonly value?: number
}

/**
 * SpecAugment without time warping, for features [frames · size]: hides random bands of frequencies and stretches of time, so that a network
 * cannot rely on any of them. A frequency mask is w wide, drawn from 0 to min(frequencyWidth, size), and begins anywhere from 0 to size - w;
 * a time mask is drawn likewise from 0 to min(timeWidth, ⌊timeShare · frames⌋). Masks may overlap. The defaults are the paper's
 * policy "LibriSpeech double".
 *
 * Source: Park et al., SpecAugment (2019), 2.
 *
 * ```ts
 * const masked = maskFeatures(normalizeFeatures(x, 80), 80, random, { frequencyMasks: 1 })
 * ```
 */
export function maskFeatures(
  frames: ArrayLike<number>,
  size: number,
  random: Random,
  options: MaskOptions = {},
): Float32Array {
  const { frequencyMasks = 2, frequencyWidth = 27, timeMasks = 2, timeWidth = 100 } = options
  const { timeShare = 1, value = 0 } = options
  if (!Number.isInteger(size) || size < 1 || frames.length % size !== 0)
    throw new UsageError(
      `maskFeatures: got ${frames.length} numbers and size ${size}; expected a multiple of the size, a whole number of at least 1`,
    )
  for (const [name, number] of Object.entries({ frequencyMasks, frequencyWidth, timeMasks, timeWidth }))
    if (!Number.isInteger(number) || number < 0)
      throw new UsageError(`maskFeatures: got ${name} ${number}; expected a whole number of at least 0`)
  if (!(timeShare >= 0 && timeShare <= 1))
    throw new UsageError(`maskFeatures: got timeShare ${timeShare}; expected a share from 0 to 1`)
  const result = Float32Array.from(frames)
  const count = frames.length / size
  for (let mask = 0; mask < frequencyMasks; mask++) {
    const [begin, end] = stretch(size, frequencyWidth, random)
    for (let t = 0; t < count; t++) result.fill(value, t * size + begin, t * size + end)
  }
  for (let mask = 0; mask < timeMasks; mask++) {
    const [begin, end] = stretch(count, Math.min(timeWidth, Math.floor(timeShare * count)), random)
    result.fill(value, begin * size, end * size)
  }
  return result
}

/** Begin and end of a stretch of 0 to `most` places, wherever it fits into `length` of them. */
function stretch(length: number, most: number, random: Random): [begin: number, end: number] {
  const width = random.integer(Math.min(most, length) + 1)
  const begin = random.integer(length - width + 1)
  return [begin, begin + width]
}

function draw(range: Amount, random: Random, name: string): number {
  const [lowest, highest] = typeof range === 'number' ? [range, range] : range
  if (!(Number.isFinite(lowest) && Number.isFinite(highest) && lowest <= highest))
    throw new UsageError(
      `${name}: got ${lowest} to ${highest}; expected a number, or a lowest and a highest one`,
    )
  return lowest + (highest - lowest) * random.uniform()
}

/** Σ x². */
function power(samples: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i]
  return sum
}
