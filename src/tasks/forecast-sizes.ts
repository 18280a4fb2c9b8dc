import { type CalendarCycle, calendarCycles, cyclesShown } from '../data/calendar.js'
import { type Season, seasonsOf } from '../data/frequency.js'
import type { TimeSeries } from '../data/series.js'
import { nearest, UsageError } from '../errors.js'
import { fitLinear, type LinearForecast, linearForecast } from './forecast-linear.js'
import {
  fitSeries,
  meanAndDeviation,
  type Preparation,
  PreparedSeries,
  seasonNamed,
} from './forecast-preparation.js'
import type { ForecastSettings } from './forecast-settings.js'
import { isMeasured, type Origin, originsFrom, SeriesWindows, type WindowReader } from './forecast-windows.js'
import { optimizerDefaults } from './optimisation.js'
import { type Decided, decided } from './settings.js'

/** Series that are looked at to decide how all are prepared. */
const LOOKED_AT = 8
/** A more elaborate preparation has to be so much better than a simpler one. */
const WORTH = 0.99
/** So much of the last fifth may lie outside the range of all before. */
const BEYOND = 0.1
/** Changes whose variance is below this share of that of the values: each is hardly more than the one before. */
const STILL = 0.1
/** Below so many windows the network is narrow and takes small batches. */
const FEW = 1000

/** Decides every `auto` by the training part of the series. */
export function decideForecast(
  settings: ForecastSettings,
  series: readonly TimeSeries[],
): { readonly settings: Decided<ForecastSettings>; readonly preparation: Preparation } {
  const looked = [...series].sort((a, b) => b.values.length - a.values.length).slice(0, LOOKED_AT)
  const positive = series.every(({ values }) => values.every((value) => value > 0))
  const preparation = decidePreparation(settings, looked, positive)
  const { model, train } = settings
  const season = preparation.season?.steps ?? 0
  const window = decided(model.window, windowFor(season, shortest(series), preparation, model.horizon))
  const windows = series.reduce((sum, { values }) => sum + Math.max(1, values.length - window), 0)
  const few = windows < FEW
  const batchSize = decided(train.batchSize, few ? 16 : 64)
  const rates = optimizerDefaults(train.optimizer, 0.002)
  const epochs = decided(train.epochs, clamp(Math.round((1000 * batchSize) / windows), 6, 60))
  return {
    preparation,
    settings: {
      series: {
        ...settings.series,
        log: preparation.log,
        season: decided(settings.series.season, season),
        seasonal: preparation.seasonal,
        difference: preparation.difference,
      },
      model: {
        ...model,
        window,
        linear: Math.min(window, model.linear),
        hiddenSize: decided(model.hiddenSize, few ? 16 : 32),
      },
      train: {
        ...train,
        batchSize,
        epochs,
        learningRate: decided(train.learningRate, rates.learningRate),
        weightDecay: decided(train.weightDecay, train.optimizer === 'adamw' ? 0.01 : 0),
        patience: decided(train.patience, Math.max(4, Math.ceil(epochs / 3))),
      },
    },
  }
}

/** The cycles of the calendar that a setting names. Throws a `UsageError` for an unknown one. */
export function cyclesNamed(setting: string, { frequency, values }: TimeSeries): CalendarCycle[] {
  if (setting === 'none' || setting === '') return []
  if (setting === 'auto') return frequency ? cyclesShown(frequency, values.length) : []
  return setting.split(',').map((part) => {
    const cycle = calendarCycles.find((one) => one === part.trim())
    if (cycle !== undefined) return cycle
    const guess = nearest(part.trim(), calendarCycles)
    throw new UsageError(
      `series.calendar: expected auto, none or some of ${calendarCycles.join(', ')}, got "${part.trim()}"${guess ? `; did you mean "${guess}"?` : ''}`,
    )
  })
}

/**
 * The season that tables of baselines go by where none is decided: the longest of the calendar that the series shows twice, else the
 * shortest.
 */
export function naturalSeason({ frequency, values }: TimeSeries): number {
  const seasons = frequency ? seasonsOf(frequency) : []
  return seasons.findLast(({ steps }) => values.length >= 2 * steps)?.steps ?? 1
}

function shortest(series: readonly TimeSeries[]): number {
  return series.reduce((least, { values }) => Math.min(least, values.length), Number.MAX_SAFE_INTEGER)
}

/** A short season is looked at whole, at least a dozen steps; a third of a short series at most, so that there are windows to learn from. */
function windowFor(
  season: number,
  steps: number,
  { seasonal, difference }: Preparation,
  horizon: number,
): number {
  const short = season > 1 && season <= 53
  const wanted = short ? season * Math.ceil(12 / season) : 28
  const lost = (seasonal === 'difference' ? season : 0) + (difference ? 1 : 0)
  return Math.max(1, Math.min(wanted, Math.floor((steps - lost - horizon) / 3)))
}

function decidePreparation(
  { series, model }: ForecastSettings,
  looked: readonly TimeSeries[],
  positive: boolean,
): Preparation {
  const log = decided(series.log, positive && looked.every(growsWithLevel))
  const seasons = series.season === 'auto' ? seasonsShown(looked[0]) : seasonNamed(looked[0], series.season)
  const ways: Pick<Preparation, 'seasonal' | 'season'>[] = [
    { seasonal: 'none' },
    ...seasons.map((season) => ({ seasonal: 'profile' as const, season })),
    ...seasons.map((season) => ({ seasonal: 'difference' as const, season })),
  ]
  const options = ways
    .filter(({ seasonal }) => decided(series.seasonal, seasonal) === seasonal)
    // a year of days ago says little about today, and its own chance is added to today's
    .filter(
      ({ seasonal, season }) => series.seasonal !== 'auto' || seasonal !== 'difference' || isShort(season),
    )
    .flatMap((way) =>
      [false, true]
        .filter((difference) => decided(series.difference, difference) === difference)
        .map((difference) => ({ ...way, log, difference, scale: series.scale })),
    )
  if (options.length > 0) return best(options, looked, model.horizon)
  throw new UsageError(
    `series.seasonal: ${series.seasonal} needs a season that the series shows twice; give its steps with series.season`,
  )
}

