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

/** Recordings, read as spectral features frame by frame. */
export class SoundFrames implements FrameReader {
  readonly features: AudioFeatures
  readonly step: number
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
    this.step = samples(hop) / sampleRate
    this.key = `sound ${sampleRate} ${kind} ${bands} ${window} ${hop}`
    if (normalize === 'running')
      this.running = new RunningNormalizer({ size: this.size, memory, ...(heard && { initial: heard }) })
  }

  get size(): number {
    return this.features.size
  }

  /** The samples that features are made of: one channel, at the rate of the settings. Throws a `UsageError` for a picture. */
  samples(signal: Signal, name: string): Float32Array {
    if (!isSound(signal)) throw new UsageError(`${name}: expected a sound, got a picture`)
    const samples = mono(signal)
    const { sampleRate } = this.features
    return signal.sampleRate === sampleRate ? samples : resample(samples, signal.sampleRate, sampleRate)
  }

  frames(signal: Signal, name: string): Float32Array {
    return this.framesOf(this.samples(signal, name))
  }

  /** The frames of samples that are at the rate of the settings. Sound shorter than one window gives none. */
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
