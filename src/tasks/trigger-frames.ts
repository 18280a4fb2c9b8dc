import type { Sound } from '../codecs/wav.js'
import { AudioFeatures } from '../data/audio-features.js'
import { mono } from '../data/audio-mono.js'
import { RunningNormalizer } from '../data/audio-normalize.js'
import { Resampler } from '../data/audio-resample.js'
import type { Engine } from '../tensor/index.js'
import type { Decided } from './settings.js'
import type { TriggerSettings } from './trigger-settings.js'

/** The mean and the deviation of each number of a frame over the training data. */
export interface FrameScale {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

/** Sound as a detector reads it: frames of features brought to one scale, and the times of its steps. */
export class TriggerFrames {
  readonly features: AudioFeatures
  readonly #model: Decided<TriggerSettings>['model']
  /** By the rate that they begin with: their filters take longer than a short clip. */
  readonly #resamplers = new Map<number, Resampler>()

  /** `scale` is that of the training data; without it frames stay as they are. */
  constructor(
    engine: Engine,
    { sound, model }: Pick<Decided<TriggerSettings>, 'sound' | 'model'>,
    readonly scale?: FrameScale,
  ) {
    const { sampleRate, features: kind, bands, window, hop } = sound
    const samples = (milliseconds: number) => Math.max(1, Math.round((milliseconds * sampleRate) / 1000))
    this.#model = model
    this.features = new AudioFeatures({
      ...{ engine, sampleRate, kind, bands, window: samples(window), hop: samples(hop) },
      ...(kind === 'mfcc' && { coefficients: Math.min(20, bands) }),
    })
  }

  /** Numbers of a frame. */
  get size(): number {
    return this.features.size
  }

  get sampleRate(): number {
    return this.features.sampleRate
  }

  /** Samples from one step to the next. */
  get stepSamples(): number {
    return this.#model.stride * this.features.hop
  }

  /** Samples that the first step looks at. */
  get firstSamples(): number {
    return (this.#model.filterWidth - 1) * this.features.hop + this.features.window
  }

  /** When a step is known: seconds from the beginning to the end of what it looks at. */
  timeOf(step: number): number {
    return (this.firstSamples + step * this.stepSamples) / this.sampleRate
  }

  /** The steps that so many samples give. */
  steps(samples: number): number {
    return samples < this.firstSamples ? 0 : 1 + Math.floor((samples - this.firstSamples) / this.stepSamples)
  }

  /** Steps that lie in so many seconds. */
  stepsIn(seconds: number): number {
    return Math.ceil((seconds * this.sampleRate) / this.stepSamples)
  }

  /** One channel at the rate of the settings. */
  samplesOf(sound: Sound): Float32Array {
    const samples = mono(sound)
    if (sound.sampleRate === this.sampleRate) return samples
    const resampler =
      this.#resamplers.get(sound.sampleRate) ?? new Resampler(sound.sampleRate, this.sampleRate)
    this.#resamplers.set(sound.sampleRate, resampler)
    return resampler.forward(samples)
  }

  /** The features of samples, as they are, [frames · size]. */
  raw(samples: Float32Array): Float32Array {
    const { features } = this
    return features.engine.scope(() => Float32Array.from(features.forward(samples).data))
  }

  /** Features on the scale of the training data. */
  scaled(frames: ArrayLike<number>): Float32Array {
    const { scale, size } = this
    const scaled = Float32Array.from(frames)
    if (!scale) return scaled
    const { mean, deviation } = scale
    for (let begin = 0; begin < scaled.length; begin += size)
      for (let i = 0; i < size; i++) scaled[begin + i] = (frames[begin + i] - mean[i]) / deviation[i]
    return scaled
  }

  /** For each step how loud it is: the mean of the features of the frames that it has beyond the step before. */
  loudness(raw: Float32Array): Float64Array {
    const { stride, filterWidth } = this.#model
    const steps = Math.max(0, 1 + Math.floor((raw.length / this.size - filterWidth) / stride))
    return Float64Array.from({ length: steps }, (_, step) => {
      const end = (step * stride + filterWidth) * this.size
      let sum = 0
      const begin = Math.max(0, end - stride * this.size)
      for (let i = begin; i < end; i++) sum += raw[i]
      return sum / (end - begin)
    })
  }

  dispose(): void {
    this.features.dispose()
  }
}

/** Deviations below this would blow up features that never change. */
const smallest = 1e-3

/** The scale of the frames of some recordings. */
export function scaleOf(recordings: Iterable<Float32Array>, size: number): FrameScale {
  const stream = new RunningNormalizer({ size }).stream()
  for (const frames of recordings) stream.push(frames)
  const { mean, variance } = stream.state
  return { mean, deviation: variance.map((value) => Math.max(smallest, Math.sqrt(value))) }
}
