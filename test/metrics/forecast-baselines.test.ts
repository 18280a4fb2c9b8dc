import { describe, expect, test } from 'vitest'
import { NonFiniteError, UsageError } from '../../src/errors.js'
import {
  autoregression,
  climatology,
  drift,
  type ForecastBaseline,
  persistence,
  seasonalNaive,
} from '../../src/metrics/index.js'
import { leastSquares } from '../../src/metrics/least-squares.js'
import { Random } from '../../src/random/random.js'
import { readFixture } from '../fixture.js'

// Expected values: fixtures/forecast.py (AutoReg of statsmodels).
interface Fixture {
  series: number[]
  autoregressions: { order: number; parameters: number[]; forecast: number[] }[]
}
const { series, autoregressions } = readFixture<Fixture>('forecast')

function expectNear(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(found.length).toBe(wanted.length)
  for (const [i, value] of wanted.entries()) expect(Math.abs(found[i] - value)).toBeLessThan(tolerance)
}

const baselines: ForecastBaseline[] = [
  persistence,
  drift,
  seasonalNaive(3),
  climatology(3),
  autoregression(2),
]

describe('simple baselines', () => {
  test('forecast what they say', () => {
    expect(persistence.fit([3, 5, 9]).forecast(2)).toEqual([9, 9])
    expect(drift.fit([3, 5, 9]).forecast(2)).toEqual([12, 15])
    expect(seasonalNaive(2).fit([1, 8, 2, 9]).forecast(3)).toEqual([2, 9, 2])
    expect(seasonalNaive(3).fit([1, 2, 3, 4]).forecast(4)).toEqual([2, 3, 4, 2])
    expect(climatology(2).fit([1, 8, 2, 10]).forecast(3)).toEqual([1.5, 9, 1.5])
    expect(climatology(2).fit([1, 8, 3]).forecast(2)).toEqual([8, 2])
  })

  test('go on behind a history without learning from it', () => {
    expect(persistence.fit([3]).forecast(1, [3, 4])).toEqual([4])
    expect(drift.fit([1, 3]).forecast(2, [1, 3, 10])).toEqual([12, 14])
    expect(seasonalNaive(2).fit([1, 8]).forecast(2, [1, 8, 5])).toEqual([8, 5])
    expect(climatology(2).fit([1, 8]).forecast(2, [1, 8, 100])).toEqual([8, 1])
  })
})

describe('every baseline', () => {
  test.each(baselines)('$name keeps a constant series constant', (baseline) => {
    expectNear(baseline.fit(new Array(9).fill(4.1)).forecast(5), new Array(5).fill(4.1), 1e-12)
  })

  test.each(baselines)('$name forecasts the same behind its own series, which it copies', (baseline) => {
    const own = Float64Array.from([1, 5, 2, 6, 3, 9, 4, 8])
    const model = baseline.fit(own)
    const forecast = model.forecast(4)
    expect(model.forecast(4, own)).toEqual(forecast)
    own.fill(0)
    expect(model.forecast(4)).toEqual(forecast)
  })

  test.each(baselines)('$name refuses what it cannot learn from or forecast', (baseline) => {
    const name = baseline.name
    expect(() => baseline.fit([])).toThrow(UsageError)
    expect(() => baseline.fit([1, 2, 3, Number.NaN, 5, 6])).toThrow(NonFiniteError)
    const model = baseline.fit([1, 5, 2, 6, 3])
    for (const steps of [0, 1.5, Number.NaN])
      expect(() => model.forecast(steps)).toThrow(`${name}: steps: expected a whole number of at least 1`)
    expect(() => model.forecast(1, [])).toThrow(`${name}: history`)
    expect(() => model.forecast(1, [1, 2, 3, Number.POSITIVE_INFINITY])).toThrow(NonFiniteError)
  })

  test('says how much it needs', () => {
    expect(() => drift.fit([1])).toThrow('drift: expected a series of at least 2 values, got 1')
    expect(() => seasonalNaive(12).fit([1, 2])).toThrow(
      'seasonal naive (12): expected a series of at least 12',
    )
    expect(() => climatology(12).fit([1, 2])).toThrow('climatology (12): expected a series of at least 12')
    expect(() => autoregression(2).fit([1, 2, 3, 4])).toThrow(
      'AR(2): expected a series of at least 5 values, got 4',
    )
    for (const make of [seasonalNaive, climatology, autoregression])
      for (const size of [0, -1, 2.5])
        expect(() => make(size)).toThrow('expected a whole number of at least 1')
  })
})

