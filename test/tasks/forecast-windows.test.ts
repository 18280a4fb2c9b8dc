import { expect, it } from 'vitest'
import { seriesOfTable } from '../../src/data/read-series.js'
import { readSeriesTable } from '../../src/data/series-table.js'
import { Random } from '../../src/random/index.js'
import { fitSeries, type Preparation } from '../../src/tasks/forecast-preparation.js'
import { SeriesWindows, scoredOrigins, type WindowReader } from '../../src/tasks/forecast-windows.js'
import { file } from '../data/files.js'

const preparation: Preparation = { log: false, seasonal: 'none', difference: false, scale: 'series' }
const readerWith = (fits: WindowReader['fits'] = {}): WindowReader => ({
  ...{ preparation, window: 3, recent: 0, block: 1, cycles: [], past: {}, future: {}, fits },
  reach: [{ centre: 0, scale: 1 }],
})

/** White noise of which every second step, drawn by lot, is missing. */
async function holed() {
  const draws = new Random(4).split('noise')
  const rows = Array.from({ length: 400 }, (_, t) => {
    const day = new Date(Date.UTC(2001, 0, 1 + t)).toISOString().slice(0, 10)
    const value = draws.normal()
    return t === 0 || t === 399 || draws.integer(2) === 0 ? `${day},${value}\n` : `${day},\n`
  })
  const table = await readSeriesTable(file('noise.csv', `ds,y\n${rows.join('')}`))
  return seriesOfTable(table, { gaps: 'interpolate' }).series[0]
}

it('forecasts from no step that was filled in, which would have told what comes next', async () => {
  const series = { ...(await holed()), from: 100 }
  const origins = scoredOrigins(readerWith(), series)
  expect(origins.length).toBeGreaterThan(50)
  const errors = origins.map(({ windows, at }) => series.values[at + 1] - windows.prepared.level(at))
  const filled = origins.flatMap(({ at }) => [series.filled?.[at], series.filled?.[at + 1]])
  expect(filled.every((flag) => flag === 0)).toBe(true)
  // two values of white noise lie √2 apart; one that was filled in and the next only half as far
  const apart = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length)
  expect(apart).toBeGreaterThan(1.2)
})

it('takes several steps ahead where one of them was measured', async () => {
  const series = { ...(await holed()), from: 100 }
  const two = scoredOrigins(readerWith(), series, 2)
  expect(two.length).toBeGreaterThan(scoredOrigins(readerWith(), series, 1).length)
  expect(two.every(({ at }) => series.filled?.[at] === 0)).toBe(true)
})

it('scales a series that was not learned from by what lies before its scored part', async () => {
  const values = Float64Array.from({ length: 100 }, (_, t) => (t < 50 ? t % 2 : 1000 + t))
  const series = { id: 'new', values, past: {}, future: {}, from: 50 }
  const [{ windows }] = scoredOrigins(readerWith(), series)
  expect(windows.prepared.fit).toEqual({ centre: 0.5, scale: 0.5, profile: [] })
})

it('knows a series by its name, but not by the place that stands for one', () => {
  const series = { id: '1', values: Float64Array.of(1, 2, 3, 4), past: {}, future: {} }
  const learned = { centre: 7, scale: 7, profile: [] }
  const reader = readerWith({ '1': learned })
  expect(new SeriesWindows(reader, series).prepared.fit).toEqual(learned)
  expect(new SeriesWindows(reader, { ...series, unnamed: true }).prepared.fit).toEqual(
    fitSeries(series, preparation),
  )
})
