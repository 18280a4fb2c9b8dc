import { grayscale, resize } from '../data/images.js'
import { UsageError } from '../errors.js'
import type { FrameReader } from './frame-reader.js'
import type { Decided } from './settings.js'
import { isSound, type Signal } from './transcribe-rows.js'
import type { TranscribeSettings } from './transcribe-settings.js'

/** Pictures whose contrast is below this say nothing. */
const flat = 1e-3

/** Lines of writing, read column by column: each column of pixels is a frame, ink is positive, paper about 0. */
export class PictureFrames implements FrameReader {
  readonly size: number
  readonly unit = 'pixels'
  readonly key: string
  readonly #ink: 'auto' | 'dark' | 'light'

  constructor({ height, ink }: Decided<TranscribeSettings>['picture'] | TranscribeSettings['picture']) {
    this.size = height
    this.#ink = ink
    this.key = `picture ${height} ${ink}`
  }

  stepOf(signal: Signal): number {
    return isSound(signal) ? 1 : signal.height / this.size
  }

  frames(signal: Signal, name: string): Float32Array {
    if (isSound(signal)) throw new UsageError(`${name}: expected a picture of a line of writing, got a sound`)
    const { width, height, data } = resize(grayscale(signal), { height: this.size })
    const light = this.#ink === 'light' || (this.#ink === 'auto' && median(data) < mean(data))
    const frames = new Float32Array(width * height)
    for (let x = 0; x < width; x++)
      for (let y = 0; y < height; y++) {
        const brightness = data[y * width + x]
        frames[x * height + y] = light ? brightness : 1 - brightness
      }
    return frames
  }

  /** Paper, the most frequent brightness, to 0, and the deviation of all pixels to 1. */
  normalized(frames: Float32Array): Float32Array {
    const paper = median(frames)
    const average = mean(frames)
    const variance = frames.reduce((sum, x) => sum + (x - average) ** 2, 0) / frames.length
    const deviation = Math.max(flat, Math.sqrt(variance))
    return frames.map((x) => (x - paper) / deviation)
  }

  dispose(): void {} // plain numbers only
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function median(values: Float32Array): number {
  return Float32Array.from(values).sort()[values.length >> 1]
}
