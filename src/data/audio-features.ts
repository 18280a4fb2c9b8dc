import { UsageError } from '../errors.js'
import type { Engine, Reals, Tensor } from '../tensor/index.js'
import { add, log, matmul, relu, scale, slice, square } from '../tensor/index.js'
import { cosineMatrix, fourierMatrix, type MelScale, melMatrix } from './audio-filters.js'

/** What a network reads of a sound: the power of each frequency, of each mel band, its logarithm, or cepstral coefficients. */
export type AudioFeatureKind = 'power' | 'mel' | 'logMel' | 'mfcc'

/** What `AudioFeatures` is made of. */
export interface AudioFeatureOptions {
  engine: Engine
  /** Samples per second. */
  sampleRate: number
  /** `'logMel'` by default. */
  kind?: AudioFeatureKind
  /** Samples that are looked at together; 25 ms by default. */
  window?: number
  /** Samples from one frame to the next; 10 ms by default. */
  hop?: number
  /** Points of the Fourier transform, an even number; zeros fill up the window. The window's length by default, one more if that is odd. */
  fft?: number
  /** Mel bands; 40 by default. */
  bands?: number
  /** Cepstral coefficients; 13 by default, or as many as there are bands. */
  coefficients?: number
  /** The frequencies in Hz where the mel bands begin and end; 0 and half the sample rate by default. */
  lowest?: number
  highest?: number
  /** `'slaney'` by default. */
  melScale?: MelScale
}

/** Power below this counts as this: what the logarithm of silence is. */
const floor = 1e-10

/** Frames that are computed together. */
const block = 1024

/**
 * Features of sound: frames of `window` samples every `hop` samples, under a Hann window, none beyond the ends: 1 + ⌊(samples - window) /
 * hop⌋ of them. Where `fft` is the window's length the numbers are librosa's with `center=False`
 * (librosa puts a shorter window into the middle of `fft` samples, here it begins with the frame):
 *
 *   power   |Fourier transform|², fft / 2 + 1 numbers      librosa.stft
 *   mel     power in triangular mel bands                  librosa.feature.melspectrogram
 *   logMel  ln max(mel, 1e-10)
 *   mfcc    cosine transform of 10 log10 max(mel, 1e-10)   librosa.feature.mfcc of power_to_db with top_db=None
 *
 * All are matrix products on the kernels, so that a frame has the same bits whether it comes from a stream or from a whole recording.
 *
 * ```ts
 * const features = new AudioFeatures({ engine, sampleRate: 16_000, bands: 80 })
 * const x = features.forward(samples)     // [frames, features.size]
 * const live = features.stream()
 * live.push(chunk)                        // the frames that are complete
 * ```
 */
export class AudioFeatures {
  readonly engine: Engine
  readonly kind: AudioFeatureKind
  readonly sampleRate: number
  readonly window: number
  readonly hop: number
  /** Numbers per frame. */
  readonly size: number
  readonly #bins: number
  readonly #fourier: Tensor
  /** The mel filters twice, for the squares of cosines and sines. */
  readonly #mel: Tensor
  readonly #cosines: Tensor

  /** Throws a `UsageError` for an option out of range. */
  constructor(options: AudioFeatureOptions) {
    const { engine, sampleRate, kind = 'logMel', melScale = 'slaney', bands = 40 } = options
    const { window = Math.round(sampleRate * 0.025), hop = Math.round(sampleRate * 0.01) } = options
    const { fft = window + (window % 2), lowest = 0, highest = sampleRate / 2 } = options
    const { coefficients = Math.min(13, bands) } = options
    for (const [name, value] of Object.entries({ sampleRate, window, hop, fft, bands, coefficients }))
      if (!Number.isSafeInteger(value) || value < 1)
        throw new UsageError(`AudioFeatures: got ${name} ${value}; expected a whole number of at least 1`)
    if (fft < window || fft % 2 === 1)
      throw new UsageError(
        `AudioFeatures: got fft ${fft}; expected an even number of at least the window, ${window}`,
      )
    if (!(lowest >= 0 && lowest < highest && highest <= sampleRate / 2))
      throw new UsageError(
        `AudioFeatures: got lowest ${lowest} and highest ${highest}; expected 0 ≤ lowest < highest ≤ ${sampleRate / 2}, half the sample rate`,
      )
    if (coefficients > bands)
      throw new UsageError(
        `AudioFeatures: got ${coefficients} coefficients; expected at most as many as bands, ${bands}`,
      )
    const bins = fft / 2 + 1
    const mel = melMatrix({ ...{ sampleRate, fft, bands, lowest, highest }, scale: melScale })
    const persistent = (rows: number, columns: number, values: ArrayLike<number>) => {
      const tensor = engine.persistent([rows, columns])
      tensor.set(values)
      return tensor
    }
    this.engine = engine
    this.kind = kind
    this.sampleRate = sampleRate
    this.window = window
    this.hop = hop
    this.size = { power: bins, mel: bands, logMel: bands, mfcc: coefficients }[kind]
    this.#bins = bins
    this.#fourier = persistent(window, 2 * bins, fourierMatrix(window, fft))
    this.#mel = persistent(2 * bins, bands, [...mel, ...mel])
    this.#cosines = persistent(bands, coefficients, cosineMatrix(bands, coefficients))
  }

  /** The frames that so many samples give. */
  frames(samples: number): number {
    return samples < this.window ? 0 : 1 + Math.floor((samples - this.window) / this.hop)
  }

