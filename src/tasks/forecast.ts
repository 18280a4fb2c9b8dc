import { calendarCycles } from '../data/calendar.js'
import { FormatError } from '../errors.js'
import { assignWeights, type Json, type StoredModel } from '../formats/index.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { forecastAnswers } from './forecast-evaluation.js'
import { learnToForecast } from './forecast-learn.js'
import { buildForecaster } from './forecast-network.js'
import { forecastLine, forecastReport } from './forecast-report.js'
import { type SeriesParts, type SeriesRow, seriesInMemory } from './forecast-rows.js'
import { type ForecastSettings, forecastSettings } from './forecast-settings.js'
import type { WindowReader } from './forecast-windows.js'
import { SeriesForecaster, type SeriesForecasterParts } from './series-forecaster.js'
import { type Decided, resolveSettings } from './settings.js'
import { asFormatError, storedObject } from './stored.js'
import type { Task } from './task.js'

/**
 * Series → how they go on: temperatures, prices, passengers, with intervals that hold what comes as often as they say.
 *
 * Window of the past → recurrent layers (and with `model.linear` a straight line beside them) → location and scale, or quantiles, of each step
 * ahead.
 */
export const forecast: Task<SeriesRow, ForecastSettings, SeriesForecaster, SeriesParts> = {
  name: 'forecast',
  summary: 'series → how it goes on: temperatures, prices, passengers',
  commands: ['forecast MODEL data.csv --steps 10', 'evaluate MODEL data.csv'],
  settings: forecastSettings,
  headlines: ['loss'],
  rowsOf: seriesInMemory,
  learn: learnToForecast,
  restore: restoreForecaster,
  report: forecastReport,
  line: forecastLine,
  answers: forecastAnswers,
}

/** Builds the forecaster that `stored.config` describes and puts the stored weights in. */
function restoreForecaster(engine: Engine, stored: StoredModel, place: string): SeriesForecaster {
  const where = `${place}/config.json`
  const { config } = stored
  const settings = asFormatError(() =>
    resolveSettings(forecastSettings, config.settings, () => where, ['settings']),
  ) as Decided<ForecastSettings>
  const reader = readerOf(config.reader, settings, where)
  const rest = partsOf(config, where)
  // the weights drawn here are overwritten
  const network = buildForecaster(engine, reader, settings, new Random(0))
  assignWeights(network.parameters(), stored.tensors, place)
  return new SeriesForecaster({ ...rest, reader, network, settings })
}

function readerOf(json: Json | undefined, { model }: Decided<ForecastSettings>, where: string): WindowReader {
  const reader = storedObject(json)
  const { preparation, past, future, fits, reach, cycles } = reader
  const block = model.direct ? model.horizon : 1
  const fit = ({ centre, scale }: Record<string, unknown>) => isNumber(centre) && isNumber(scale)
  const fitted = [past, future, fits].every((part) =>
    Object.values(storedObject(part)).every((one) => fit(storedObject(one))),
  )
  const valid =
    fitted &&
    Array.isArray(reach) &&
    reach.length === block &&
    reach.every((one) => fit(storedObject(one))) &&
    Array.isArray(cycles) &&
    cycles.every((cycle) => (calendarCycles as readonly unknown[]).includes(cycle)) &&
    ['none', 'profile', 'difference'].includes(String(storedObject(preparation).seasonal)) &&
    reader.window === model.window &&
    reader.recent === model.linear &&
    reader.block === block
  if (!valid)
    throw new FormatError(`${where}: expected under "reader" how series are prepared, found something else`)
  return reader as unknown as WindowReader
}

type Rest = Omit<SeriesForecasterParts, 'reader' | 'network' | 'settings'>

function partsOf(config: StoredModel['config'], where: string): Rest {
  const { weights, shifts, deviations } = storedObject(config.linear)
  const numbers = (list: unknown): boolean => Array.isArray(list) && list.every(isNumber)
  const lists = (list: unknown) => Array.isArray(list) && list.every(numbers)
  if (
    !(
      lists(weights) &&
      numbers(shifts) &&
      numbers(deviations) &&
      lists(config.offsets) &&
      numbers(config.growth) &&
      config.ends !== undefined &&
      numbers(Object.values(storedObject(config.ends))) &&
      isNumber(config.season)
    )
  )
    throw new FormatError(
      `${where}: expected numbers under "linear", "season", "offsets", "growth" and "ends", found something else`,
    )
  const { linear, season, offsets, growth, ends, reading, frequency } = config as unknown as Rest
  return { linear, season, offsets, growth, ends, reading, frequency }
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
