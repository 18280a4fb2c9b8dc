import { levelsOf } from './forecast-output.js'
import type { SeriesRow } from './forecast-rows.js'
import { type LevelForecast, type Teller, tellSteps } from './forecast-steps.js'
import { isMeasured, type Origin, SeriesWindows, scoredOrigins } from './forecast-windows.js'

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
