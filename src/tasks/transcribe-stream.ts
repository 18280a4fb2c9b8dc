import type { AudioStream } from '../data/audio-features.js'
import type { RunningNormalizer, RunningStream } from '../data/audio-normalize.js'
import { Resampler, type ResampleStream } from '../data/audio-resample.js'
import { CtcSearch, type LabelScorer } from '../decoding/ctc-search.js'
import type { Recognizer } from '../models/recognizer.js'
import type { RecognizerStream } from '../models/recognizer-stream.js'
import type { SoundFrames } from './sound-frames.js'
import type { TranscribeSettings } from './transcribe-settings.js'
import type { WrittenTokens } from './transcribe-tokens.js'
import type { WordKnowledge } from './transcriber.js'

/** How a stream is opened. */
export interface TranscribeStreamOptions extends WordKnowledge {
  /** Samples per second of what is pushed; the model's by default. */
  readonly sampleRate?: number
}

/** A transcript that is still being written. */
export interface PartialTranscript {
  /** What no later sound changes any more. */
  readonly stable: string
  /** How it goes on, as it seems now. */
  readonly tentative: string
}

/** What a stream is made of. */
export interface TranscribeStreamParts {
  readonly reader: SoundFrames
  readonly running: RunningNormalizer
  readonly recognizer: Recognizer
  readonly tokens: WrittenTokens
  readonly decode: Pick<TranscribeSettings['decode'], 'width' | 'delay'>
  readonly scorer: LabelScorer<unknown> | undefined
  readonly sampleRate: number
}

/**
 * A transcriber that listens while somebody speaks. Made by `model.stream()`. What it has written at the end is what `predict` writes of the
 * whole recording, unless a doubt was older than `decode.delay` steps, which a stream does not wait for.
 *
 * ```ts
 * const stream = model.stream({ sampleRate: 48_000 })
 * stream.push(samples)   // { stable: 'turn', tentative: ' lef' }
 * stream.end()           // 'turn left'
 * ```
 */
export class TranscribeStream {
  readonly #parts: TranscribeStreamParts
  readonly #resampling: ResampleStream | undefined
  readonly #features: AudioStream
  readonly #normalizing: RunningStream
  readonly #recognizing: RecognizerStream
  readonly #search: CtcSearch<unknown>

  constructor(parts: TranscribeStreamParts) {
    const { reader, running, recognizer, decode, scorer, sampleRate } = parts
    this.#parts = parts
    const { features } = reader
    if (sampleRate !== features.sampleRate)
      this.#resampling = new Resampler(sampleRate, features.sampleRate).stream()
    this.#features = features.stream()
    this.#normalizing = running.stream()
    this.#recognizing = recognizer.stream()
    this.#search = new CtcSearch<unknown>({
      ...{ width: decode.width, blank: recognizer.blank, delay: decode.delay },
      ...(scorer && { scorer }),
    })
  }

  /** Takes samples from -1 to 1, one channel, and says what has been heard so far. */
  push(samples: ArrayLike<number>): PartialTranscript {
    this.#hear(this.#resampling ? this.#resampling.push(samples) : samples)
    return this.partial()
  }

  /** What has been heard so far. */
  partial(): PartialTranscript {
    const { tokens } = this.#parts
    const { stable, tentative } = this.#search.partial()
    const settled = tokens.text(stable)
    return { stable: settled, tentative: tokens.text([...stable, ...tentative]).slice(settled.length) }
  }

  /** The whole transcript; ends the stream. */
  end(): string {
    if (this.#resampling) this.#hear(this.#resampling.end())
    this.#search.push(this.#recognizing.end())
    const [best] = this.#search.best()
    return this.#parts.tokens.text(best.labels)
  }

  #hear(samples: ArrayLike<number>): void {
    const frames = this.#normalizing.push(this.#features.push(samples))
    this.#search.push(this.#recognizing.push(frames))
  }
}