  /** [frames, size] of samples from -1 to 1. Throws a `UsageError` for less than a window of them. */
  forward(samples: ArrayLike<number>): Tensor {
    const count = this.frames(samples.length)
    if (count === 0)
      throw new UsageError(
        `AudioFeatures: got ${samples.length} samples, ${(samples.length / this.sampleRate).toFixed(3)} seconds; expected at least a window of ${this.window}`,
      )
    const { engine, hop, window, size } = this
    const result = engine.empty([count, size])
    for (let first = 0; first < count; first += block) {
      const rows = Math.min(block, count - first)
      const begin = first * hop
      const part = piece(samples, begin, begin + (rows - 1) * hop + window)
      engine.withoutRecording(() =>
        engine.scope(() => {
          const { data } = this.#block(part, rows) // before `result.data`: a heap that grows has new views
          result.data.set(data, first * size)
        }),
      )
    }
    return result
  }

  /** Features of sound that comes bit by bit. */
  stream(): AudioStream {
    return new AudioStream(this)
  }

  /** Gives back the memory of the filters. */
  dispose(): void {
    for (const tensor of [this.#fourier, this.#mel, this.#cosines]) tensor.dispose()
  }

  #block(samples: ArrayLike<number>, rows: number): Tensor {
    const squares = square(this.#spectrum(samples, rows)) // of the cosines, then of the sines
    if (this.kind === 'power')
      return add(slice(squares, 1, 0, this.#bins), slice(squares, 1, this.#bins, 2 * this.#bins))
    const mel = matmul(squares, this.#mel)
    if (this.kind === 'mel') return mel
    const least = this.engine.full(mel.shape, floor)
    const logarithms = log(add(relu(add(mel, scale(least, -1))), least))
    return this.kind === 'logMel' ? logarithms : matmul(scale(logarithms, 10 / Math.LN10), this.#cosines)
  }

  // Frames overlap: row i of the left factor begins at sample i · hop, and no frame is copied.
  #spectrum(samples: ArrayLike<number>, rows: number): Tensor {
    const { engine, window, hop } = this
    const sound = engine.empty([samples.length])
    sound.set(samples)
    const columns = 2 * this.#bins
    const spectrum = engine.empty([rows, columns])
    const left = { rows, inner: window, a: sound.place, aRowStride: hop, aColumnStride: 1 }
    const right = { columns, packed: engine.packed(this.#fourier, false), bias: 0 }
    const out = { c: spectrum.place, cRowStride: columns, accumulate: 0 }
    engine.run('matmul', { ...left, ...right, ...out }, rows * window * columns)
    return spectrum
  }
}

/** The state of a stream of samples in plain numbers. */
export interface AudioSnapshot {
  /** Samples that belong to frames which are not complete. */
  readonly waiting: readonly number[]
  readonly skip: number
}

/** Features of a stream of samples, frame by frame the same as those of the whole. */
export class AudioStream {
  /** Samples that belong to frames which are not complete; after a hop longer than a window, those to be passed over. */
  #waiting: Float64Array<ArrayBufferLike> = new Float64Array(0)
  #skip = 0

  constructor(readonly features: AudioFeatures) {}

  /** Takes samples and gives the frames that they complete, one after the other: frames · size numbers. */
  push(samples: ArrayLike<number>): Reals {
    const { features } = this
    const { engine, hop, window } = features
    const from = Math.min(this.#skip, samples.length)
    this.#skip -= from
    const all = new Float64Array(this.#waiting.length + samples.length - from)
    all.set(this.#waiting)
    all.set(piece(samples, from, samples.length), this.#waiting.length)
    const frames = features.frames(all.length)
    const used = frames * hop
    this.#waiting = all.slice(Math.min(used, all.length)) // a copy: a view would keep all of it
    this.#skip += Math.max(0, used - all.length)
    if (frames === 0) return engine.bytesPerReal === 8 ? new Float64Array(0) : new Float32Array(0)
    const read = all.subarray(0, (frames - 1) * hop + window)
    return engine.scope(() => features.forward(read).data.slice())
  }

  /** A copy of the state. */
  snapshot(): AudioSnapshot {
    return { waiting: Array.from(this.#waiting), skip: this.#skip }
  }

  /** Goes back (or over) to a state. */
  restore({ waiting, skip }: AudioSnapshot): void {
    this.#waiting = Float64Array.from(waiting)
    this.#skip = skip
  }
}

function piece(samples: ArrayLike<number>, begin: number, end: number): ArrayLike<number> {
  return ArrayBuffer.isView(samples)
    ? (samples as Float32Array).subarray(begin, end)
    : Array.from({ length: end - begin }, (_, i) => samples[begin + i])
}

/**
 * How features change from frame to frame, [frames · size]: d_t = Σ n (c_{t+n} - c_{t-n}) / (2 Σ n²) for n from 1 to `reach`, the first and
 * last frame standing for what lies beyond them. The deltas of deltas are their acceleration.
 *
 * ```ts
 * const speed = deltas(features.forward(samples).data, 13)
 * ```
 */
export function deltas(frames: ArrayLike<number>, size: number, reach = 2): Float32Array {
  for (const [name, value] of Object.entries({ size, reach }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new UsageError(`deltas: got ${name} ${value}; expected a whole number of at least 1`)
  if (frames.length % size !== 0)
    throw new UsageError(`deltas: got ${frames.length} numbers; expected a multiple of the size, ${size}`)
  const count = frames.length / size
  const weights = Array.from({ length: reach }, (_, i) => i + 1)
  const norm = 2 * weights.reduce((sum, n) => sum + n * n, 0)
  const at = (t: number, i: number) => frames[Math.max(0, Math.min(count - 1, t)) * size + i]
  return Float32Array.from({ length: frames.length }, (_, place) => {
    const [t, i] = [Math.floor(place / size), place % size]
    return weights.reduce((sum, n) => sum + n * (at(t + n, i) - at(t - n, i)), 0) / norm
  })
}
