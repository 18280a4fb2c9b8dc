import { expect, it } from 'vitest'
import { baselineForecasts } from '../../src/tasks/forecast-baselines.js'
import { scoredOrigins, type WindowReader } from '../../src/tasks/forecast-windows.js'

const reader: WindowReader = {
  preparation: { log: false, seasonal: 'none', difference: false, scale: 'series' },
  ...{ window: 3, recent: 0, block: 1, cycles: [], past: {}, future: {}, fits: {} },
  reach: [{ centre: 0, scale: 1 }],
}
const linear = { weights: [], shifts: [], deviations: [] }
const names = (values: readonly number[], season: number, horizon: number) => {
  const series = { id: 'a', values: Float64Array.from(values), past: {}, future: {}, from: 60 }
  const origins = [scoredOrigins(reader, series, 1).slice(0, 1)]
  const { baselines, leftOut } = baselineForecasts(origins, { season, order: 1, linear, horizon })
  return [baselines.map(({ name }) => name), leftOut]
}

it('leaves out the rules for which a series is too short, and names them', () => {
  const waves = Array.from({ length: 80 }, (_, t) => Math.sin(t))
  expect(names(waves, 12, 2)).toEqual([
    ['persistence', 'drift', 'seasonal naive (12)', 'climatology (12)', 'AR(1)'],
    [],
  ])
  expect(names(waves, 500, 2)).toEqual([
    ['persistence', 'drift', 'AR(1)'],
    ['seasonal naive (500)', 'climatology (500)'],
  ])
})

it('leaves out a rule whose forecasts explode', () => {
  const doubling = Array.from({ length: 80 }, (_, t) => 2 ** t)
  expect(names(doubling, 1, 2)).toEqual([['persistence', 'drift', 'AR(1)'], []])
  expect(names(doubling, 1, 1500)).toEqual([['persistence', 'drift'], ['AR(1)']])
})
