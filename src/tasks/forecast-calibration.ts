import { levelsOf } from './forecast-output.js'
import { meanAndDeviation } from './forecast-preparation.js'
import type { SeriesRow } from './forecast-rows.js'
import { type LevelForecast, type Teller, tellSteps } from './forecast-steps.js'
import { isMeasured, type Origin, originsFrom, SeriesWindows, scoredOrigins } from './forecast-windows.js'

/** So many forecasts of a step tell its coverage to 1.3 %; where the validation part has fewer, training windows help out. */
const ENOUGH = 1000

/**
 * How much each quantile has to move, for each step ahead, so that intervals hold as many values as they say: conformalised quantile
 * regression (Romano, Patterson and Candès 2019). For a pair of levels the distance by which each value of the validation part lies outside
 * (below 0: inside) is taken in scales of its series; both bounds move by that quantile of the distances which the pair should hold.
 * Where the validation part is short, the last training windows help out.
 */
export function calibrate(
  teller: Teller,
  train: readonly SeriesRow[],
  valid: readonly SeriesRow[],
): number[][] {
  const { horizon, coverage } = teller.settings.model
  const levels = levelsOf(coverage)
  const held = valid.flatMap((row) => scoredOrigins(teller.reader, row, horizon))
  const missing = ENOUGH - held.length
  const origins = missing > 0 ? [...helpers(teller, train, horizon).slice(-missing), ...held] : held
  const told = tellSteps(teller, origins, horizon)
  return Array.from({ length: horizon }, (_, k) =>
    movesOf(
      levels,
      origins.flatMap((origin, row) => observed(origin, k + 1, told[row][k])),
    ),
  )
}

function helpers({ reader }: Teller, train: readonly SeriesRow[], horizon: number): Origin[] {
  return train.flatMap((row) => {
    const { first } = new SeriesWindows(reader, row)
    return scoredOrigins(reader, { ...row, from: Math.min(first + 1, row.values.length) }, horizon)
  })
}

/** So many steps beyond the horizon are measured how errors grow; from there on it is guessed. */
const MEASURED = 28
/** A series has so many stretches of those steps that do not overlap, at least. */
const STRETCHES = 10
/** Forecasts that are enough to measure the growth. */
const ROLLED = 256

/**
 * How much larger errors are 1, 2, 3 … steps beyond the horizon than at it, where forecasts are fed back: from forecasts all over the series,
 * without falls that are chance. Empty where the series are too short to tell.
 */
export function growthBeyond(teller: Teller, rows: readonly SeriesRow[]): number[] {
  const { horizon } = teller.settings.model
  const longest = rows.reduce((most, { values }) => Math.max(most, values.length), 0)
  const far = Math.min(horizon + MEASURED, Math.floor(longest / STRETCHES))
  if (far <= horizon) return []
  const { block } = teller.reader
  const all = rows.flatMap((row) => {
    const windows = new SeriesWindows(teller.reader, row)
    return originsFrom(windows, windows.first, block * Math.ceil(far / block))
  })
  const every = Math.ceil(all.length / ROLLED)
  const origins = all.filter((_, k) => k % every === 0)
  const told = tellSteps(teller, origins, far)
  const squares = Array.from(
    { length: far - horizon + 1 },
    (_, k) =>
      meanAndDeviation(origins.flatMap((origin, row) => squareOf(origin, horizon + k, told[row]))).centre,
  )
  const [first, ...later] = rising(squares)
  return first > 0 ? later.map((square) => Math.sqrt(square / first)) : []
}

function squareOf(origin: Origin, ahead: number, told: readonly LevelForecast[]): number[] {
  if (!isMeasured(origin, ahead)) return []
  const { prepared, reader } = origin.windows
  const { scale } = prepared.scaleAt(origin.at, reader.window)
  return [((prepared.level(origin.at + ahead) - told[ahead - 1].point) / scale) ** 2]
}

/** The rising numbers that are nearest to others: neighbours that fall are replaced by their mean. */
function rising(values: readonly number[]): number[] {
  const pools: { mean: number; count: number }[] = []
  for (const value of values) {
    let pool = { mean: value, count: 1 }
    for (let last = pools.at(-1); last && last.mean > pool.mean; last = pools.at(-1)) {
      pools.pop()
      const count = last.count + pool.count
      pool = { mean: (last.mean * last.count + pool.mean * pool.count) / count, count }
    }
    pools.push(pool)
  }
  return pools.flatMap(({ mean, count }) => Array<number>(count).fill(mean))
}

/** How much wider intervals are `beyond` steps behind the horizon; where it was not measured, as the errors of a random walk grow, or not at all. */
export function growthAt(
  growth: readonly number[],
  beyond: number,
  { horizon, wanders }: { readonly horizon: number; readonly wanders: boolean },
): number {
  if (beyond <= growth.length) return growth[beyond - 1]
  const measured = horizon + growth.length
  return (growth.at(-1) ?? 1) * (wanders ? Math.sqrt((horizon + beyond) / measured) : 1)
}

/** A value beside its forecast, in scales of its series. */
interface Observed {
  readonly actual: number
  readonly quantiles: readonly number[]
}

function observed({ windows, at }: Origin, ahead: number, { quantiles }: LevelForecast): Observed[] {
  if (!isMeasured({ windows, at }, ahead)) return []
  const { scale } = windows.prepared.scaleAt(at, windows.reader.window)
  return [
    {
      actual: windows.prepared.level(at + ahead) / scale,
      quantiles: quantiles.map((quantile) => quantile / scale),
    },
  ]
}

function movesOf(levels: readonly number[], seen: readonly Observed[]): number[] {
  return levels.map((level, place) => {
    const other = levels.findIndex((partner) => Math.abs(partner + level - 1) < 1e-9)
    if (level === 0.5 || other < 0) return 0
    const [low, high] = [Math.min(place, other), Math.max(place, other)]
    const outside = seen
      .map(({ actual, quantiles }) => Math.max(quantiles[low] - actual, actual - quantiles[high]))
      .sort((a, b) => a - b)
    const share = Math.abs(2 * level - 1)
    const rank = Math.min(outside.length - 1, Math.ceil(share * (outside.length + 1)) - 1)
    return Math.sign(level - 0.5) * (outside[rank] ?? 0)
  })
}

/** The quantiles of a step after their moves, in order. */
export function moved(
  { quantiles }: LevelForecast,
  moves: readonly number[] | undefined,
  scale: number,
): number[] {
  return quantiles.map((quantile, k) => quantile + (moves?.[k] ?? 0) * scale).sort((a, b) => a - b)
}
