import { waves, wavesOf } from '../data/calendar.js'
import { laterBy, placeInSeason, type Season, seasonsOf } from '../data/frequency.js'
import type { TimeSeries } from '../data/series.js'
import { DataError } from '../errors.js'
import { leastSquares } from '../metrics/least-squares.js'

/** How a series is made easy to learn, with each `auto` decided. */
export interface Preparation {
  readonly log: boolean
  /** Absent: there is none. */
  readonly season?: Season
  readonly seasonal: 'none' | 'difference' | 'profile'
  readonly difference: boolean
  readonly scale: 'series' | 'window'
}

/** What was found on the training part of one series. */
export interface SeriesFit {
  /** The mean of the prepared values, and their standard deviation. */
  readonly centre: number
  readonly scale: number
  /** Weights of the season's waves; empty without a profile. */
  readonly profile: readonly number[]
}

/**
 * A series as the network sees it, and the way back. Of what `g` is (the values, or their logarithms) the season is taken away, then perhaps
 * the step before, and the rest is scaled:
 *
 * v_t = g_t, or g_t - profile(t), or g_t - g_{t-m}; w_t = v_t, or v_t - v_{t-1}; input = (w_t - centre) / scale
 *
 * A forecast made at step T of the one k steps later is told as its distance from an `anchor`, all of which is known at T:
 * target = (g_{T+k} - anchor(T, k)) / scale.
 */
export class PreparedSeries {
  /** The first step that has an input. */
  readonly begin: number
  readonly #level: Float64Array
  readonly #inputs: Float64Array

  /** Throws `DataError` for a value that has no logarithm. */
  constructor(
    readonly series: TimeSeries,
    readonly preparation: Preparation,
    readonly fit: SeriesFit,
  ) {
    const { difference } = preparation
    this.#level = levelsOf(series, preparation)
    this.begin = firstInput(preparation)
    const flat = Float64Array.from(this.#level, (level, t) => level - this.#seasonAt(t))
    this.#inputs = flat.map((value, t) => (difference && t > 0 ? value - flat[t - 1] : value))
  }

  /** Steps with a value. */
  get steps(): number {
    return this.#level.length
  }

  /** The inputs before they are scaled; those before `begin` mean nothing. */
  get inputs(): Float64Array {
    return this.#inputs
  }

  /** What inputs of a forecast made at step `at`, with a window of so many steps, are scaled by. */
  scaleAt(at: number, window: number): { readonly centre: number; readonly scale: number } {
    if (this.preparation.scale === 'series') return this.fit
    const { centre, scale } = meanAndDeviation(this.#inputs.subarray(at - window + 1, at + 1))
    // a window in which nothing moved must not make everything after it huge
    return { centre, scale: Math.max(scale, 0.01 * this.fit.scale) }
  }

  /** Where the step `ahead` of step `at` would be if nothing but season, last change and centre mattered. */
  anchor(at: number, ahead: number, centre: number): number {
    const { difference } = this.preparation
    const lag = seasonalLag(this.preparation)
    const drop = difference ? this.#level[at] - this.#seasonAt(at) : centre
    if (lag === 0) return this.#seasonAt(at + ahead) + drop
    const seasons = Math.ceil(ahead / lag)
    return this.#level[at + ahead - seasons * lag] + seasons * drop
  }

  /** The level of a step: its value, or the logarithm of it. */
  level(t: number): number {
    return this.#level[t]
  }

  /** The value at a level. */
  value(level: number): number {
    return this.preparation.log ? Math.exp(level) : level
  }

  /** What is taken from the level of a step; a season ago in its own past. */
  #seasonAt(t: number): number {
    const lag = seasonalLag(this.preparation)
    if (lag > 0) return t >= lag ? this.#level[t - lag] : 0
    const { season } = this.preparation
    if (!season || this.fit.profile.length === 0) return 0
    return profileAt(this.series, season, t, this.fit.profile)
  }
}

/** The first step that has an input: those before it are needed for differences. */
export function firstInput(preparation: Preparation): number {
  return seasonalLag(preparation) + (preparation.difference ? 1 : 0)
}

/** What a preparation finds on the training part of a series. Throws `DataError` for a value that has no logarithm. */
export function fitSeries(series: TimeSeries, preparation: Preparation): SeriesFit {
  const { season, seasonal } = preparation
  const profile = season && seasonal === 'profile' ? profileOf(series, preparation, season) : []
  const prepared = new PreparedSeries(series, preparation, { centre: 0, scale: 1, profile })
  const { centre, scale } = meanAndDeviation(prepared.inputs.subarray(prepared.begin))
  return { centre, scale: scale || 1, profile }
}

/** The season of so many steps: that of the calendar where there is one; none of fewer than two. */
export function seasonNamed({ frequency }: TimeSeries, steps: number): Season[] {
  if (steps < 2) return []
  return [
    (frequency && seasonsOf(frequency).find((season) => season.steps === steps)) ?? { name: 'steps', steps },
  ]
}

/** Mean and standard deviation. */
export function meanAndDeviation(values: ArrayLike<number>): { centre: number; scale: number } {
  let centre = 0
  for (let t = 0; t < values.length; t++) centre += (values[t] - centre) / (t + 1)
  let squares = 0
  for (let t = 0; t < values.length; t++) squares += (values[t] - centre) ** 2
  return { centre, scale: Math.sqrt(squares / Math.max(1, values.length)) }
}

function seasonalLag({ seasonal, season }: Preparation): number {
  return seasonal === 'difference' ? (season?.steps ?? 0) : 0
}

function levelsOf({ values, id }: TimeSeries, { log }: Preparation): Float64Array {
  if (!log) return Float64Array.from(values)
  return Float64Array.from(values, (value, t) => {
    if (value > 0) return Math.log(value)
    throw new DataError(
      `${id}, step ${t + 1}: expected values above 0, whose logarithms the model learns, found ${value}; series.log=false learns the values themselves`,
    )
  })
}

/** Where in the season a step lies, by its date where there is one; steps beyond the last date go on as far apart. */
function placeOf({ times, frequency }: TimeSeries, { name, steps }: Season, t: number): number {
  if (times && frequency && name !== 'steps') {
    const last = times.length - 1
    const time = t <= last ? times[t] : laterBy(times[last], frequency, t - last)
    return placeInSeason(time, name) as number
  }
  return (t % steps) / steps
}

function profileAt(series: TimeSeries, season: Season, t: number, weights: readonly number[]): number {
  return waves(placeOf(series, season, t), weights.length / 2).reduce(
    (sum, wave, k) => sum + wave * weights[k],
    0,
  )
}

/** The waves of the season by least squares, beside a level and a trend. */
function profileOf(series: TimeSeries, preparation: Preparation, season: Season): number[] {
  const level = levelsOf(series, preparation)
  const count = wavesOf(season)
  const rows = Array.from(level, (_, t) => [1, t / level.length, ...waves(placeOf(series, season, t), count)])
  const columns = rows[0].map((_, k) => Float64Array.from(rows, (row) => row[k]))
  // the last sine of a season with an even number of steps is 0 everywhere, and gets the weight 0
  return [...leastSquares(columns, level)].slice(2)
}
