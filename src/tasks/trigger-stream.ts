import type { AudioSnapshot, AudioStream } from '../data/audio-features.js'
import { Resampler, type ResampleSnapshot, type ResampleStream } from '../data/audio-resample.js'
import { Firing, type FiringState } from '../decoding/firing.js'
import { UsageError } from '../errors.js'
import type { Detector } from '../models/detector.js'
import type { FrameSnapshot, FrameStream } from '../models/frame-stream.js'
import type { TriggerFrames } from './trigger-frames.js'
import { LOUDEST } from './trigger-rows.js'

/** The word was heard. */
export interface HeardWord {
  /** Seconds from the beginning to the end of what was looked at. */
  readonly time: number
  /** How sure the model is, 0 to 1. */
  readonly score: number
}

/** What a stream needs of a model. */
export interface Streamed {
  readonly network: Detector
  readonly frames: TriggerFrames
  readonly threshold: number
  readonly settings: { readonly detect: { readonly refractory: number } }
}

/** The state of a stream of sound in plain numbers. */
export interface TriggerSnapshot {
  /** That of the sound that is pushed. */
  readonly sampleRate: number
  readonly resampling: ResampleSnapshot | undefined
  readonly sound: AudioSnapshot
  readonly network: FrameSnapshot
  readonly firing: FiringState
  readonly score: number
}

/**
 * A detector that hears sound as it comes, with the bits that it gives for a whole recording once `end` was called. What it remembers does
 * not grow. Made by `model.stream()`.
 *
 * ```ts
 * const stream = model.stream({ sampleRate: 44_100 })
 * for (const samples of microphone) for (const { time } of stream.push(samples)) console.log(time)
 * for (const { time } of stream.end()) console.log(time)
 * ```
 */
export class TriggerStream {
  readonly #model: Streamed
  readonly #resampling: ResampleStream | undefined
  readonly #sound: AudioStream
  readonly #network: FrameStream
  readonly #firing: Firing
  readonly #onScore: ((score: number) => void) | undefined
  #score = 0
  #ended = false

  /** `sampleRate` is that of what is pushed. Throws a `UsageError` for one that is no whole number. */
  constructor(
    model: Streamed,
    readonly sampleRate: number,
    onScore?: (score: number) => void,
  ) {
    const { frames, network, threshold, settings } = model
    this.#model = model
    this.#onScore = onScore
    this.#resampling =
      sampleRate === frames.sampleRate ? undefined : new Resampler(sampleRate, frames.sampleRate).stream()
    this.#sound = frames.features.stream()
    this.#network = network.stream()
    this.#firing = new Firing({ threshold, refractory: frames.stepsIn(settings.detect.refractory) })
  }

  /** The score of the last step, 0 before the first. */
  get score(): number {
    return this.#score
  }

  /** Seconds that were looked at. */
  get seconds(): number {
    return this.#network.steps === 0 ? 0 : this.#model.frames.timeOf(this.#network.steps - 1)
  }

  /**
   * Takes samples from -1 to 1 and says when the word was heard. Throws a `UsageError` for what is no number or far beyond these, and after `end`
   * and `dispose`.
   */
  push(samples: ArrayLike<number>): HeardWord[] {
    if (this.#ended) throw new UsageError('stream: it has ended; open a new one')
    for (let i = 0; i < samples.length; i++)
      if (!(Math.abs(samples[i]) <= LOUDEST))
        // it would never leave the recurrent layers again
        throw new UsageError(`stream: sample ${i} is ${samples[i]}; expected numbers from about -1 to 1`)
    return this.#hear(this.#resampling ? this.#resampling.push(samples) : samples)
  }

  /** The sound has ended: what was heard in the samples that a change of the sample rate kept waiting. Ends the stream. */
  end(): HeardWord[] {
    if (this.#ended) throw new UsageError('stream: it has ended; open a new one')
    const found = this.#resampling ? this.#hear(this.#resampling.end()) : []
    this.dispose()
    return found
  }

  /** Takes samples at the rate of the model. */
  #hear(samples: ArrayLike<number>): HeardWord[] {
    const { frames } = this.#model
    const first = this.#network.steps
    const { data } = this.#network.push(frames.scaled(this.#sound.push(samples)))
    const found: HeardWord[] = []
    for (let step = 0; step < data.length; step++) {
      const score = data[step]
      this.#score = score
      this.#onScore?.(score)
      if (this.#firing.push(score)) found.push({ time: frames.timeOf(first + step), score })
    }
    return found
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): TriggerStream {
    const copy = new TriggerStream(this.#model, this.sampleRate, this.#onScore)
    copy.restore(this.snapshot())
    return copy
  }

  /** A copy of the state. */
  snapshot(): TriggerSnapshot {
    return {
      sampleRate: this.sampleRate,
      resampling: this.#resampling?.snapshot(),
      sound: this.#sound.snapshot(),
      network: this.#network.snapshot(),
      firing: this.#firing.snapshot(),
      score: this.#score,
    }
  }

  /** Goes back (or over) to a state. Throws a `UsageError` when it is that of another model or rate. */
  restore({ sampleRate, resampling, sound, network, firing, score }: TriggerSnapshot): void {
    if (sampleRate !== this.sampleRate)
      throw new UsageError(
        `stream: the snapshot is of a stream of another sample rate, ${sampleRate}; expected ${this.sampleRate}`,
      )
    this.#network.restore(network)
    if (resampling) this.#resampling?.restore(resampling)
    this.#sound.restore(sound)
    this.#firing.restore(firing)
    this.#score = score
  }

  /** Releases its memory. */
  dispose(): void {
    this.#ended = true
    this.#network.dispose()
  }
}
