import { type Frame, framesOf } from '../data/frames.js'
import { type Prediction, softmax } from './prediction.js'
import type { VideoFormStream } from './video-form.js'
import type { VideoModel } from './video-model.js'

/**
 * A model that sees a video frame by frame, and says after each what it would say if the video ended there, or what the last frame shows.
 * Made by `model.stream()`.
 *
 * ```ts
 * const stream = model.stream()
 * for (const frame of frames) show(stream.push(frame).predict()[0])
 * ```
 */
export class VideoStream {
  readonly #model: Pick<VideoModel, 'scale' | 'ranked'>
  readonly #stream: VideoFormStream

  constructor(model: Pick<VideoModel, 'scale' | 'ranked'>, stream: VideoFormStream) {
    this.#model = model
    this.#stream = stream
  }

  /** Frames read so far. */
  get frames(): number {
    return this.#stream.steps
  }

  /** Reads a frame. Throws a `DataError` for what is none, a `ShapeError` for another number of features. */
  push(frame: Frame): this {
    const [checked] = framesOf([frame], 'push')
    this.#stream.push(this.#model.scale.apply(checked))
    return this
  }

  /** The labels of the video so far, or of the last frame, the most probable first. Throws a `UsageError` before the first frame. */
  predict(): Prediction[] {
    return this.#model.ranked(softmax(this.#stream.logits()))
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): VideoStream {
    return new VideoStream(this.#model, this.#stream.fork())
  }

  /** A copy of the state, to be restored any number of times. */
  snapshot(): unknown {
    return this.#stream.snapshot()
  }

  /** Goes back to a state. */
  restore(snapshot: unknown): void {
    this.#stream.restore(snapshot as never)
  }

  /** Releases its memory. */
  dispose(): void {
    this.#stream.dispose()
  }
}
