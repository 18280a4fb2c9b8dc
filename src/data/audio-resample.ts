import { UsageError } from '../errors.js'

/** How many zero crossings of the sinc stand on each side of an output sample. */
const crossings = 64

/** Where the filter lets half of the amplitude pass, as a share of half the lower rate (the Nyquist frequency). */
const cutoff = 0.95

/** Kaiser's β for a stop band of -100 dB: 0.1102 (100 - 8.7). */
const beta = 0.1102 * 91.3

/** Filter numbers that are kept (64 MB); what a very odd ratio needs beyond is computed whenever it is used. */
const mostKept = 2 ** 23

const highestRate = 1_000_000
const largestRatio = 1000

/**
 * Brings sound from one sample rate to another. Sample m of the result stands at the time m / to:
 *
 *   y_m = Σ_k x_k h(m · from / to - k)      h(t) = sinc(0.95 r t) · Kaiser window(r t / 64),  r = min(1, to / from)
 *
 * where h is scaled so that its values for each m add up to 1, and x is 0 before its begin and after its end. ⌈samples · to / from⌉ samples
 * come out, the samples themselves for equal rates. Frequencies up to 90 % of half the lower rate pass unchanged within 0.00002; those above
 * half the lower rate are gone: at least 100 dB down. The time is linear in the samples: with to / from = up / down in lowest terms the filter
 * has only `up` different sets of weights (a polyphase filter), and each is computed once.
 *
 * Source: J. Smith, Digital Audio Resampling (2002); J. Kaiser (1974) for the window and its β.
 *
 * ```ts
 * const resampler = new Resampler(44_100, 16_000)
 * const samples = resampler.forward(recording)
 * const live = resampler.stream()
 * live.push(chunk)   // what is complete
 * live.end()         // the rest
 * ```
 */
export class Resampler {
  /** to / from in lowest terms. */
  readonly up: number
  readonly down: number
  /** Input samples before and after its own place that an output sample is made of. */
  readonly before: number
  readonly after: number
  readonly #rows = new Map<number, Float64Array>()

  /** Rates in samples per second, whole numbers to 1,000,000, at most 1,000 times each other; a `UsageError` otherwise. */
  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    for (const [name, value] of Object.entries({ from, to }))
      if (!Number.isInteger(value) || value < 1 || value > highestRate)
        throw new UsageError(
          `Resampler: got ${name} ${value}; expected a sample rate, a whole number from 1 to ${highestRate.toLocaleString('en')}`,
        )
    if (Math.max(from / to, to / from) > largestRatio)
      throw new UsageError(
        `Resampler: got rates ${from} and ${to}; expected at most ${largestRatio.toLocaleString('en')} times each other`,
      )
    const common = greatestCommonDivisor(from, to)
    this.up = to / common
    this.down = from / common
    const reach = from === to ? 0 : crossings * Math.max(this.up, this.down)
    this.before = Math.floor(reach / this.up)
    this.after = Math.floor((reach + this.up - 1) / this.up)
  }

  /** The whole sound at the new rate. */
  forward(samples: ArrayLike<number>): Float32Array {
    const stream = this.stream()
    const [most, rest] = [stream.push(samples), stream.end()]
    const result = new Float32Array(most.length + rest.length)
    result.set(most)
    result.set(rest, most.length)
    return result
  }

  /** Resamples sound that comes bit by bit. */
  stream(): ResampleStream {
    return new ResampleStream(this)
  }

  /** The filter for an output sample that stands phase / up behind an input sample: a weight for each input from `before` to `after`. */
  weights(phase: number): Float64Array {
    const kept = this.#rows.get(phase)
    if (kept) return kept
    const { before, after, up, down } = this
    const longer = Math.max(up, down)
    const row = Float64Array.from({ length: before + 1 + after }, (_, i) => {
      const time = (phase - (i - before) * up) / longer // in periods of the lower rate
      return up === down ? 1 : sinc(cutoff * time) * kaiser(time / crossings)
    })
    const sum = row.reduce((total, weight) => total + weight, 0)
    for (let i = 0; i < row.length; i++) row[i] /= sum
    if ((this.#rows.size + 1) * row.length <= mostKept) this.#rows.set(phase, row)
    return row
  }
}

/** The state of a stream of resampled sound in plain numbers. */
export interface ResampleSnapshot {
  /** Input that is still needed. */
  readonly waiting: readonly number[]
  readonly place: number
  readonly phase: number
}

/** Sound that comes bit by bit at a new rate: together the very samples of `Resampler.forward`. */
export class ResampleStream {
  /** Input that is still needed; zeros stand for what lies before the begin. */
  #waiting: Float32Array<ArrayBufferLike>
  /** The next output sample stands #phase / up behind sample #place of those waiting. */
  #place: number
  #phase = 0

  constructor(readonly resampler: Resampler) {
    this.#place = resampler.before
    this.#waiting = new Float32Array(resampler.before)
  }

  /** Takes samples and gives those of the new rate that they complete. */
  push(samples: ArrayLike<number>): Float32Array {
    const { up, down, before, after } = this.resampler
    const all = new Float32Array(this.#waiting.length + samples.length)
    all.set(this.#waiting)
    all.set(samples, this.#waiting.length)
    const ready = all.length - after - this.#place
    const result = new Float32Array(Math.max(0, Math.ceil((ready * up - this.#phase) / down)))
    for (let m = 0; m < result.length; m++) {
      result[m] = product(this.resampler.weights(this.#phase), all, this.#place - before)
      this.#phase += down
      this.#place += Math.floor(this.#phase / up)
      this.#phase %= up
    }
    const used = Math.min(this.#place - before, all.length)
    this.#waiting = all.slice(used)
    this.#place -= used
    return result
  }

  /** The samples that waited for more to come. The stream is then as new. */
  end(): Float32Array {
    const rest = this.push(new Float32Array(this.resampler.after))
    this.#waiting = new Float32Array(this.resampler.before)
    this.#place = this.resampler.before
    this.#phase = 0
    return rest
  }

  /** A copy of the state. */
  snapshot(): ResampleSnapshot {
    return { waiting: Array.from(this.#waiting), place: this.#place, phase: this.#phase }
  }

  /** Goes back (or over) to a state. */
  restore({ waiting, place, phase }: ResampleSnapshot): void {
    this.#waiting = Float32Array.from(waiting)
    this.#place = place
    this.#phase = phase
  }
}

/**
 * Samples of one rate at another, as `Resampler` says, which also does streams and many sounds with one filter.
 *
 * ```ts
 * const samples = resample(recording, 44_100, 16_000)
 * ```
 */
export function resample(samples: ArrayLike<number>, from: number, to: number): Float32Array {
  return new Resampler(from, to).forward(samples)
}

function product(weights: Float64Array, samples: Float32Array, first: number): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += weights[i] * samples[first + i]
  return sum
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

/** The Kaiser window from -1 to 1, but for a factor. */
function kaiser(x: number): number {
  return Math.abs(x) > 1 ? 0 : bessel(beta * Math.sqrt(1 - x * x))
}

/** The modified Bessel function I₀(x) = Σ ((x / 2)^k / k!)². */
function bessel(x: number): number {
  let sum = 1
  for (let k = 1, term = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
