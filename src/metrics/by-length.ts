import { UsageError } from '../errors.js'
import type { Random } from '../random/random.js'
import { bootstrap } from './bootstrap.js'
import { requireSameLength } from './gold.js'
import { countsOf, type SummedMetric, sumsOf } from './summed.js'

/** The score of the rows whose lengths lie between two bounds. */
export interface LengthBin {
  /** The bounds, both inclusive. */
  readonly from: number
  readonly to: number
  readonly rows: number
  /** Of these rows together: not the mean of their scores. */
  readonly score: number
  /** The middle 95 % of bootstrap samples of them, where `random` was given. */
  readonly low?: number
  readonly high?: number
}

/** How rows are put together by their length. */
export interface LengthBinOptions {
  /** How many lengths a bin holds; by default the smallest of 1, 2, 5, 10, 20, 50 … that makes at most 8 bins. */
  readonly width?: number
  /** A bin with fewer rows is joined with the next; 10 by default. */
  readonly minimumRows?: number
  /** Decides the bootstrap samples; without it there are no `low` and `high`. */
  readonly random?: Pick<Random, 'integer'>
  /** How many samples are drawn (default 1000). */
  readonly samples?: number
}

const mostBins = 8

/**
 * A score against length: rows are put into bins by their length, and each bin is scored as a set of its own, so that BLEU is BLEU over
 * the bin. `lengths` are those of the sources, in whatever unit. Shows what means hide: whether long sentences are as good as short ones.
 *
 * BLEU of short texts needs `effectiveOrder`: a bin without a run of four words would else have a BLEU of 0, however right it is.
 *
 * Throws `UsageError` without rows, when the lists differ in length, for a length below 0, and for a width or number of rows below 1.
 *
 * @example
 * const metric = bleuMetric({ effectiveOrder: true })
 * scoresByLength(metric, sources.map((text) => text.split(' ').length), references, predicted, { random: new Random(1) })
 * // [{ from: 1, to: 5, rows: 112, score: 41.2, low: 38.9, high: 43.6 }, …]
 */
export function scoresByLength<G, P>(
  metric: SummedMetric<G, P>,
  lengths: readonly number[],
  gold: readonly G[],
  predicted: readonly P[],
  options: LengthBinOptions = {},
): LengthBin[] {
  requireSameLength(metric.name, gold, predicted)
  if (lengths.length !== gold.length || lengths.length === 0)
    throw new UsageError(
      `scoresByLength: expected a length for each of the rows, at least one; got ${lengths.length} lengths for ${gold.length} rows`,
    )
  const odd = lengths.findIndex((length) => !(length >= 0 && length < Number.POSITIVE_INFINITY))
  if (odd >= 0)
    throw new UsageError(`scoresByLength: expected lengths of at least 0, got ${lengths[odd]} for row ${odd}`)
  const { random, samples } = options
  return binsOf(lengths, options).map(({ from, to, rows }) => {
    const [own, found] = [rows.map((row) => gold[row]), rows.map((row) => predicted[row])]
    const bin = { from, to, rows: rows.length }
    if (random) {
      const drawn = bootstrap(metric, own, found, { random, ...(samples !== undefined && { samples }) })
      return { ...bin, score: drawn.score, low: drawn.low, high: drawn.high }
    }
    const counts = countsOf(metric, own, found)
    return { ...bin, score: metric.score(sumsOf(counts, counts[0].length)) }
  })
}

interface Bin {
  readonly from: number
  to: number
  readonly rows: number[]
}

/** Rows by their length, the shortest first. */
function binsOf(lengths: readonly number[], { width, minimumRows = 10 }: LengthBinOptions): Bin[] {
  const wide = width ?? widthFor(lengths)
  for (const [name, value] of [
    ['width', wide],
    ['minimumRows', minimumRows],
  ] as const)
    if (!Number.isSafeInteger(value) || value < 1)
      throw new UsageError(`scoresByLength: ${name} must be a whole number of at least 1, got ${value}`)
  const bins: Bin[] = []
  for (const own of fullBins(lengths, wide)) {
    const open = bins.at(-1)
    // one with too few rows takes in what follows
    if (open && open.rows.length < minimumRows) joined(open, own)
    else bins.push({ ...own, from: open ? open.to + 1 : own.from })
  }
  const last = bins.at(-1)
  if (bins.length > 1 && last && last.rows.length < minimumRows) {
    bins.pop()
    joined(bins[bins.length - 1], last)
  }
  return bins
}

/** The bins that have rows; they end at multiples of their width: 1 to 5, 6 to 10 …, and what has no length is by itself. */
function fullBins(lengths: readonly number[], wide: number): Bin[] {
  const rows = new Map<number, number[]>()
  for (const [row, length] of lengths.entries()) {
    const place = Math.ceil(length / wide)
    const found = rows.get(place)
    if (found) found.push(row)
    else rows.set(place, [row])
  }
  return [...rows]
    .sort(([a], [b]) => a - b)
    .map(([place, own]) => ({
      from: Math.max(0, (place - 1) * wide + 1),
      to: place * wide,
      rows: own,
    }))
}

function joined(bin: Bin, { to, rows }: Bin): void {
  for (const row of rows) bin.rows.push(row)
  bin.to = to
}

function widthFor(lengths: readonly number[]): number {
  const [least, most] = lengths.reduce(
    ([low, high], length) => [Math.min(low, length), Math.max(high, length)],
    [Number.POSITIVE_INFINITY, 0],
  )
  for (let power = 1; ; power *= 10)
    for (const width of [power, 2 * power, 5 * power])
      if (Math.ceil(most / width) - Math.ceil(least / width) < mostBins) return width
}
