import type { AudioSnapshot, AudioStream } from '../data/audio-features.js'
import type { RunningNormalizer, RunningState, RunningStream } from '../data/audio-normalize.js'
import { Resampler, type ResampleSnapshot, type ResampleStream } from '../data/audio-resample.js'
import { CtcSearch, type CtcSnapshot, type LabelScorer } from '../decoding/ctc-search.js'
import { UsageError } from '../errors.js'
import type { FrameSnapshot } from '../models/frame-stream.js'
import type { RecognizerStream } from '../models/recognizer-stream.js'
import type { SoundFrames } from './sound-frames.js'
import { type CtcNetwork, someText } from './transcribe-network.js'
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

/** The state of a stream in plain values. */
export interface TranscribeSnapshot {
  readonly resampling: ResampleSnapshot | undefined
  readonly sound: AudioSnapshot
  readonly loudness: RunningState
  readonly network: FrameSnapshot
  readonly search: CtcSnapshot<unknown>
  /** Samples that were pushed. */
  readonly samples: number
}

/** What a stream is made of. */
export interface TranscribeStreamParts {
  readonly reader: SoundFrames
  readonly running: RunningNormalizer
  readonly network: CtcNetwork
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
  #samples = 0

  constructor(parts: TranscribeStreamParts) {
    const { reader, running, network, decode, scorer, sampleRate } = parts
    const { recognizer } = network
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
    this.#samples += samples.length
    return this.partial()
  }

  /** What has been heard so far. */
  partial(): PartialTranscript {
    const { tokens } = this.#parts
    const { stable, tentative } = this.#search.partial()
    // a character of several pieces may still be incomplete
    const settled = tokens.text(stable).replace(/\ufffd+$/, '')
    return { stable: settled, tentative: tokens.text([...stable, ...tentative]).slice(settled.length) }
  }

  /** Seconds that were heard. */
  get seconds(): number {
    return this.#samples / this.#parts.sampleRate
  }

  /** The whole transcript; ends the stream. */
  end(): string {
    if (this.#resampling) this.#hear(this.#resampling.end())
    const { network } = this.#parts
    this.#search.push(network.written(this.#recognizing.end()))
    const [best] = someText(this.#search.best())
    return this.#parts.tokens.text(best.labels)
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): TranscribeStream {
    const copy = new TranscribeStream(this.#parts)
    copy.restore(this.snapshot())
    return copy
  }

  /** A copy of the state. */
  snapshot(): TranscribeSnapshot {
    return {
      resampling: this.#resampling?.snapshot(),
      sound: this.#features.snapshot(),
      loudness: this.#normalizing.state,
      network: this.#recognizing.snapshot(),
      search: this.#search.snapshot(),
      samples: this.#samples,
    }
  }

  /** Goes back (or over) to a state. Throws a `UsageError` when it is that of another model or rate. */
  restore({ resampling, sound, loudness, network, search, samples }: TranscribeSnapshot): void {
    if ((resampling === undefined) !== (this.#resampling === undefined))
      throw new UsageError('stream: the snapshot is of a stream of another sample rate')
    this.#recognizing.restore(network)
    if (resampling) this.#resampling?.restore(resampling)
    this.#features.restore(sound)
    this.#normalizing.restore(loudness)
    this.#search.restore(search)
    this.#samples = samples
  }

  /** Releases its memory; `end` does so too. */
  dispose(): void {
    this.#recognizing.dispose()
  }

  #hear(samples: ArrayLike<number>): void {
    const frames = this.#normalizing.push(this.#features.push(samples))
    this.#search.push(this.#parts.network.written(this.#recognizing.push(frames)))
  }
}
