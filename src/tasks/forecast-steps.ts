import { laterBy } from '../data/frequency.js'
import { mapped, type TimeSeries } from '../data/series.js'
import type { Forecaster } from '../models/forecaster.js'
import { type LinearForecast, linearForecast } from './forecast-linear.js'
import { forecastOutputs, levelsOf } from './forecast-output.js'
import type { ForecastSettings } from './forecast-settings.js'
import { inputOf, type Origin, SeriesWindows, type WindowReader } from './forecast-windows.js'
import type { Decided } from './settings.js'

/** What a network and its reader say about steps ahead, before intervals are calibrated. */
export interface Teller {
  readonly network: Forecaster
  readonly reader: WindowReader
  readonly settings: Decided<ForecastSettings>
  readonly linear: LinearForecast
}

/** What is said about one step ahead, in levels: values, or their logarithms. */
export interface LevelForecast {
  readonly point: number
  /** One for each of `levelsOf(coverage)`, rising. */
  readonly quantiles: readonly number[]
}

/** Windows computed at once; it changes nothing but the speed. */
const BATCH = 256

/** The `steps` steps ahead of each origin: a block at once, and its points fed back for the next one. */
export function tellSteps(teller: Teller, origins: readonly Origin[], steps: number): LevelForecast[][] {
  const { block } = teller.reader
  const told = origins.map((): LevelForecast[] => [])
  let from = origins
  for (let done = 0; done < steps; done += block) {
    if (done > 0) from = from.map((origin, k) => extended(origin, told[k].slice(-block)))
    for (const [k, block] of tellBlocks(teller, from).entries()) told[k].push(...block)
  }
  return told.map((all) => all.slice(0, steps))
}

function tellBlocks(
  { network, reader, settings, linear }: Teller,
  origins: readonly Origin[],
): LevelForecast[][] {
  const { engine, horizon } = network
  const { output, coverage, blend } = settings.model
  const levels = levelsOf(coverage)
  const { locations, point, quantiles } = forecastOutputs[output]
  const moves = locations(levels)
  const numbers = moves.length
  const told: LevelForecast[][] = []
  for (let begin = 0; begin < origins.length; begin += BATCH) {
    const part = origins.slice(begin, begin + BATCH)
    const said = engine.withoutRecording(() =>
      engine.scope(() => network.forward(inputOf(engine, reader, part)).data.slice()),
    )
    for (const [row, { windows, at }] of part.entries()) {
      const line = blend > 0 ? linearForecast(linear, { windows, at }) : []
      told.push(
        Array.from({ length: horizon }, (_, k) => {
          const own = Array.from({ length: numbers }, (_, n) => said[(row * numbers + n) * horizon + k])
          const shift = blend > 0 ? blend * (line[k] - point(own, levels)) : 0
          for (const [n, moving] of moves.entries()) if (moving) own[n] += shift
          const level = (value: number) => windows.levelOf(at, k + 1, value)
          return { point: level(point(own, levels)), quantiles: quantiles(own, levels).map(level) }
        }),
      )
    }
  }
  return told
}

/** An origin as if its forecasts had come true, on as much of its series as is looked back at. */
function extended({ windows, at }: Origin, forecasts: readonly LevelForecast[]): Origin {
  const { series, prepared, reader } = windows
  const season = prepared.preparation.season?.steps ?? 1
  const needed = reader.window + prepared.begin + 1
  // whole seasons are cut off, so that each step keeps its place in the season
  const cut = season * Math.max(0, Math.floor((at + 1 - needed) / season))
  const told = forecasts.map(({ point }) => prepared.value(point))
  const length = at + 1 - cut + told.length
  // what was measured beside the values is taken to stay as it was last
  const held = (column: Float64Array) => [...column.subarray(cut, at + 1), ...told.map(() => column[at])]
  const next: TimeSeries = {
    id: series.id,
    values: Float64Array.from([...series.values.subarray(cut, at + 1), ...told]),
    past: mapped(series.past, (column) => Float64Array.from(held(column))),
    future: mapped(series.future, (column) => column.subarray(cut)),
    ...timesOf(series, cut, length),
  }
  return { windows: new SeriesWindows(reader, next, prepared.fit), at: length - 1 }
}

function timesOf(
  { times, frequency }: TimeSeries,
  cut: number,
  length: number,
): Pick<TimeSeries, 'times' | 'frequency'> {
  if (!times || !frequency) return {}
  const last = times.length - 1
  const whole = Float64Array.from({ length: Math.max(length, times.length - cut) }, (_, k) =>
    cut + k <= last ? times[cut + k] : laterBy(times[last], frequency, cut + k - last),
  )
  return { times: whole, frequency }
}
