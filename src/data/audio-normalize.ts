import { UsageError } from '../errors.js'

/** Deviations below this count as this: a number that never changes becomes 0. */
const smallest = 1e-5

/**
 * Features of one recording, [frames · size], each number of a frame with mean 0 and deviation 1 over the frames: how loud the speaker is,
 * and what the microphone does to each frequency, is gone.
 *
 *   y_t = (x_t - m) / max(s, 1e-5)      m = (1 / T) Σ x_t      s² = (1 / T) Σ (x_t - m)²
 *
 * Where the whole recording is not there yet, `RunningNormalizer` does what can be done. Throws a `UsageError` if the frames are not whole.
 *
 * ```ts
 * const x = normalizeFeatures(features.forward(samples).data, features.size)
 * ```
 */
export function normalizeFeatures(frames: ArrayLike<number>, size: number): Float32Array {
  const count = wholeFrames('normalizeFeatures', frames, size)
  const result = new Float32Array(frames.length)
  for (let i = 0; i < size; i++) {
    let sum = 0
    for (let t = 0; t < count; t++) sum += frames[t * size + i]
    const mean = sum / count
    let squares = 0
    for (let t = 0; t < count; t++) squares += (frames[t * size + i] - mean) ** 2
    const deviation = Math.max(smallest, Math.sqrt(squares / count))
    for (let t = 0; t < count; t++) result[t * size + i] = (frames[t * size + i] - mean) / deviation
  }
  return result
}

/** What a running normalisation knows of the frames so far: all of its state, as JSON takes it. */
export interface RunningState {
  /** Frames that were seen. */
  readonly frames: number
  /** Of each number of a frame. */
  readonly mean: readonly number[]
  readonly variance: readonly number[]
}

/** What `RunningNormalizer` is made of. */
export interface RunningOptions {
  /** Numbers of a frame. */
  readonly size: number
  /** How many frames are remembered: the weight of a frame falls to 1/e in as many. Infinity, all alike, by default. */
  readonly memory?: number
  /** What is known at the begin, such as the state of a stream that has read the training data; nothing by default. */
  readonly initial?: RunningState
}

/**
 * Features normalised by what has been heard so far, for sound that comes as it is spoken. Frame t (1, 2, …) changes the mean m and the
 * variance v of each number, which start at 0, and is then brought to mean 0 and deviation 1 by them:
 *
 *   a = max(1 / t, 1 / memory)      m ← m + a (x - m)      v ← (1 - a) (v + a (x - m)²), with m as it was before
 *   y = (x - m) / max(√v, 1e-5)
 *
 * The first `memory` frames count alike, so that m and v are exactly their mean and variance; then older ones fade, exponentially. The first
 * frame is all zeros unless `initial` says better: at the begin little is known. `forward` gives the bits that a stream gives, so that a
 * model can be trained on whole recordings and used on streams.
 *
 * Source: West (1979) for the mean and variance; T. Finch, Incremental calculation of weighted mean and variance (2009), 9.
 *
 * ```ts
 * const normalizer = new RunningNormalizer({ size: features.size, memory: 300 })
 * const x = normalizer.forward(frames)
 * const live = normalizer.stream()
 * live.push(sound.push(chunk))
 * ```
 */
export class RunningNormalizer {
  readonly size: number
  readonly memory: number
  readonly initial: RunningState

  /** Throws a `UsageError` for an option out of range. */
  constructor({ size, memory = Number.POSITIVE_INFINITY, initial }: RunningOptions) {
    if (!Number.isSafeInteger(size) || size < 1)
      throw new UsageError(`RunningNormalizer: got size ${size}; expected a whole number of at least 1`)
    if (!(memory >= 1))
      throw new UsageError(`RunningNormalizer: got memory ${memory}; expected a number of frames, at least 1`)
    const zeros = Array.from({ length: size }, () => 0)
    this.size = size
    this.memory = memory
    this.initial = checked(initial ?? { frames: 0, mean: zeros, variance: zeros }, size)
  }

  /** The frames of a whole recording, [frames · size]. */
  forward(frames: ArrayLike<number>): Float32Array {
    return this.stream().push(frames)
  }

  /** Normalises frames that come bit by bit. */
  stream(): RunningStream {
    return new RunningStream(this)
  }
}

/** A stream of frames, normalised by those so far. */
export class RunningStream {
  #frames: number
  readonly #mean: Float64Array
  readonly #variance: Float64Array

  constructor(readonly normalizer: RunningNormalizer) {
    const { frames, mean, variance } = normalizer.initial
    this.#frames = frames
    this.#mean = Float64Array.from(mean)
    this.#variance = Float64Array.from(variance)
  }

  /** All that the stream knows: with it as `initial` another one goes on with the same bits. */
  get state(): RunningState {
    return { frames: this.#frames, mean: Array.from(this.#mean), variance: Array.from(this.#variance) }
  }

  /** Goes back (or over) to a state. */
  restore({ frames, mean, variance }: RunningState): void {
    this.#frames = frames
    this.#mean.set(mean)
    this.#variance.set(variance)
  }

  /** Takes whole frames, one after the other, and gives as many. */
  push(frames: ArrayLike<number>): Float32Array {
    const { size, memory } = this.normalizer
    wholeFrames('RunningStream.push', frames, size)
    const result = new Float32Array(frames.length)
    for (let begin = 0; begin < frames.length; begin += size) {
      this.#frames++
      const share = Math.max(1 / this.#frames, 1 / memory)
      for (let i = 0; i < size; i++) result[begin + i] = this.#next(i, frames[begin + i], share)
    }
    return result
  }

  #next(i: number, x: number, share: number): number {
    const off = x - this.#mean[i]
    this.#mean[i] += share * off
    this.#variance[i] = (1 - share) * (this.#variance[i] + share * off * off)
    return (x - this.#mean[i]) / Math.max(smallest, Math.sqrt(this.#variance[i]))
  }
}

function checked(state: RunningState, size: number): RunningState {
  const { frames, mean, variance } = state
  if (!Number.isSafeInteger(frames) || frames < 0)
    throw new UsageError(
      `RunningNormalizer: got initial.frames ${frames}; expected a whole number of at least 0`,
    )
  for (const [name, values] of Object.entries({ mean, variance })) {
    if (values.length !== size)
      throw new UsageError(
        `RunningNormalizer: got ${values.length} numbers in initial.${name}; expected as many as the size, ${size}`,
      )
    const wrong = values.findIndex((x) => !Number.isFinite(x) || (name === 'variance' && x < 0))
    if (wrong >= 0)
      throw new UsageError(
        `RunningNormalizer: got initial.${name}[${wrong}] ${values[wrong]}; expected a finite number${name === 'variance' ? ' of at least 0' : ''}`,
      )
  }
  return state
}

function wholeFrames(name: string, frames: ArrayLike<number>, size: number): number {
  if (!Number.isSafeInteger(size) || size < 1 || frames.length % size !== 0)
    throw new UsageError(
      `${name}: got ${frames.length} numbers and size ${size}; expected a multiple of the size, a whole number of at least 1`,
    )
  return frames.length / size
}
