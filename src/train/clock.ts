import type { BatchEvent, Position } from './events.js'

/** Measures seconds of training, going on from those of earlier sessions, and estimates what is left. */
export class Clock {
  #zero = performance.now()
  #epochZero = this.#zero
  #epochBatches = 0

  /** Starts with `seconds` on the clock. */
  start(seconds: number): void {
    this.#zero = performance.now() - seconds * 1000
  }

  /** An epoch begins, or goes on after `batches` done in an earlier session. */
  startEpoch(batches: number): void {
    this.#epochZero = performance.now()
    this.#epochBatches = batches
  }

  /** Seconds of training so far. */
  get seconds(): number {
    return (performance.now() - this.#zero) / 1000
  }

  /** Seconds in this epoch, in this session. */
  get epochSeconds(): number {
    return (performance.now() - this.#epochZero) / 1000
  }

  /** The times of a batch event: what is left is the mean time of this epoch's batches times those to come. */
  left(place: Position, batches: number, epochs: number, limit = Infinity): BatchEvent['time'] {
    const { seconds, epochSeconds } = this
    const perBatch = epochSeconds / Math.max(1, place.batch - this.#epochBatches)
    const epochSecondsLeft = perBatch * Math.max(0, batches - place.batch)
    const all = epochSecondsLeft + perBatch * batches * Math.max(0, epochs - place.epoch - 1)
    return {
      seconds,
      epochSeconds,
      epochSecondsLeft,
      secondsLeft: Math.max(0, Math.min(all, limit - seconds)),
    }
  }
}
