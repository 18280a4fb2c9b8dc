import { UsageError } from '../errors.js'
import type { Random } from '../random/index.js'
import { checkNumber, checkWhole } from './checks.js'

/** How the model's probabilities are changed before a token is drawn. */
export interface SamplingOptions {
  /** τ: probabilities become p^(1/τ), normalised. Below 1 likely tokens become likelier; 1 (default) changes nothing. */
  temperature?: number
  /** Draw from the k most probable tokens only; 0 (default) means all. */
  topK?: number
  /**
   * Nucleus sampling: draw from the fewest most probable tokens whose probabilities add up to at least p (Holtzman et al.
   * 2020). 1 (default) means all.
   */
  topP?: number
  /**
   * θ >= 1: the log probability of every token that the sequence already has is multiplied by θ, which makes it less likely
   * (Keskar et al. 2019, whose logits are here log probabilities and thus never positive). 1 (default) changes nothing.
   */
  repetitionPenalty?: number
}

/** Throws a `UsageError` for an option out of range. */
export function checkSampling({
  temperature = 1,
  topK = 0,
  topP = 1,
  repetitionPenalty = 1,
}: SamplingOptions): void {
  if (!(temperature > 0 && temperature < Infinity))
    throw new UsageError(
      `sample: got temperature ${temperature}; expected a number above 0 (for the most probable token use greedy)`,
    )
  checkWhole('sample', 'topK', topK, 0)
  if (!(topP > 0 && topP <= 1))
    throw new UsageError(`sample: got topP ${topP}; expected a number above 0 and at most 1`)
  checkNumber('sample', 'repetitionPenalty', repetitionPenalty, 1)
}

/** Tokens that may be drawn with their probabilities, which add up to 1. */
export interface Shaped {
  readonly tokens: Int32Array
  readonly probabilities: Float64Array
}

/**
 * What a token is drawn from: the repetition penalty, then the temperature, then the k most probable tokens, then the nucleus.
 * A log probability of -∞ says that a token may not be drawn. The tokens come in the order of their numbers, or the most
 * probable first (of equals the lower number) when some were cut off.
 *
 * ```ts
 * shapeProbabilities([Math.log(0.5), Math.log(0.3), Math.log(0.2)], [], { topK: 2 }).probabilities // 0.625, 0.375
 * ```
 */
export function shapeProbabilities(
  logProbs: ArrayLike<number>,
  history: Iterable<number>,
  { temperature = 1, topK = 0, topP = 1, repetitionPenalty = 1 }: SamplingOptions,
): Shaped {
  const values = Float64Array.from(logProbs)
  if (repetitionPenalty !== 1) for (const token of new Set(history)) values[token] *= repetitionPenalty
  const possible = Int32Array.from(values.keys()).filter((token) => values[token] > -Infinity)
  const tokens = topK > 0 && topK < possible.length ? largest(possible, values).subarray(0, topK) : possible
  const probabilities = softmax(Float64Array.from(tokens, (token) => values[token] / temperature))
  return topP === 1 ? { tokens, probabilities } : nucleus(tokens, probabilities, topP)
}

/** Draws a token; -1 when none may be drawn. */
export function drawToken(
  logProbs: ArrayLike<number>,
  history: Iterable<number>,
  options: SamplingOptions,
  random: Random,
): number {
  const { tokens, probabilities } = shapeProbabilities(logProbs, history, options)
  let rest = random.uniform()
  for (const [i, probability] of probabilities.entries()) {
    rest -= probability
    if (rest < 0) return tokens[i]
  }
  return tokens.at(-1) ?? -1 // the probabilities add up to 1 only up to rounding
}

function softmax(values: Float64Array): Float64Array {
  const largest = values.reduce((a, b) => Math.max(a, b), -Infinity)
  const exponentials = values.map((value) => Math.exp(value - largest))
  const sum = exponentials.reduce((a, b) => a + b, 0)
  return exponentials.map((e) => e / sum)
}

// Tokens below (1 - p) / n have less than 1 - p together: the nucleus has none of them, and they need not be sorted.
function nucleus(tokens: Int32Array, probabilities: Float64Array, topP: number): Shaped {
  const least = (1 - topP) / tokens.length
  const likely = Int32Array.from(tokens.keys()).filter((i) => probabilities[i] >= least)
  const order = largest(likely, probabilities)
  let count = 0
  let sum = 0
  while (count < order.length && sum < topP) sum += probabilities[order[count++]]
  const kept = order.subarray(0, count)
  return {
    tokens: kept.map((i) => tokens[i]),
    probabilities: Float64Array.from(kept, (i) => probabilities[i] / sum),
  }
}

// The places in the order of their values, the largest first, of equal ones the lower place.
function largest(places: Int32Array, values: Float64Array): Int32Array {
  return places.sort((a, b) => values[b] - values[a] || a - b)
}
