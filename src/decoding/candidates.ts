import { NonFiniteError, UsageError } from '../errors.js'
import type { Allowance } from './constraints.js'
import type { Matrix } from './stepper.js'

/** A continuation: which of the live hypotheses, and the token behind it. */
export interface Candidate {
  readonly parent: number
  readonly token: number
  readonly logProb: number
  /** Σ log P with this token. */
  readonly sum: number
}

/**
 * The `capacity` best candidates offered, best first. Among equals the one offered first stands first, so that a tie is
 * decided by the rank of the hypothesis and then by the number of the token.
 */
export class Candidates {
  readonly best: Candidate[] = []

  constructor(readonly capacity: number) {}

  /** Offers what may follow one hypothesis: a row of log probabilities. Returns whether anything was possible. */
  offer(parent: number, before: number, logProbs: Matrix, row: number, allowed: Allowance): boolean {
    const { data } = logProbs
    const [, columns] = logProbs.shape
    const { only, not } = allowed
    const first = only ?? 0
    if (only !== undefined && only >= columns)
      throw new UsageError(`decoding: token ${only} is outside the model's ${columns} tokens`)
    let possible = false
    let worst = this.#worst()
    for (let token = first; token >= 0 && token < (only === undefined ? columns : only + 1); token++) {
      const logProb = data[row * columns + token]
      if (Number.isNaN(logProb))
        throw new NonFiniteError(`decoding: the model gives log P = NaN for token ${token}`)
      if (!possible && logProb > -Infinity) possible = only !== undefined || !not.has(token)
      const sum = before + logProb
      if (!(sum > worst) || (only === undefined && not.has(token))) continue
      this.#insert({ parent, token, logProb, sum })
      worst = this.#worst()
    }
    return possible
  }

  #worst(): number {
    return this.best.length < this.capacity ? -Infinity : this.best[this.capacity - 1].sum
  }

  #insert(candidate: Candidate): void {
    const { best } = this
    let place = best.length
    while (place > 0 && best[place - 1].sum < candidate.sum) place--
    best.splice(place, 0, candidate)
    if (best.length > this.capacity) best.pop()
  }
}
