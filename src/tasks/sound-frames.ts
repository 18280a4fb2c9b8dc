import { AudioFeatures } from '../data/audio-features.js'
import { mono } from '../data/audio-mono.js'
import { normalizeFeatures, RunningNormalizer, type RunningState } from '../data/audio-normalize.js'
import { resample } from '../data/audio-resample.js'
import { UsageError } from '../errors.js'
import type { Engine } from '../tensor/index.js'
import type { FrameReader } from './frame-reader.js'
import type { Decided } from './settings.js'
import { isSound, type Signal } from './transcribe-rows.js'
import type { TranscribeSettings } from './transcribe-settings.js'

/** Frames that a running normalisation remembers: 3 seconds at 100 frames a second. */
const memory = 300
/** What the training data say about loudness counts as much as so many frames that were heard. */
const trusted = 50

/** Sound at rates beyond these is a mistake of whoever wrote the file. */
const [slowest, fastest] = [100, 1_000_000]

/** Recordings, read as spectral features frame by frame. */
export class SoundFrames implements FrameReader {
  readonly features: AudioFeatures
  readonly #step: number
  readonly #window: number
  readonly unit = 'seconds'
  readonly key: string
  /** Absent where whole utterances are normalised. */
  readonly running: RunningNormalizer | undefined

  /** `heard` is what a running normalisation begins with: of the training data. */
  constructor(engine: Engine, settings: Decided<TranscribeSettings>['sound'], heard?: RunningState) {
    const { sampleRate, features: kind, bands, window, hop, normalize } = settings
    const samples = (milliseconds: number) => Math.max(1, Math.round((milliseconds * sampleRate) / 1000))
    this.features = new AudioFeatures({
      ...{ engine, sampleRate, kind, bands, window: samples(window), hop: samples(hop) },
      ...(kind === 'mfcc' && { coefficients: Math.min(20, bands) }),
    })
    this.#step = samples(hop) / sampleRate
    this.#window = window
    this.key = `sound ${sampleRate} ${kind} ${bands} ${window} ${hop}`
    if (normalize === 'running')
      this.running = new RunningNormalizer({ size: this.size, memory, ...(heard && { initial: heard }) })
  }

  get size(): number {
    return this.features.size
  }

  stepOf(): number {
    return this.#step
  }

  /** The samples that features are made of: one channel, at the rate of the settings. Throws a `UsageError` for a picture, and for a rate that no sound has. */
  samples(signal: Signal, name: string): Float32Array {
    if (!isSound(signal)) throw new UsageError(`${name}: expected a sound, got a picture`)
    const { sampleRate } = this.features
    const { sampleRate: given } = signal
    if (!Number.isSafeInteger(given) || given < slowest || given > fastest)
      throw new UsageError(`${name}: expected from ${slowest} to ${fastest} samples per second, got ${given}`)
    return given === sampleRate ? mono(signal) : resample(mono(signal), given, sampleRate)
  }

  frames(signal: Signal, name: string): Float32Array {
    const frames = this.framesOf(this.samples(signal, name))
    if (frames.length === 0)
      throw new UsageError(`${name}: expected at least ${this.#window} ms of sound, got less`)
    if (!frames.every(Number.isFinite))
      throw new UsageError(`${name}: expected samples from about -1 to 1, got some that are far beyond`)
    return frames
  }

  /** The frames of samples that are at the rate of the settings; none of sound that is shorter than one window. */
  framesOf(samples: Float32Array): Float32Array {
    const { features } = this
    if (features.frames(samples.length) === 0) return new Float32Array(0)
    return features.engine.scope(() => Float32Array.from(features.forward(samples).data))
  }

  normalized(frames: Float32Array): Float32Array {
    return this.running ? this.running.forward(frames) : normalizeFeatures(frames, this.size)
  }

  dispose(): void {
    this.features.dispose()
  }
}

/** What frames are like on the whole: with this a running normalisation begins. */
export function heardIn(all: Iterable<Float32Array>, size: number): RunningState {
  const normalizer = new RunningNormalizer({ size })
  const stream = normalizer.stream()
  for (const frames of all) stream.push(frames)
  return { ...stream.state, frames: trusted }
}
