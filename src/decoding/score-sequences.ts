import { ShapeError } from '../errors.js'
import { logProbOf } from './candidates.js'
import type { DecodingOptions } from './constraints.js'
import { Constraints } from './constraints.js'
import type { Hypothesis, ScoreOptions } from './hypothesis.js'
import { checkScoring, follow, hypothesisOf, startLink } from './hypothesis.js'
import type { Stepper } from './stepper.js'
import { Walk } from './stepper.js'

/**
 * What `scoreSequences` can be told. The constraints of a search change no score; they say which sequences that search could not write
 * (`forbiddenBy`).
 */
export interface ScoreSequencesOptions extends DecodingOptions, ScoreOptions {
  /** The token fed first: one for all sequences, or one for each. */
  start: number | ArrayLike<number>
  /** The token that ends a sequence; its log P is counted too. Left out, a sequence does not end. */
  end?: number
  /** The number of inputs; by default one per sequence. Prefixes are one per input. */
  batch?: number
  /** The input that each sequence belongs to, for several sequences of one input; by default sequence i has input i. */
  inputs?: ArrayLike<number>
  /** Whether to return the attention weights of each step, where the stepper offers them. */
  attention?: boolean
}

/**
 * The log P that a model gives to sequences, and their scores as a search would rank them: for sentence scoring, the ranking of
 * n-best lists, and `attribute`. All sequences advance in one batch.
 *
 * @throws ShapeError when starts or inputs do not fit the sequences; UsageError for a token that the model does not have, and for an
 * option out of range.
 *
 * ```ts
 * const [pair, pear] = scoreSequences(stepper, [theAppleAndPairSalad, theAppleAndPearSalad], { start: 1, end: 2 })
 * pair.logProb < pear.logProb // true
 * ```
 */
export function scoreSequences<S>(
  stepper: Stepper<S>,
  sequences: readonly ArrayLike<number>[],
  options: ScoreSequencesOptions,
): Hypothesis[] {
  const { start, end, batch = sequences.length, inputs } = options
  const starts = typeof start === 'number' ? sequences.map(() => start) : Array.from(start)
  for (const [name, list] of [['start tokens', starts] as const, ['inputs', inputs] as const])
    if (list && list.length !== sequences.length)
      throw new ShapeError(
        `scoreSequences: got ${list.length} ${name} for ${sequences.length} sequences; expected one per sequence`,
      )
  if (sequences.length === 0) return []
  const constraints = new Constraints('scoreSequences', { ...options, start: 0, batch })
  const targets = sequences.map((tokens) => [...Array.from(tokens), ...(end === undefined ? [] : [end])])
  const scoring = checkScoring('scoreSequences', options)
  const keepsAttention = options.attention === true || scoring.coveragePenalty > 0
  const links = starts.map(startLink)
  let live = Int32Array.from(targets.keys()).filter((i) => targets[i].length > 0)
  if (live.length > 0) {
    const walk = new Walk(stepper, batch)
    walk.reorder(live.map((i) => inputs?.[i] ?? i))
    while (live.length > 0)
      walk.advance(
        live.map((i) => links[i].token),
        ({ logProbs, attention }) => {
          for (const [row, i] of live.entries()) {
            const token = targets[i][links[i].length]
            const weights = keepsAttention ? attention?.(row) : undefined
            links[i] = follow(
              links[i],
              token,
              logProbOf(logProbs, row, token),
              weights && Float64Array.from(weights),
            )
          }
          const goesOn = (i: number) => links[i].length < targets[i].length
          const rows = Int32Array.from(live.keys()).filter((row) => goesOn(live[row]))
          live = live.filter(goesOn)
          return rows
        },
      )
  }
  return links.map((link, i) => {
    const hypothesis = hypothesisOf(link, end !== undefined, scoring)
    const forbiddenBy = constraints.forbids(inputs?.[i] ?? i, hypothesis.tokens)
    return { ...hypothesis, ...(forbiddenBy && { forbiddenBy }) }
  })
}