describe('autoregression', () => {
  test.each(autoregressions)('AR($order) is as AutoReg of statsmodels', ({ order, parameters, forecast }) => {
    const model = autoregression(order).fit(series)
    expectNear([model.intercept, ...model.coefficients], parameters, 1e-9)
    expectNear(model.forecast(12), forecast, 1e-10)
  })

  test('finds the recurrence behind a series without noise', () => {
    const fibonacci = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55]
    const model = autoregression(2).fit(fibonacci)
    expectNear(model.coefficients, [1, 1], 1e-9)
    expectNear(model.forecast(3), [89, 144, 233], 1e-9)
    expectNear(model.forecast(2, [2, 5]), [7, 12], 1e-9)
  })

  test('goes on with a pure wave, whose lags say the same thing again and again', () => {
    const wave = (t: number) => 7 + 3 * Math.sin(0.4 * t + 1)
    const model = autoregression(9).fit(Array.from({ length: 80 }, (_, t) => wave(t)))
    expectNear(
      model.forecast(40),
      Array.from({ length: 40 }, (_, h) => wave(80 + h)),
      1e-8,
    )
  })

  test('loses no digits to a large level', () => {
    const { forecast } = autoregressions[1]
    const model = autoregression(2).fit(series.map((value) => value + 1e8))
    expectNear(
      model.forecast(12).map((value) => value - 1e8),
      forecast,
      1e-6,
    )
  })

  test('says so when its forecasts explode', () => {
    expect(autoregression(1).fit([1, 2, 4, 8, 16]).forecast(2).map(Math.round)).toEqual([32, 64])
    expect(() => autoregression(1).fit([1, 2, 4, 8, 16]).forecast(1100)).toThrow(NonFiniteError)
  })
})

describe('least squares', () => {
  const random = new Random(3)
  const column = (length: number) => Float64Array.from({ length }, () => random.uniform() * 2 - 1)
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, t) => sum + value * b[t], 0)
  const rest = (columns: readonly Float64Array[], weights: Float64Array, y: Float64Array) =>
    y.map((value, t) => value - columns.reduce((sum, x, k) => sum + weights[k] * x[t], 0))

  test('leaves errors that no column explains', () => {
    const columns = Array.from({ length: 5 }, () => column(40))
    const y = column(40)
    const errors = rest(columns, leastSquares(columns, y), y)
    for (const x of columns) expect(Math.abs(dot(x, errors))).toBeLessThan(1e-13)
    expect(dot(errors, errors)).toBeLessThan(dot(y, y))
  })

  test('finds the weights of a badly conditioned system', () => {
    // Powers on [-1, 1], condition 2e6: the normal equations (numpy) miss the weights by 2e-4.
    const columns = Array.from({ length: 12 }, (_, k) =>
      Float64Array.from({ length: 50 }, (_, t) => ((2 * t) / 49 - 1) ** (k + 14)),
    )
    const wanted = [1, -2, 3, -4, 5, -6, 6, -5, 4, -3, 2, -1]
    const y = Float64Array.from({ length: 50 }, (_, t) =>
      columns.reduce((sum, x, k) => sum + wanted[k] * x[t], 0),
    )
    expectNear([...leastSquares(columns, y)], wanted, 1e-8)
  })

  test('gives columns that say nothing new the weight 0, and still explains all that can be', () => {
    const [a, b, y] = [column(20), column(20), column(20)]
    const both = a.map((value, t) => value - 2 * b[t])
    const columns = [a, b, both, new Float64Array(20)]
    const weights = leastSquares(columns, y)
    expect([...weights].filter((weight) => weight === 0).length).toBe(2)
    const errors = rest(columns, weights, y)
    for (const x of columns) expect(Math.abs(dot(x, errors))).toBeLessThan(1e-13)
    expect([...leastSquares([new Float64Array(3)], Float64Array.of(1, 2, 3))]).toEqual([0])
  })
})
