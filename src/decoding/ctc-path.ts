import { NonFiniteError, ShapeError, UsageError } from '../errors.js'
import type { Matrix } from './stepper.js'

/** A label that CTC has found, and the steps that say it: from `start` to before `end`. */
export interface CtcLabel {
  readonly label: number
  readonly start: number
  readonly end: number
}

/** Labels with their steps, and log P of the one way of spelling them that was followed. */
export interface CtcPath {
  readonly labels: readonly CtcLabel[]
  readonly logProb: number
}

/**
 * Best path decoding: the most probable class of each step, where repetitions are one label and blanks are none. Fast, and often right;
 * but many ways to spell one text may together be more probable than the best single one, which `CtcSearch` finds.
 *
 * `logProbs` [steps, classes] are log probabilities (or logits: then `logProb` is a score). Of equal classes the lower one wins.
 *
 * ```ts
 * bestPath({ shape: [2, 2], data: [0.6, 0.4, 0.6, 0.4].map(Math.log) }).labels // none: P(blank, blank) = 0.36
 * ```
 */
export function bestPath(logProbs: Matrix, blank = 0): CtcPath {
  const [steps, classes] = checkCtc('bestPath', logProbs, blank)
  const symbols = Int32Array.from({ length: steps }, (_, t) => largestOf(logProbs.data, t * classes, classes))
  const logProb = symbols.reduce((sum, symbol, t) => sum + logProbs.data[t * classes + symbol], 0)
  return { labels: labelsOf(symbols, blank), logProb }
}

/**
 * The most probable way in which the steps spell given labels: when each of them is said (Viterbi), in memory for labels · √steps. Labels without a way to be spelled
 * throw a `UsageError`.
 *
 * ```ts
 * alignLabels(logProbs, [8, 5, 12, 12, 15]).labels[0] // { label: 8, start: 3, end: 5 }
 * ```
 */
export function alignLabels(logProbs: Matrix, labels: ArrayLike<number>, blank = 0): CtcPath {
  const [steps, classes] = checkCtc('alignLabels', logProbs, blank)
  const states = 2 * labels.length + 1
  const symbol = (state: number) => (state % 2 === 1 ? labels[(state - 1) / 2] : blank)
  for (let i = 0; i < labels.length; i++)
    if (!Number.isInteger(labels[i]) || labels[i] < 0 || labels[i] >= classes || labels[i] === blank)
      throw new UsageError(
        `alignLabels: got label ${labels[i]}; expected a class other than the blank, ${blank}`,
      )
  const follow = (scores: Float64Array<ArrayBuffer>, t: number, back?: Uint8Array) => {
    const next = new Float64Array(states).fill(-Infinity)
    for (let state = 0; state < states; state++) {
      const skips = state % 2 === 1 && state > 1 && symbol(state) !== symbol(state - 2)
      let best = t === 0 ? (state < 2 ? 0 : -Infinity) : scores[state]
      for (let by = 1; t > 0 && by <= (skips ? 2 : 1) && by <= state; by++)
        if (scores[state - by] > best) {
          best = scores[state - by]
          if (back) back[state] = by
        }
      next[state] = best + logProbs.data[t * classes + symbol(state)]
    }
    return next
  }
  // where each step came from is kept for one block of steps at a time, and found again from the scores at its begin
  const block = Math.max(1, Math.ceil(Math.sqrt(steps)))
  const begins: Float64Array<ArrayBuffer>[] = []
  let scores = new Float64Array(states).fill(-Infinity)
  for (let t = 0; t < steps; t++) {
    if (t % block === 0) begins.push(scores)
    scores = follow(scores, t)
  }
  let state = states > 1 && scores[states - 2] > scores[states - 1] ? states - 2 : states - 1
  const logProb = scores[state]
  if (logProb === -Infinity)
    throw new UsageError(`alignLabels: got ${labels.length} labels that ${steps} steps cannot spell`)
  const found: CtcLabel[] = []
  let end = steps
  for (let b = begins.length - 1; b >= 0; b--) {
    const [first, last] = [b * block, Math.min(steps, (b + 1) * block)]
    const back = new Uint8Array((last - first) * states) // by how many states the best way came forward
    let at = begins[b]
    for (let t = first; t < last; t++)
      at = follow(at, t, back.subarray((t - first) * states, (t - first + 1) * states))
    for (let t = last - 1; t >= first; t--) {
      const by = t > 0 ? back[(t - first) * states + state] : 1
      if (by === 0) continue
      if (state % 2 === 1) found.push({ label: symbol(state), start: t, end })
      end = t
      state -= by
    }
  }
  return { labels: found.reverse(), logProb }
}

/** The steps and classes of log probabilities. Throws a `ShapeError`, a `UsageError` for the blank, a `NonFiniteError` for NaN. */
export function checkCtc(
  operation: string,
  { shape, data }: Matrix,
  blank: number,
): readonly [number, number] {
  const [steps, classes] = shape
  if (shape.length !== 2 || data.length !== steps * classes)
    throw new ShapeError(
      `${operation}: got log probabilities [${shape.join(', ')}]; expected [steps, classes]`,
    )
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes)
    throw new UsageError(`${operation}: got blank ${blank}; expected a class from 0 to ${classes - 1}`)
  for (let i = 0; i < data.length; i++)
    if (!(data[i] < Infinity))
      throw new NonFiniteError(
        `${operation}: log P of class ${i % classes} at step ${Math.floor(i / classes)} is ${data[i]}`,
      )
  return [steps, classes]
}

function largestOf(data: ArrayLike<number>, begin: number, count: number): number {
  let best = 0
  for (let k = 1; k < count; k++) if (data[begin + k] > data[begin + best]) best = k
  return best
}

function labelsOf(symbols: Int32Array, blank: number): CtcLabel[] {
  const labels: CtcLabel[] = []
  for (let t = 0; t < symbols.length; ) {
    let end = t + 1
    while (end < symbols.length && symbols[end] === symbols[t]) end++
    if (symbols[t] !== blank) labels.push({ label: symbols[t], start: t, end })
    t = end
  }
  return labels
}
