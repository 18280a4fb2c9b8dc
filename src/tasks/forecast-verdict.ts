import { dieboldMariano } from '../metrics/diebold-mariano.js'
import type { Origin } from './forecast-windows.js'

/** A test, and the words it allows. */
export interface ForecastVerdict {
  /** `better than AR(14) (p = 0.003)`, `no significant gain over …`, `worse than …`. */
  readonly words: string
  readonly against: string
  readonly pValue: number | null
}

/** What the steps ahead of one origin cost together, in scales of its series. */
export interface OriginCost {
  /** When the forecast was made. */
  readonly time: number
  readonly cost: number
}

/** By how much the values of a series move from one season to the next, before its first origin: what errors are measured by. */
export function scaleBefore({ windows, at }: Origin, season: number): number {
  const { values } = windows.series
  const lag = season <= at ? season : 1
  let sum = 0
  for (let t = lag; t <= at; t++) sum += Math.abs(values[t] - values[t - lag])
  return sum / Math.max(1, at + 1 - lag) || 1
}

/** When a forecast was made: its date, or its place in a series without dates. */
export function timeOf({ windows: { series }, at }: Origin): number {
  return series.times?.[at] ?? at
}

/**
 * Whether the model may be called better than the best of the simple rules. Costs of the same time count as one, their root mean square: what
 * moves several series on a day, moves their errors together, and thirty copies of a series tell no more than one.
 */
export function verdictOn(
  own: readonly OriginCost[],
  best: { readonly name: string; readonly costs: readonly OriginCost[] },
  horizon: number,
): ForecastVerdict {
  const [first, second] = [byTime(own), byTime(best.costs)]
  if (first.length < Math.max(8, 2 * horizon))
    return { words: `too few forecasts to compare with ${best.name}`, against: best.name, pValue: null }
  const { better, pValue } = dieboldMariano(first, second, { horizon })
  const chance = `(p = ${pValue < 0.001 ? pValue.toExponential(0) : pValue.toFixed(3)})`
  const relation = { first: 'better than', second: 'worse than', neither: 'no significant gain over' }[better]
  return { words: `${relation} ${best.name} ${chance}`, against: best.name, pValue }
}

function byTime(costs: readonly OriginCost[]): number[] {
  const times = new Map<number, number[]>()
  for (const { time, cost } of costs) times.set(time, [...(times.get(time) ?? []), cost])
  return [...times]
    .sort(([a], [b]) => a - b)
    .map(([, same]) => Math.sqrt(same.reduce((sum, cost) => sum + cost ** 2, 0) / same.length))
}
