import { NonFiniteError, UsageError } from '../errors.js'
import { Tensor, top, topLogSoftmax } from '../tensor/index.js'
import type { Allowance } from './constraints.js'
import { LogProbabilities } from './log-probabilities.js'
import type { Matrix } from './stepper.js'

/** The `count` most probable tokens of each row, best first; of equal ones the lower token first. */
export interface Ranking {
  readonly count: number
  /** [rows · count] */
  readonly tokens: ArrayLike<number>
  /** [rows · count] */
  readonly logProbs: ArrayLike<number>
}

/** Ranks the tokens of each row: in the kernels when the log probabilities are a tensor's or those of logits. */
export function rankTokens(logProbs: Matrix, count: number): Ranking {
  const [rows, columns] = logProbs.shape
  const fitting = Math.min(count, columns)
  if (logProbs instanceof Tensor || logProbs instanceof LogProbabilities) {
    const { values, indices } =
      logProbs instanceof Tensor ? top(logProbs, fitting) : topLogSoftmax(logProbs.logits, fitting)
    return { count: fitting, tokens: indices.data, logProbs: values.data }
  }
  const order = Array.from({ length: rows }, (_, row) => {
    const values = Array.from({ length: columns }, (_, token) => logProbs.data[row * columns + token])
    const broken = values.findIndex(Number.isNaN)
    const tokens = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b)
    return broken < 0 ? tokens.slice(0, fitting) : [broken, ...tokens].slice(0, fitting)
  })
  const tokens = order.flat()
  return {
    count: fitting,
    tokens,
    logProbs: tokens.map((token, i) => logProbs.data[Math.floor(i / fitting) * columns + token]),
  }
}

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

  /** Offers all that may follow one hypothesis, whose row is ranked. Returns whether anything was possible. */
  offer(parent: number, before: number, ranking: Ranking, row: number, { not }: Allowance): boolean {
    const { count, tokens, logProbs } = ranking
    let possible = false
    for (let i = row * count; i < (row + 1) * count; i++) {
      const logProb = logProbs[i]
      checkProbability(logProb, tokens[i])
      if (logProb === -Infinity || not.has(tokens[i])) continue
      possible = true
      if (!this.add({ parent, token: tokens[i], logProb, sum: before + logProb })) break // those behind are no better
    }
    return possible
  }

  /** Adds a candidate; false when it is not among the best. */
  add(candidate: Candidate): boolean {
    const { best, capacity } = this
    let place = best.length
    while (place > 0 && best[place - 1].sum < candidate.sum) place--
    if (place === capacity) return false
    best.splice(place, 0, candidate)
    if (best.length > capacity) best.pop()
    return true
  }
}

/** The log P of one token of a row. Throws a `UsageError` when the model has no such token. */
export function logProbOf({ shape, data }: Matrix, row: number, token: number): number {
  const [, columns] = shape
  if (!Number.isInteger(token) || token < 0 || token >= columns)
    throw new UsageError(`decoding: got token ${token}; expected a whole number from 0 to ${columns - 1}`)
  const logProb = data[row * columns + token]
  checkProbability(logProb, token)
  return logProb
}

/** Throws a `NonFiniteError` for NaN. */
export function checkProbability(logProb: number, token: number): void {
  if (Number.isNaN(logProb))
    throw new NonFiniteError(`decoding: the model gives log P = NaN for token ${token}`)
}
