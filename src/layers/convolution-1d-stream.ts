import { ShapeError, UsageError } from '../errors.js'
import type { Convolution1d } from './convolution-1d.js'

/** The state of a stream of windows in plain numbers. */
export interface WindowSnapshot {
  /** Frames that a later window needs. */
  readonly waiting: readonly number[]
  readonly skip: number
  readonly frames: number
  readonly windows: number
}

/**
 * Cuts frames that come bit by bit into the windows of a convolution: what `Convolution1d.forward` sees of the whole sequence, zeros before
 * the beginning and, with `end`, behind the end included. The window of a step is complete when the last frame in it has come.
 *
 * ```ts
 * const windows = new WindowStream(convolution, 40)
 * linear(engine.tensor(windows.push(frames), [-1, 5 * 40]), convolution.windowWeights(), convolution.bias)
 * ```
 */
export class WindowStream {
  /** Frames from the first one that a later window needs on, those before the beginning and behind the end as zeros. */
  #waiting: number[]
  /** Numbers to come that lie between two windows, where the stride is longer than they are. */
  #skip = 0
  #frames = 0
  #windows = 0
  #ended = false

  constructor(
    readonly convolution: Pick<Convolution1d, 'width' | 'stride' | 'before' | 'steps'>,
    readonly inputs: number,
  ) {
    this.#waiting = new Array(convolution.before * inputs).fill(0)
  }

  /** Takes frames, one after the other, and gives the windows that are complete. Throws a `ShapeError` for a part of a frame. */
  push(frames: ArrayLike<number>): number[] {
    if (this.#ended) throw new UsageError('WindowStream: push after end')
    if (frames.length % this.inputs !== 0)
      throw new ShapeError(
        `WindowStream: got ${frames.length} numbers; expected whole frames of ${this.inputs}`,
      )
    this.#frames += frames.length / this.inputs
    const from = Math.min(this.#skip, frames.length)
    this.#skip -= from
    for (let i = from; i < frames.length; i++) this.#waiting.push(frames[i])
    return this.#complete(Infinity)
  }

  /** The windows that reach over the end. */
  end(): number[] {
    this.#ended = true
    const { width } = this.convolution
    for (let i = 0; i < width * this.inputs; i++) this.#waiting.push(0)
    return this.#complete(this.convolution.steps(this.#frames) - this.#windows)
  }

  /** A copy of the state. */
  snapshot(): WindowSnapshot {
    return {
      waiting: [...this.#waiting],
      skip: this.#skip,
      frames: this.#frames,
      windows: this.#windows,
    }
  }

  /** Goes back (or over) to a state. */
  restore({ waiting, skip, frames, windows }: WindowSnapshot): void {
    this.#waiting = [...waiting]
    this.#skip = skip
    this.#frames = frames
    this.#windows = windows
  }

  #complete(most: number): number[] {
    const { width, stride } = this.convolution
    const size = width * this.inputs
    const windows: number[] = []
    let begin = 0
    for (let count = 0; count < most && begin + size <= this.#waiting.length; count++) {
      for (let i = 0; i < size; i++) windows.push(this.#waiting[begin + i])
      begin += stride * this.inputs
      this.#windows++
    }
    this.#skip += Math.max(0, begin - this.#waiting.length)
    this.#waiting.splice(0, begin)
    return windows
  }
}
