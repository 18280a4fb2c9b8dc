import { UsageError } from '../errors.js'

/** When a score counts as an event. */
export interface FiringOptions {
  /** Scores from here on fire. */
  readonly threshold: number
  /** Steps after an event in which there is no other; 0 by default. */
  readonly refractory?: number
}

/** What a `Firing` remembers. */
export interface FiringState {
  /** Steps since the last event; null before the first. */
  readonly since: number | null
  /** Whether the score was below the threshold since then. */
  readonly armed: boolean
}

/**
 * Events of a score that comes step by step: one where the score reaches the threshold, and the next one not before `refractory` steps have
 * passed and the score has been below the threshold, so that a word that is heard for many steps is one event.
 *
 * ```ts
 * const firing = new Firing({ threshold: 0.5, refractory: 2 })
 * const events = [0.1, 0.9, 0.9, 0.2, 0.8].map((score) => firing.push(score)) // false, true, false, false, true
 * ```
 */
export class Firing {
  readonly threshold: number
  readonly refractory: number
  #since: number | null = null
  #armed = true

  /** Throws a `UsageError` for a threshold that is no number and a refractory time below 0. */
  constructor({ threshold, refractory = 0 }: FiringOptions) {
    if (Number.isNaN(threshold)) throw new UsageError(`Firing: got threshold ${threshold}; expected a number`)
    if (!(refractory >= 0))
      throw new UsageError(`Firing: got refractory ${refractory}; expected a number of steps, 0 or more`)
    this.threshold = threshold
    this.refractory = refractory
  }

  /** Takes the score of a step and says whether this is an event. */
  push(score: number): boolean {
    if (this.#since !== null) this.#since++
    if (!(score >= this.threshold)) {
      this.#armed = true
      return false
    }
    if (!this.#armed || (this.#since !== null && this.#since <= this.refractory)) return false
    this.#armed = false
    this.#since = 0
    return true
  }

  /** A copy of the state. */
  snapshot(): FiringState {
    return { since: this.#since, armed: this.#armed }
  }

  /** Goes back (or over) to a state. */
  restore({ since, armed }: FiringState): void {
    this.#since = since
    this.#armed = armed
  }
}
