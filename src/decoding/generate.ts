import { UsageError } from '../errors.js'
import type { Random } from '../random/index.js'
import { checkProbability, logProbOf } from './candidates.js'
import type { Allowance, DecodingOptions } from './constraints.js'
import { Constraints } from './constraints.js'
import type { Hypothesis, ScoreOptions } from './hypothesis.js'
import { checkScoring, follow, hypothesisOf, startLink } from './hypothesis.js'
import type { SamplingOptions } from './sampling.js'
import { checkSampling, drawToken } from './sampling.js'
import type { Matrix, Stepper } from './stepper.js'
import { Walk } from './stepper.js'

/** What `greedy` and `sample` can be told. */
export interface GenerateOptions extends DecodingOptions, ScoreOptions {
  /** Whether to return the attention weights of each step, where the stepper offers them. */
  attention?: boolean
  /** Sees every token of every input as soon as it is decided: for text that is shown while it is written. */
  onToken?: (token: number, input: number) => void
}

/**
 * Greedy decoding: the most probable token at every step; of equals the lower one. One hypothesis per input; all inputs advance
 * in one batch. Throws a `UsageError` for an option out of range.
 *
 * ```ts
 * const [{ tokens }] = greedy(stepper, { start: 1, end: 2 })
 * ```
 */
export function greedy<S>(stepper: Stepper<S>, options: GenerateOptions): Hypothesis[] {
  return generate(stepper, options, 'greedy', (logProbs) => largestPlace(logProbs))
}

/** What `sample` can be told. */
export interface SampleOptions extends GenerateOptions, SamplingOptions {
  /**
   * Decides everything random. Every input has a stream of its own, split off by its place, so that its sequence does not depend on the
   * others; a list gives each input its stream.
   */
  random: Random | readonly Random[]
}

/**
 * Free running: each token is drawn from the model's own probabilities, made sharper or cut off by `temperature`, `topK`,
 * `topP` and `repetitionPenalty`. The log probabilities returned are the model's own, whatever the draw was made from.
 *
 * @throws UsageError for an option out of range, and for another number of random streams than inputs.
 *
 * ```ts
 * const [{ tokens }] = sample(stepper, { start: 0, end: 0, topP: 0.9, temperature: 0.8, random: new Random(1) })
 * ```
 */
export function sample<S>(stepper: Stepper<S>, options: SampleOptions): Hypothesis[] {
  checkSampling(options)
  const { random, batch = 1 } = options
  const streams =
    'split' in random ? Array.from({ length: batch }, (_, input) => random.split(input)) : random
  if (streams.length !== batch)
    throw new UsageError(`sample: got ${streams.length} random streams; expected ${batch}, one per input`)
  const seen = streams.map(() => new Set<number>()) // for the repetition penalty
  return generate(stepper, options, 'sample', (logProbs, input) => {
    const token = drawToken(logProbs, seen[input], options, streams[input])
    seen[input].add(token)
    return token
  })
}

/** Chooses among the tokens whose log P is not -∞; -1 when there are none. */
type Choose = (logProbs: Float64Array, input: number) => number

function generate<S>(
  stepper: Stepper<S>,
  options: GenerateOptions,
  operation: string,
  choose: Choose,
): Hypothesis[] {
  const constraints = new Constraints(operation, options)
  const scoring = checkScoring(operation, options)
  const keepsAttention = options.attention === true || scoring.coveragePenalty > 0
  const done: Hypothesis[] = new Array(constraints.batch)
  const walk = new Walk(stepper, constraints.batch)
  let live = Array.from(constraints.starts, (start, input) => ({ input, link: startLink(start) }))
  while (live.length > 0)
    walk.advance(
      Int32Array.from(live, ({ link }) => link.token),
      ({ logProbs, attention }) => {
        const rows: number[] = []
        const next: typeof live = []
        for (const [row, { input, link }] of live.entries()) {
          const possible = allowedOnly(logProbs, row, constraints.allowed(input, link))
          const token = choose(possible, input)
          if (token < 0) {
            done[input] = hypothesisOf(link, false, scoring)
            continue
          }
          const weights = keepsAttention ? attention?.(row) : undefined
          const longer = follow(link, token, possible[token], weights && Float64Array.from(weights))
          const given = link.length < (options.prefixes?.[input]?.length ?? 0) // an end in the prefix ends nothing
          if (token === constraints.end && !given) done[input] = hypothesisOf(longer, true, scoring)
          else {
            options.onToken?.(token, input)
            if (constraints.stops(input, longer)) {
              done[input] = hypothesisOf(longer, false, scoring)
              continue
            }
            rows.push(row)
            next.push({ input, link: longer })
          }
        }
        live = next
        return Int32Array.from(rows)
      },
    )
  return done
}

// A row of log probabilities, -∞ for what is not allowed.
function allowedOnly(logProbs: Matrix, row: number, { only, not }: Allowance): Float64Array {
  const [, columns] = logProbs.shape
  const values = new Float64Array(columns).fill(-Infinity)
  if (only !== undefined) {
    values[only] = logProbOf(logProbs, row, only)
    return values
  }
  const { data } = logProbs
  for (let token = 0; token < columns; token++) values[token] = data[row * columns + token]
  for (const [token, logProb] of values.entries()) checkProbability(logProb, token)
  for (const token of not) if (token >= 0) values[token] = -Infinity
  return values
}

function largestPlace(values: Float64Array): number {
  let place = -1
  let best = -Infinity
  for (let i = 0; i < values.length; i++)
    if (values[i] > best) {
      place = i
      best = values[i]
    }
  return place
}
