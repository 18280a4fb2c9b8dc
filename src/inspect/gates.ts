import type { Observation, Squashing } from '../cells/index.js'
import type { Histogram } from './statistics.js'
import { histogram } from './statistics.js'

/** What one gate of a layer did over a batch. */
export interface GateActivity {
  /** The cell's name for it. */
  readonly gate: string
  /** As the cell tells it; for a cell that does not, a guess: what has the narrowest bounds that the values keep. */
  readonly squashing: Squashing
  /**
   * The share of saturated values at the low end: below 0.1 for a sigmoid (the gate is shut), below -0.9 for a tanh, exactly 0 for
   * rectified units. There the gradient hardly passes.
   */
  readonly low: number
  /** The share at the high end: above 0.9 (the gate is open). */
  readonly high: number
  readonly histogram: Histogram
}

/** Bins of 0.05 from -1 to 1: the bounds of saturation, 0.1 and 0.9, fall between bins. */
const range = { low: -1, high: 1, bins: 40 }

/** Bins that make up 0.1. */
const tail = 2

/**
 * What the gates of an observed layer did: a histogram of the activations of each, and the shares that are saturated, with the bounds of
 * Karpathy, Johnson and Fei-Fei (2015), "Visualizing and understanding recurrent networks". Read it before backpropagating. Empty for a
 * cell that does not show its gates.
 *
 * `atMost` is the number of values of each gate that are enough: of a larger batch only every so many rows are counted.
 */
export function gateActivity(
  { cell, result }: Pick<Observation, 'cell' | 'result'>,
  atMost = Number.POSITIVE_INFINITY,
): GateActivity[] {
  const { gates } = result.kept
  if (!gates) return []
  const units = gates.shape[1] / cell.gates.length
  const every = Math.floor((gates.shape[0] * units) / atMost) | 1 // odd: an even one could meet the same sequences at every step
  return cell.gates.map((gate, place) => ({
    gate,
    ...saturation(
      histogram(gates, place * units, (place + 1) * units, { ...range, every }),
      cell.squashing?.[gate],
    ),
  }))
}

function saturation(all: Histogram, known: Squashing | undefined): Omit<GateActivity, 'gate'> {
  const { counts, below, above, zeros } = all
  const half = counts.length / 2
  const total = sum(counts) + below + above || 1 // none is counted when all are NaN
  const negative = below + sum(counts.slice(0, half))
  const squashing = known ?? squashingOf(negative, below + above, zeros)
  const shown = squashing === 'tanh' || squashing === 'unbounded' ? all : upperHalf(all)
  const low =
    squashing === 'rectified' ? zeros : squashing === 'unbounded' ? 0 : sum(shown.counts.slice(0, tail))
  const high = squashing === 'sigmoid' || squashing === 'tanh' ? sum(shown.counts.slice(-tail)) : 0
  return { squashing, low: low / total, high: high / total, histogram: shown }
}

// A guess from the values: a saturated sigmoid may be exactly 0, an unbounded gate may happen to stay within 1.
function squashingOf(negative: number, outside: number, zeros: number): Squashing {
  if (negative > 0) return outside > 0 ? 'unbounded' : 'tanh'
  return outside > 0 || zeros > 0 ? 'rectified' : 'sigmoid'
}

function upperHalf({ counts, high, below, above, zeros }: Histogram): Histogram {
  return { low: 0, high, counts: counts.slice(counts.length / 2), below, above, zeros }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
