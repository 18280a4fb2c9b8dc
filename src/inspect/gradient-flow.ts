import type { Observation } from '../cells/index.js'
import type { PackedLayout, Tensor } from '../tensor/index.js'
import type { HalfLife } from './half-life.js'
import { halfLife } from './half-life.js'
import { rowNorms } from './statistics.js'

/** How a gradient runs back through time in one tensor of a layer's state. */
export interface GradientFlow {
  /** `h`, `c` …, as the cell names it. */
  readonly state: string
  /** The norm of the gradient `d` steps before the end of the sequences, d = 0, 1, 2 … */
  readonly norms: readonly number[]
  readonly halfLife?: HalfLife
}

/** How the norms of several sequences become one: their mean, or the root of the mean of their squares. */
export type Averaging = 'mean' | 'rootMeanSquare'

/**
 * The gradients of an observed layer's states over time. To be called after backpropagating, inside the same scope; the layer must have
 * been recorded while observed.
 *
 * Every sequence has its own norm at each step. They are averaged over the sequences of the batch, counted from their ends, where the
 * loss is: sequences of different lengths agree on how far back a step is, not on its number. A reverse direction ends at the first step.
 */
export function gradientFlow(
  { result }: Pick<Observation, 'result'>,
  averaging: Averaging = 'mean',
): GradientFlow[] {
  const { layout } = result.output
  return Object.entries(result.gradients?.() ?? {}).map(([state, gradients]) => {
    const norms = fromTheEnd(gradients, layout, averaging)
    const fit = halfLife(norms)
    return { state, norms, ...(fit && { halfLife: fit }) }
  })
}

/** The norms of the rows of a packed matrix, averaged over the sequences, by their distance from the sequences' ends. */
export function fromTheEnd(matrix: Tensor, layout: PackedLayout, averaging: Averaging): number[] {
  const norms = rowNorms(matrix)
  const power = averaging === 'mean' ? 1 : 2
  const sums = new Float64Array(layout.steps)
  const counts = new Int32Array(layout.steps)
  layout.forEachRow((row, position, step) => {
    const distance = layout.lengths[position] - 1 - step
    sums[distance] += norms[row] ** power
    counts[distance]++
  })
  return Array.from(sums, (sum, distance) => (sum / counts[distance]) ** (1 / power))
}
