import type { Signal } from './transcribe-rows.js'

/** How a recording or a picture becomes frames that a network reads one after the other. */
export interface FrameReader {
  /** Numbers of a frame. */
  readonly size: number
  /** How much further a frame is than the one before: seconds, or pixels of the signal's own size. */
  stepOf(signal: Signal): number
  readonly unit: 'seconds' | 'pixels'
  /** The settings by which frames are made, in one line: kept frames with another are not used. */
  readonly key: string
  /**
   * The frames as they are kept, [frames · size]. Throws a `UsageError` for a signal of another kind, one that is too short or has numbers
   * that are not finite; `name` is what it is called.
   */
  frames(signal: Signal, name: string): Float32Array
  /** Frames as the network reads them: loudness and contrast taken out. */
  normalized(frames: Float32Array): Float32Array
  /** Releases its memory. */
  dispose(): void
}
