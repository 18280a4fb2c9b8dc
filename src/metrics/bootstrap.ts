import { UsageError } from '../errors.js'
import type { Random } from '../random/random.js'
import { countsOf, type SummedMetric, sumsOf } from './summed.js'

/** How resampling is done. */
export interface BootstrapOptions {
  /** Decides the samples: the same stream gives the same result. */
  readonly random: Pick<Random, 'integer'>
  /** How many samples are drawn (default 1000). */
  readonly samples?: number
}

/** A score and how far it would vary on other test sets of the same kind and size. */
export interface Interval {
  /** On the rows as they are. */
  readonly score: number
  /** Over the samples. */
  readonly mean: number
  /** The middle 95 % of the samples. */
  readonly low: number
  readonly high: number
}

/** Two systems on the same rows. */
export interface Comparison {
  readonly first: Interval
  readonly second: Interval
  /** second - first */
  readonly difference: number
  /** The middle 95 % of the samples' differences. */
  readonly differenceLow: number
  readonly differenceHigh: number
  /** How often chance alone makes a difference at least this large; below 0.05 it is usually called significant. */
  readonly pValue: number
}

/**
 * A score with its 95 % confidence interval: the score of many samples of as many rows, drawn with replacement.
 *
 * Throws `UsageError` without rows and when the lists differ in length.
 *
 * Source: Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation"; the bounds as in sacrebleu.
 *
 * @example
 * const { score, low, high } = bootstrap(bleuMetric(), references, predicted, { random: new Random(1) })
 */
export function bootstrap<G, P>(
  metric: SummedMetric<G, P>,
  gold: readonly G[],
  predicted: readonly P[],
  options: BootstrapOptions,
): Interval {
  const system = scoresOfSamples(metric, countsOf(metric, gold, predicted))
  return intervalOf(system(), samplesOf(gold.length, options).map(system))
}

/**
 * Whether one of two systems is better on these rows than by chance: both are scored on the same samples of rows, and the spread
 * of the differences around their mean is compared with the difference that was measured.
 *
 * p = (1 + #{ |d_s| - mean |d| > |d| }) / (1 + samples), d_s the difference on sample s, d the one on the rows as they are
 *
 * Throws `UsageError` without rows and when the lists differ in length.
 *
 * Source: Koehn 2004; Riezler and Maxwell 2005; computed as `sacrebleu --paired-bs`.
 *
 * @example
 * const { difference, pValue } = pairedBootstrap(bleuMetric(), references, greedy, beam, { random: new Random(1) })
 */
export function pairedBootstrap<G, P>(
  metric: SummedMetric<G, P>,
  gold: readonly G[],
  first: readonly P[],
  second: readonly P[],
  options: BootstrapOptions,
): Comparison {
  const systems = [first, second].map((predicted) =>
    scoresOfSamples(metric, countsOf(metric, gold, predicted)),
  )
  const samples = samplesOf(gold.length, options)
  const [a, b] = systems.map((system) => samples.map(system))
  const difference = systems[1]() - systems[0]()
  const differences = a.map((score, sample) => b[sample] - score)
  const distances = differences.map(Math.abs)
  const mean = meanOf(distances)
  const beyond = distances.filter((distance) => distance - mean > Math.abs(difference)).length
  const { low, high } = intervalOf(difference, differences)
  return {
    first: intervalOf(systems[0](), a),
    second: intervalOf(systems[1](), b),
    difference,
    differenceLow: low,
    differenceHigh: high,
    pValue: (beyond + 1) / (samples.length + 1),
  }
}

/** Rows of each sample, drawn with replacement. */
function samplesOf(rows: number, { random, samples = 1000 }: BootstrapOptions): Int32Array[] {
  if (rows === 0) throw new UsageError('bootstrap: expected at least one row, got none')
  if (!Number.isSafeInteger(samples) || samples < 1)
    throw new UsageError(`bootstrap: samples must be a whole number of at least 1, got ${samples}`)
  return Array.from({ length: samples }, () => Int32Array.from({ length: rows }, () => random.integer(rows)))
}

/** The score of a sample, or of all rows. */
function scoresOfSamples<G, P>(metric: SummedMetric<G, P>, counts: readonly (readonly number[])[]) {
  const width = counts[0]?.length ?? 0
  return (sample?: Int32Array) =>
    metric.score(sumsOf(sample === undefined ? counts : Array.from(sample, (row) => counts[row]), width))
}

/** The bounds leave out a fortieth of the samples on either side. */
function intervalOf(score: number, samples: readonly number[]): Interval {
  const sorted = [...samples].sort((a, b) => a - b)
  const outside = Math.floor(sorted.length / 40)
  return { score, mean: meanOf(sorted), low: sorted[outside], high: sorted[sorted.length - 1 - outside] }
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