/** The seasons of the calendar that a series goes through twice before its last fifth. */
function seasonsShown({ frequency, values }: TimeSeries): Season[] {
  return frequency ? seasonsOf(frequency).filter(({ steps }) => 0.8 * values.length >= 2 * steps) : []
}

const isShort = (season: Season | undefined) => season === undefined || season.steps <= 53

/**
 * Whether the swings of a series grow with its level, so that it is better seen in percent: in tenths of the series, the logarithm of the mean
 * step from value to value rises at least half as fast as that of the level (Guerrero 1993 chooses between powers like this).
 */
function growsWithLevel({ values }: TimeSeries): boolean {
  if (values.length < 20) return false
  const length = Math.floor(values.length / 10)
  const points = Array.from({ length: 10 }, (_, k) => {
    const part = values.subarray(k * length, (k + 1) * length)
    const steps = Array.from(part.subarray(1), (value, t) => Math.abs(value - part[t]))
    return [meanAndDeviation(part).centre, meanAndDeviation(steps).centre].map(Math.log)
  }).filter(([, swing]) => Number.isFinite(swing))
  if (points.length < 5) return false
  const [level, swing] = [0, 1].map((k) => meanAndDeviation(points.map((point) => point[k])))
  const product = meanAndDeviation(points.map(([a, b]) => (a - level.centre) * (b - swing.centre))).centre
  return level.scale > 0.1 && product / level.scale ** 2 > 0.5
}

/**
 * Of several preparations the one with which a straight line forecasts the last fifth best; a simpler one where it hardly matters. What a
 * network could not learn is left out, as long as something remains.
 */
function best(options: readonly Preparation[], looked: readonly TimeSeries[], horizon: number): Preparation {
  const learnable = options.filter((option) => looked.every((series) => isLearnable(option, series)))
  const candidates = learnable.length > 0 ? learnable : options
  if (candidates.length === 1) return candidates[0]
  let chosen = candidates[0]
  let least = Number.POSITIVE_INFINITY
  for (const option of candidates) {
    const error = heldOutError(option, looked, horizon)
    if (error < WORTH * least) [chosen, least] = [option, error]
  }
  return chosen
}

/**
 * Whether a network can go on with prepared values: those of the last fifth lie where the others do, for it knows nothing beyond; and they are
 * not so much alike from step to step that it would learn little more than to repeat the last one.
 */
function isLearnable(preparation: Preparation, series: TimeSeries): boolean {
  const prepared = new PreparedSeries(series, preparation, fitSeries(series, preparation))
  const values = prepared.inputs.subarray(prepared.begin)
  const end = Math.floor(0.8 * values.length)
  if (end < 2) return true
  const [low, high] = [
    smallest(values.subarray(0, end)),
    -smallest(values.subarray(0, end).map((value) => -value)),
  ]
  const beyond = values.subarray(end).filter((value) => value < low || value > high).length
  const changes = Float64Array.from(values.subarray(1), (value, t) => value - values[t])
  const still = meanAndDeviation(changes).scale ** 2 < STILL * meanAndDeviation(values).scale ** 2
  return beyond <= BEYOND * (values.length - end) && (preparation.difference || !still)
}

const smallest = (values: Float64Array) => values.reduce((least, value) => Math.min(least, value))

/** The squared errors of lines on the last fifth of series, each relative to its variance. */
function heldOutError(preparation: Preparation, looked: readonly TimeSeries[], wanted: number): number {
  let total = 0
  for (const series of looked) {
    const steps = series.values.length
    // a tenth of the series is as far as a fifth of it can judge
    const horizon = Math.max(1, Math.min(wanted, Math.floor(steps / 10)))
    const end = Math.floor(0.8 * steps)
    const season = preparation.season?.steps ?? 0
    const window = Math.min(windowFor(season, end, preparation, horizon), 28)
    const known = { ...series, values: series.values.subarray(0, end), past: {}, future: {} }
    const reader: WindowReader = {
      preparation,
      window,
      recent: window,
      block: horizon,
      cycles: [],
      past: {},
      future: {},
      fits: { [series.id]: fitSeries(known, preparation) },
      reach: Array.from({ length: horizon }, () => ({ centre: 0, scale: 1 })),
    }
    const windows = new SeriesWindows(reader, { ...series, past: {}, future: {} })
    const origins = originsFrom(windows, windows.first, horizon)
    const [learned, held] = [
      origins.filter(({ at }) => at + horizon < end),
      origins.filter(({ at }) => at >= end - 1),
    ]
    if (learned.length <= window || held.length === 0) return Number.POSITIVE_INFINITY
    const linear = fitLinear(reader, learned)
    const levels = Float64Array.from(series.values.keys(), (t) => windows.prepared.level(t))
    total += heldError(linear, held) / (meanAndDeviation(levels).scale ** 2 || 1)
  }
  return Math.sqrt(total / looked.length)
}

function heldError(linear: LinearForecast, held: readonly Origin[]): number {
  const errors = held.flatMap((origin) => {
    const { windows, at } = origin
    const { scale } = windows.prepared.scaleAt(at, windows.reader.window)
    return linearForecast(linear, origin).flatMap((said, k) =>
      isMeasured(origin, k + 1) ? [((windows.target(at, k + 1) - said) * scale) ** 2] : [],
    )
  })
  return meanAndDeviation(errors).centre
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value))
