import type { Frame, VideoRow } from '../data/frames.js'
import { ShapeError } from '../errors.js'

/** A smaller deviation, measured by the mean, is what rounding leaves of a feature that never changes. */
const UNCHANGED = 1e-6

/** Brings every feature to mean 0 and deviation 1, by the frames of the training videos. Features that never change become 0. */
export class FrameScale {
  constructor(
    readonly mean: Float32Array,
    readonly deviation: Float32Array,
  ) {}

  /** Counts over all frames, once for the mean and once for the deviation. */
  static of(rows: readonly Pick<VideoRow, 'frames'>[]): FrameScale {
    const size = rows[0].frames[0].length
    const frames = rows.flatMap((row) => row.frames)
    const mean = new Float64Array(size)
    for (const frame of frames) for (let i = 0; i < size; i++) mean[i] += frame[i] / frames.length
    const variance = new Float64Array(size)
    for (const frame of frames)
      for (let i = 0; i < size; i++) variance[i] += (frame[i] - mean[i]) ** 2 / frames.length
    const deviation = Float32Array.from(variance, (square, i) => {
      const root = Math.sqrt(square)
      return root > UNCHANGED * Math.abs(mean[i]) ? root : 0
    })
    return new FrameScale(Float32Array.from(mean), deviation)
  }

  get size(): number {
    return this.mean.length
  }

  /** Throws a `ShapeError` for a frame with another number of features. */
  apply(frame: Frame): Float32Array {
    if (frame.length !== this.size)
      throw new ShapeError(`video: a frame has ${frame.length} numbers; expected ${this.size}`)
    return this.mean.map((mean, i) => (this.deviation[i] > 0 ? (frame[i] - mean) / this.deviation[i] : 0))
  }
}
