import { UsageError } from '../errors.js'
import { autoregression } from '../metrics/autoregression.js'
import { normalWithin } from '../metrics/normal.js'
import { requireNumbers } from '../metrics/numbers.js'
import type { Random } from '../random/index.js'

/** Whether a series depends on its past, and how. */
export interface SequentialReport {
  readonly steps: number
  readonly verdict: 'sequential' | 'not sequential'
  /** The verdict as a sentence. */
  readonly finding: string
  /** The correlation of each value with the one k steps before, k = 1, 2 … */
  readonly autocorrelation: readonly number[]
  /** Of a series that does not depend on its past 95 of 100 autocorrelations lie within ± this. */
  readonly correlationBand: number
  /** What the value k steps before tells about each value, in nats. */
  readonly mutualInformation: readonly number[]
  /** Of the same values in any order 95 of 100 tell less than this. */
  readonly informationBand: number
  /** How often chance makes an autocorrelation as large as the largest, and a mutual information as large as the largest. */
  readonly pValues: { readonly autocorrelation: number; readonly mutualInformation: number }
  /** So many values of the past tell a straight line nearly all that it can learn from them; 0: none does. */
  readonly window: number
  /** The share of the variance of the last fifth that a line from this window, fitted to the rest, foretells; below 0: worse than the mean. */
  readonly explained: number
}

/** How a series is looked at. */
export interface SequentialOptions {
  /** Draws the orders that show what chance makes. */
  readonly random: Random
  /** How far back; by default a fifth of the series, at most 40. */
  readonly lags?: number
}

/** A series is called sequential when chance alone does this less often than in one of a thousand series; each of two tests has half of it. */
const LEVEL = 0.0005
/** Orders in which the values are looked at to see what chance makes; the least p-value they can show is one in as many. */
const ORDERS = 399
/** Values are parted into so many groups of equal size where they are not few already. */
const GROUPS = 8
const windows = [1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 60]

/**
 * Is this sequential? Looks whether the values of a series depend on those before: linearly (autocorrelation), and in any way (mutual
 * information of groups of values). Only where they do can a recurrent network learn something from the order that it could not learn from the
 * values alone.
 *
 * Throws `UsageError` for fewer than 30 values, `NonFiniteError` for NaN and infinities.
 *
 * ```ts
 * sequential(temperatures, { random: new Random(1) }).verdict // 'sequential'
 * ```
 */
export function sequential(values: ArrayLike<number>, { random, lags }: SequentialOptions): SequentialReport {
  requireNumbers('sequential', values)
  const steps = values.length
  if (steps < 30) throw new UsageError(`sequential: expected a series of at least 30 values, got ${steps}`)
  const most = Math.min(lags ?? 40, Math.floor(steps / 5))
  const correlations = autocorrelations(values, most)
  const { information, band, pValue } = informationBeside(groupsOf(values), most, random)
  const pValues = {
    autocorrelation: chanceOf(largest(correlations.map(Math.abs)) * Math.sqrt(steps), most),
    mutualInformation: pValue,
  }
  const verdict = Math.min(pValues.autocorrelation, pValue) < LEVEL ? 'sequential' : 'not sequential'
  const best = bestWindow(values, verdict === 'sequential')
  return {
    steps,
    verdict,
    finding: findingOf(verdict, best),
    autocorrelation: correlations,
    correlationBand: 1.96 / Math.sqrt(steps),
    mutualInformation: information,
    informationBand: band,
    pValues,
    ...best,
  }
}

/** r_k = Σ (y_t - ȳ)(y_{t-k} - ȳ) / Σ (y_t - ȳ)²; 0 for a series that never changes. */
function autocorrelations(values: ArrayLike<number>, lags: number): number[] {
  const mean = Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
  const apart = Float64Array.from(values, (value) => value - mean)
  const product = (lag: number) => {
    let sum = 0
    for (let t = lag; t < apart.length; t++) sum += apart[t] * apart[t - lag]
    return sum
  }
  const variance = product(0)
  return Array.from({ length: lags }, (_, k) => (variance === 0 ? 0 : product(k + 1) / variance))
}

/** How often the largest of so many standard normal numbers is at least z away from 0. */
function chanceOf(z: number, count: number): number {
  return Math.min(1, count * (1 - normalWithin(z)))
}

