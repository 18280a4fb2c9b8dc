import { ShapeError } from '../errors.js'
import type { Hypothesis } from './hypothesis.js'

/**
 * Who is at fault for an output that is not the reference; `'none'` when it is, `'forbidden'` where the search was not allowed to write
 * the reference, so that neither could help it.
 */
export type Fault = 'beam' | 'model' | 'forbidden' | 'none'

/** The faults over a set of sentences. */
export interface Attribution {
  /** One per sentence. */
  readonly faults: readonly Fault[]
  /** The share of the wrong outputs that the search is to blame for; 0 when none is wrong. */
  readonly beam: number
  /** The share of the wrong outputs that the model is to blame for; 0 when none is wrong. */
  readonly model: number
  /** The share of the wrong outputs whose references a constraint of the search forbids; 0 when none is wrong. */
  readonly forbidden: number
  /** The share of all outputs that are wrong. */
  readonly wrong: number
}

/**
 * Beam or model? Compares the score of the reference y* with that of the output ŷ, both under the model and normalised alike.
 * If score(y*) > score(ŷ), the better sequence was there and the search has missed it: the beam is at fault. Otherwise the
 * model prefers the wrong sequence, and no search could have mended that; a tie counts so too. A reference that has `forbiddenBy`, as it
 * is too long for the search or has a banned token, says nothing about either: it is `'forbidden'`.
 *
 * The scores of the references come from `scoreSequences` with the options of the search. An output is right when it has the tokens of
 * its reference. Throws a `ShapeError` when the lists differ in length.
 *
 * ```ts
 * const outputs = beamSearch(stepper, { ...options, width: 3 }).map(({ hypotheses }) => hypotheses[0])
 * attribute(scoreSequences(stepper, references, options), outputs) // { faults: ['model', 'none', …], beam: 0.1, … }
 * ```
 */
export function attribute(references: readonly Hypothesis[], outputs: readonly Hypothesis[]): Attribution
/** The same for outputs that are compared in another way, as texts for example: `isRight` says which are right. */
export function attribute<H extends { readonly score: number; readonly forbiddenBy?: string }>(
  references: readonly H[],
  outputs: readonly H[],
  isRight: (reference: H, output: H) => boolean,
): Attribution
/** Both of the above. */
export function attribute(
  references: readonly Hypothesis[],
  outputs: readonly Hypothesis[],
  isRight: (reference: Hypothesis, output: Hypothesis) => boolean = sameTokens,
): Attribution {
  if (references.length !== outputs.length)
    throw new ShapeError(
      `attribute: got ${references.length} references for ${outputs.length} outputs; expected as many`,
    )
  const faults = references.map((reference, i): Fault => {
    if (isRight(reference, outputs[i])) return 'none'
    if (reference.forbiddenBy !== undefined) return 'forbidden'
    return reference.score > outputs[i].score ? 'beam' : 'model'
  })
  const count = (fault: Fault) => faults.filter((other) => other === fault).length
  const wrong = faults.length - count('none')
  const share = (fault: Fault) => (wrong === 0 ? 0 : count(fault) / wrong)
  return {
    faults,
    beam: share('beam'),
    model: share('model'),
    forbidden: share('forbidden'),
    wrong: faults.length === 0 ? 0 : wrong / faults.length,
  }
}

function sameTokens(reference: Hypothesis, output: Hypothesis): boolean {
  return (
    reference.tokens.length === output.tokens.length &&
    reference.tokens.every((token, i) => token === output.tokens[i])
  )
}
