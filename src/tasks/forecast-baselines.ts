import { NonFiniteError, UsageError } from '../errors.js'
import { autoregression } from '../metrics/autoregression.js'
import {
  climatology,
  drift,
  type ForecastBaseline,
  persistence,
  seasonalNaive,
} from '../metrics/forecast-baselines.js'
import { type LinearForecast, linearForecast } from './forecast-linear.js'
import type { Origin } from './forecast-windows.js'

/** A simple rule and what it says from each origin. */
export interface BaselineForecasts {
  readonly name: string
  /** For each origin the values of the steps ahead. */
  readonly forecasts: readonly (readonly number[])[]
}

/** What baselines need to know of a model. */
export interface BaselineOptions {
  readonly season: number
  /** Values that the autoregression looks back at. */
  readonly order: number
  readonly linear: LinearForecast
  readonly horizon: number
}

/**
 * What simple rules say from the same origins; each is fitted on what lies before the first origin of its series, and goes on from there
 * without being fitted anew. Those for which a series is too short, or that say more than a double holds, are left out and named.
 */
export function baselineForecasts(
  origins: readonly (readonly Origin[])[],
  { season, order, linear, horizon }: BaselineOptions,
): { readonly baselines: readonly BaselineForecasts[]; readonly leftOut: string[] } {
  const rules: readonly ForecastBaseline[] = [
    persistence,
    drift,
    ...(season > 1 ? [seasonalNaive(season), climatology(season)] : []),
    autoregression(order),
  ]
  const simple = rules.flatMap((rule) => {
    const forecasts = origins.map((own) => forecastsOf(rule, own, horizon))
    return forecasts.every((own) => own !== undefined)
      ? [{ name: rule.name, forecasts: forecasts.flat() }]
      : []
  })
  const leftOut = rules.flatMap(({ name }) => (simple.some((rule) => rule.name === name) ? [] : [name]))
  // lines say one block of steps; what a recursion would make of them is what the autoregression says already
  if (linear.weights.length < horizon) return { baselines: simple, leftOut }
  const straight = origins.flat().map((origin) => {
    const { windows, at } = origin
    const said = linearForecast(linear, origin)
    return said.map((value, k) => windows.prepared.value(windows.levelOf(at, k + 1, value)))
  })
  const lines = { name: 'AR, prepared', forecasts: straight.map((values) => values.slice(0, horizon)) }
  return { baselines: [...simple, lines], leftOut }
}

function forecastsOf(
  rule: ForecastBaseline,
  origins: readonly Origin[],
  horizon: number,
): number[][] | undefined {
  if (origins.length === 0) return []
  const [{ windows, at: first }] = origins
  const { values } = windows.series
  try {
    const fitted = rule.fit(values.subarray(0, first + 1))
    return origins.map(({ at }) => fitted.forecast(horizon, values.subarray(0, at + 1)))
  } catch (error) {
    // the series is too short for it, or what it says explodes
    if (error instanceof UsageError || error instanceof NonFiniteError) return undefined
    throw error
  }
}
