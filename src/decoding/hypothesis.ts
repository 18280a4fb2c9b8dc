import { UsageError } from '../errors.js'
import { checkNumber } from './checks.js'
import type { ConstraintName } from './constraints.js'

/** A sequence that a search has found. */
export interface Hypothesis {
  /** The tokens, without the one that ends the sequence. */
  readonly tokens: readonly number[]
  /** log P of each token and, when `ended`, of the end. */
  readonly tokenLogProbs: readonly number[]
  /** Σ log P. */
  readonly logProb: number
  /** What the search ranks by: Σ log P / T^α, less the coverage penalty. */
  readonly score: number
  /** Whether it ended with the end token; false when no continuation was allowed. */
  readonly ended: boolean
  /** The attention weights behind each of `tokenLogProbs`, when they were asked for. */
  readonly attention?: readonly ArrayLike<number>[]
  /** Of a sequence that `scoreSequences` was given: the option by which a search with the same options could not write it. */
  readonly forbiddenBy?: ConstraintName
}

/** How hypotheses of different lengths are compared. */
export interface ScoreOptions {
  /**
   * α of score = (1 / T^α) Σ log P, where T counts the tokens and the end. 0 compares the sums, which favours short
   * sequences; 1 compares the means. Default 0.7.
   */
  lengthNormalisation?: number
  /**
   * β of the penalty for source positions that got little attention: β Σ_i log min(1, Σ_t a_ti) is added to the score (Wu et
   * al. 2016, eq. 14). Needs a stepper that offers attention. Default 0.
   */
  coveragePenalty?: number
}

/** The score options with their defaults. Throws a `UsageError` for one out of range. */
export function checkScoring(operation: string, options: ScoreOptions): Required<ScoreOptions> {
  const { lengthNormalisation = 0.7, coveragePenalty = 0 } = options
  const check = (name: string, value: number) => checkNumber(operation, name, value, 0)
  return {
    lengthNormalisation: check('lengthNormalisation', lengthNormalisation),
    coveragePenalty: check('coveragePenalty', coveragePenalty),
  }
}

/** A token at the end of a hypothesis, linked to those before it; hypotheses with the same beginning share it. */
export interface Link {
  readonly before: Link | undefined
  readonly token: number
  readonly logProb: number
  /** Σ log P up to here. */
  readonly sum: number
  /** The tokens up to here; 0 for the start. */
  readonly length: number
  readonly attention: ArrayLike<number> | undefined
}

/** The link before the first token, which holds the token that starts the decoding. */
export function startLink(token: number): Link {
  return { before: undefined, token, logProb: 0, sum: 0, length: 0, attention: undefined }
}

/** The hypothesis one token longer. */
export function follow(before: Link, token: number, logProb: number, attention?: ArrayLike<number>): Link {
  return { before, token, logProb, sum: before.sum + logProb, length: before.length + 1, attention }
}

/** The tokens up to a link. */
export function tokensOf(link: Link): number[] {
  return chain(link).map(({ token }) => token)
}

/**
 * The hypothesis that ends with a link; `ended` says that this link is the end token. Throws a `UsageError` for a coverage penalty where
 * the model has no attention.
 */
export function hypothesisOf(link: Link, ended: boolean, options: Required<ScoreOptions>): Hypothesis {
  const links = chain(link)
  const tokens = links.map(({ token }) => token)
  const attention = links.flatMap(({ attention }) => (attention ? [attention] : []))
  return {
    tokens: ended ? tokens.slice(0, -1) : tokens,
    tokenLogProbs: links.map(({ logProb }) => logProb),
    logProb: link.sum,
    score: scoreOf(link.sum, link.length, attention, options),
    ended,
    ...(attention.length > 0 && { attention }),
  }
}

/**
 * (1 / T^α) Σ log P, and the coverage penalty.
 *
 * ```ts
 * normalisedScore(-6, 4, 0.5) // -3
 * ```
 */
export function normalisedScore(logProb: number, length: number, alpha: number): number {
  return logProb / Math.max(1, length) ** alpha
}

/**
 * Σ_i log min(1, Σ_t a_ti), at most 0, for the attention a_t of every step over the source positions i. A position without
 * any attention counts as if it had 10⁻⁹, so that the result stays finite.
 */
export function coverageOf(attention: readonly ArrayLike<number>[]): number {
  let total = 0
  for (let i = 0; i < (attention[0]?.length ?? 0); i++) {
    let sum = 0
    for (const weights of attention) sum += weights[i]
    total += Math.log(Math.min(1, Math.max(sum, 1e-9)))
  }
  return total
}

function scoreOf(
  sum: number,
  length: number,
  attention: readonly ArrayLike<number>[],
  { lengthNormalisation, coveragePenalty }: Required<ScoreOptions>,
): number {
  const score = normalisedScore(sum, length, lengthNormalisation)
  if (coveragePenalty === 0) return score
  if (length > 0 && attention.length === 0)
    throw new UsageError(
      `decoding: got coveragePenalty ${coveragePenalty} for a model without attention; expected 0, there is nothing to cover`,
    )
  return score + coveragePenalty * coverageOf(attention)
}

function chain(link: Link): Link[] {
  const links: Link[] = []
  for (let at: Link | undefined = link; at?.before; at = at.before) links.push(at)
  return links.reverse()
}