/** The group of each value: the values themselves where they are few, else groups of equal size from small to large. */
function groupsOf(values: ArrayLike<number>): { readonly groups: Int32Array; readonly count: number } {
  const distinct = [...new Set(Array.from(values))].sort((a, b) => a - b)
  const sorted = Float64Array.from(values).sort()
  const bounds =
    distinct.length <= GROUPS
      ? distinct.slice(1)
      : Array.from({ length: GROUPS - 1 }, (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / GROUPS)])
  const groups = Int32Array.from(values, (value) => bounds.filter((bound) => value >= bound).length)
  return { groups, count: bounds.length + 1 }
}

/** Σ p(a,b) ln p(a,b)/(p(a)p(b)) of each value and the one `lag` steps before. */
function informationAt({ groups, count }: ReturnType<typeof groupsOf>, lag: number): number {
  const pairs = new Float64Array(count * count)
  for (let t = lag; t < groups.length; t++) pairs[groups[t] * count + groups[t - lag]]++
  const total = groups.length - lag
  const [now, before] = [new Float64Array(count), new Float64Array(count)]
  for (const [cell, often] of pairs.entries()) {
    now[Math.floor(cell / count)] += often
    before[cell % count] += often
  }
  return pairs.reduce((sum, often, cell) => {
    if (often === 0) return sum
    const alone = now[Math.floor(cell / count)] * before[cell % count]
    return sum + (often / total) * Math.log((often * total) / alone)
  }, 0)
}

/**
 * The mutual information at each lag beside that of the same values in chance order. Those are looked at one step back alone: in chance order
 * every lag is like every other, so that the largest of several lags is the largest of as many orders.
 */
function informationBeside(grouped: ReturnType<typeof groupsOf>, lags: number, random: Random) {
  const information = Array.from({ length: lags }, (_, k) => informationAt(grouped, k + 1))
  const groups = grouped.groups.slice()
  const byChance = Float64Array.from({ length: ORDERS }, (_, order) => {
    random.split('order').split(order).shuffle(groups)
    return informationAt({ ...grouped, groups }, 1)
  }).sort()
  const top = largest(information)
  const beyond = byChance.filter((value) => value >= top).length
  const tail = tailOf(byChance, top)
  return {
    information,
    band: byChance[Math.floor(0.95 * ORDERS)],
    pValue: Math.min(1, lags * (beyond > 3 ? beyond / ORDERS : tail)),
  }
}

/** How often chance goes beyond a value that lies at or above all that it was seen to make: its upper tenth falls off exponentially. */
function tailOf(byChance: Float64Array, value: number): number {
  const begin = byChance[Math.floor(0.9 * byChance.length)]
  const tail = byChance.filter((one) => one > begin)
  const scale = tail.reduce((sum, one) => sum + one - begin, 0) / Math.max(1, tail.length)
  return scale > 0 ? 0.1 * Math.exp(-(value - begin) / scale) : 1
}

/** The shortest window with which a line foretells the last fifth as well, to 1 %, as with any. */
function bestWindow(
  values: ArrayLike<number>,
  depends: boolean,
): Pick<SequentialReport, 'window' | 'explained'> {
  const all = Float64Array.from(values)
  const end = Math.floor(0.8 * all.length)
  const [learned, held] = [all.subarray(0, end), all.subarray(end)]
  const mean = learned.reduce((sum, value) => sum + value, 0) / end
  const squares = (said: (t: number) => number) =>
    held.reduce((sum, value, k) => sum + (value - said(end + k)) ** 2, 0) / held.length
  const without = squares(() => mean)
  const tried = windows
    .filter((window) => 3 * window + 1 <= end)
    .map((window) => {
      const line = autoregression(window).fit(learned)
      return { window, error: squares((t) => line.forecast(1, all.subarray(t - window, t))[0]) }
    })
  const least = Math.min(...tried.map(({ error }) => error))
  const chosen = tried.find(({ error }) => error <= 1.01 * least) ?? { window: 0, error: without }
  const explained = without > 0 ? 1 - chosen.error / without : 0
  return { window: depends ? chosen.window : 0, explained }
}

function findingOf(
  verdict: SequentialReport['verdict'],
  { window, explained }: Pick<SequentialReport, 'window' | 'explained'>,
): string {
  if (verdict === 'not sequential')
    return 'Not sequential: its past tells no more about a value than chance would. Nothing can be learned from the order.'
  const share = `${(100 * Math.max(0, explained)).toFixed(0)} %`
  const steps = window === 1 ? 'the last value' : `the last ${window} values`
  return explained > 0.01
    ? `Sequential: a straight line from ${steps} foretells ${share} of the variance.`
    : 'Sequential, but not along a straight line: a line from the past foretells nothing, while the past does tell something.'
}

const largest = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0)
