import { NonFiniteError, ShapeError, UsageError } from '../errors.js'
import type { Packed } from '../tensor/index.js'
import { describe } from '../tensor/index.js'

/** The scores of a linear chain; `transition` [tags · tags] row by row, from the row's tag to the column's. */
export interface ViterbiScores {
  readonly start: ArrayLike<number>
  readonly transition: ArrayLike<number>
  readonly end: ArrayLike<number>
}

/** Which tags may stand at the beginning, after one another and at the end; 0 forbids. Laid out as `ViterbiScores`. */
export interface ViterbiMask {
  readonly start: Uint8Array
  readonly transition: Uint8Array
  readonly end: Uint8Array
}

/** What `viterbi` can be told. */
export interface ViterbiOptions {
  /** The scores of the chain (of a CRF); zeros when left out. */
  scores?: ViterbiScores
  /** What is allowed, as `tagMask` gives it; everything when left out. */
  mask?: ViterbiMask
}

/** The best tags of a sequence and their score. */
export interface TagPath {
  readonly tags: Int32Array
  readonly score: number
}

/**
 * The tag sequence with the largest start_{y_1} + Σ e_t[y_t] + Σ transition[y_{t-1}, y_t] + end_{y_T} for each packed sequence,
 * in the caller's order, found exactly in O(T · tags²) (Viterbi 1967). With a mask only allowed sequences compete: for a CRF, or,
 * without `scores`, for the log probabilities of a softmax. Of equal tags the lower number wins.
 *
 * @throws ShapeError when emissions, scores and mask do not fit; UsageError when the mask allows no sequence of some length.
 *
 * ```ts
 * viterbi(emissions, { scores: crf.scores(), mask: tagMask(['O', 'B-PER', 'I-PER']) })[0].tags
 * ```
 */
export function viterbi(emissions: Packed, options: ViterbiOptions = {}): TagPath[] {
  const { data, layout } = emissions
  const tags = data.size / layout.rows
  if (data.shape.length !== 2 || data.shape[0] !== layout.rows)
    throw new ShapeError(`viterbi: got emissions ${describe(data.shape)}; expected [${layout.rows}, tags]`)
  const chain = allowedScores(tags, options)
  const values = data.data
  const paths: TagPath[] = new Array(layout.batch)
  for (const [position, index] of layout.order.entries()) {
    const rows = Array.from(
      { length: layout.lengths[position] },
      (_, step) => layout.rowOf(position, step) * tags,
    )
    paths[index] = bestPath(values, rows, tags, chain)
  }
  return paths
}

interface Chain {
  start: Float64Array
  transition: Float64Array
  end: Float64Array
}

// The scores with -∞ for what is not allowed.
function allowedScores(tags: number, { scores, mask }: ViterbiOptions): Chain {
  const sizes = { start: tags, transition: tags * tags, end: tags }
  const part = (name: keyof Chain) => {
    const size = sizes[name]
    for (const [kind, given] of [['scores', scores] as const, ['mask', mask] as const])
      if (given && given[name].length !== size)
        throw new ShapeError(
          `viterbi: got ${kind}.${name} of length ${given[name].length}; expected ${size} for ${tags} tags`,
        )
    const values = Float64Array.from({ length: size }, (_, i) => scores?.[name][i] ?? 0)
    return mask ? values.map((value, i) => (mask[name][i] ? value : -Infinity)) : values
  }
  return { start: part('start'), transition: part('transition'), end: part('end') }
}

function bestPath(values: ArrayLike<number>, rows: readonly number[], tags: number, chain: Chain): TagPath {
  for (const row of rows)
    for (let tag = 0; tag < tags; tag++)
      if (Number.isNaN(values[row + tag]))
        throw new NonFiniteError(`viterbi: the score of tag ${tag} in row ${row / tags} is NaN`)
  let best = chain.start.map((score, tag) => score + values[rows[0] + tag])
  const from: Int32Array[] = []
  for (const row of rows.slice(1)) {
    const next = new Float64Array(tags).fill(-Infinity)
    const back = new Int32Array(tags)
    for (let before = 0; before < tags; before++)
      for (let tag = 0; tag < tags; tag++) {
        const score = best[before] + chain.transition[before * tags + tag]
        if (score > next[tag]) {
          next[tag] = score
          back[tag] = before
        }
      }
    for (let tag = 0; tag < tags; tag++) next[tag] += values[row + tag]
    best = next
    from.push(back)
  }
  const totals = best.map((score, tag) => score + chain.end[tag])
  const score = totals.reduce((a, b) => Math.max(a, b), -Infinity)
  if (!(score > -Infinity))
    throw new UsageError(`viterbi: no sequence of ${rows.length} tags is allowed or has a finite score`)
  const path = new Int32Array(rows.length)
  path[rows.length - 1] = totals.indexOf(score)
  for (let step = rows.length - 1; step > 0; step--) path[step - 1] = from[step - 1][path[step]]
  return { tags: path, score }
}
