import { describe, expect, test } from 'vitest'
import { NonFiniteError, UsageError } from '../../src/errors.js'
import {
  coverage,
  gaussianCrps,
  mae,
  mape,
  mase,
  pinball,
  quantileCrps,
  rmse,
  smape,
  studentTCrps,
} from '../../src/metrics/index.js'
import { normalWithin } from '../../src/metrics/normal.js'
import { studentTails } from '../../src/metrics/student-t.js'
import { readFixture } from '../fixture.js'

// Expected values: fixtures/forecast.py (numpy, scipy, mpmath, properscoring).
interface Fixture {
  point: {
    actual: number[]
    predicted: number[]
    training: number[]
    mase: Record<string, number>
  } & Record<'mae' | 'rmse' | 'mape' | 'smape', number>
  normal: { y: number; mean: number; deviation: number; crps: number }[]
  student: { y: number; location: number; scale: number; degrees: number; crps: number }[]
  quantiles: { values: number[]; samples: number[][]; crps: number }
  within: { z: number; probability: number }[]
  tails: { t: number; degrees: number; probability: number }[]
}
const fixture = readFixture<Fixture>('forecast')

/** Within a share of what is wanted, or of `least` where that is larger. */
function expectClose(found: number, wanted: number, share: number, least = 0): void {
  expect(Math.abs(found - wanted)).toBeLessThanOrEqual(share * Math.max(Math.abs(wanted), least))
}

describe('point scores', () => {
  const { actual, predicted, training, mase: scaled } = fixture.point

  test.each(Object.entries({ mae, rmse, mape, smape }))('%s is as numpy computes it', (name, score) => {
    expectClose(score(actual, predicted), fixture.point[name as 'mae'], 1e-13)
  })

  test('mase is measured in errors of the seasonal naive forecast', () => {
    for (const [season, value] of Object.entries(scaled))
      expectClose(mase(actual, predicted, training, Number(season)), value, 1e-13)
    expect(mase([14, 15], [13, 17], [10, 11, 9, 12])).toBe(0.75)
    // a season in which nothing changes is no measure, whatever happens within it
    expect(() => mase([1], [2], [1, 5, 1, 5], 2)).toThrow('changes from season to season (of 2)')
    expect(() => mase([1], [2], [3, 3, 3])).toThrow(UsageError)
    expect(() => mase([1], [2], [1, 2, 3], 3)).toThrow('more than one season of 3, got 3 values')
    for (const season of [0, 1.5, Number.NaN])
      expect(() => mase([1], [2], [1, 2], season)).toThrow(UsageError)
    expect(() => mase([1], [2], [1, Number.NaN, 3])).toThrow('training series')
  })

  test('a percentage of nothing is refused by mape, and counted by smape', () => {
    expect(() => mape([3, 0], [3, 0])).toThrow('got 0 at index 1')
    expect(smape([100, 0], [300, 0])).toBe(50)
    expect(smape([0, -1], [5, 1])).toBe(200)
  })

  test.each(Object.entries({ mae, rmse, mape, smape }))('%s refuses what has no score', (name, score) => {
    expect(() => score([], [])).toThrow(UsageError)
    expect(() => score([1, 2], [1])).toThrow(`${name}: expected lists of one length, got 2 and 1`)
    expect(() => score([1, Number.NaN], [1, 2])).toThrow(
      `${name}: actual: expected finite numbers, got NaN at index 1`,
    )
    expect(() => score([1], [Number.POSITIVE_INFINITY])).toThrow(NonFiniteError)
  })

  test('say so where a sum is beyond a double', () => {
    expect(() => rmse([1e200], [0])).toThrow(NonFiniteError)
    expect(() => mae([1e308, 1e308], [-1e308, 0])).toThrow('scale the series down')
  })
})

describe('scores of quantiles and intervals', () => {
  test('the pinball loss is asymmetric and smallest at the quantile', () => {
    expect(pinball([10, 10], [8, 12], 0.9)).toBeCloseTo(1, 14)
    expect(pinball([1, 5], [3, 1], 0.5)).toBe(mae([1, 5], [3, 1]) / 2)
    const values = Array.from({ length: 101 }, (_, i) => i)
    const losses = values.map((quantile) =>
      pinball(
        values,
        values.map(() => quantile),
        0.8,
      ),
    )
    expect(losses.indexOf(Math.min(...losses))).toBe(80)
    for (const level of [0, 1, Number.NaN, 80])
      expect(() => pinball([1], [1], level)).toThrow('between 0 and 1')
    expect(() => pinball([], [], 0.5)).toThrow(UsageError)
    expect(() => pinball([1], [1, 2], 0.5)).toThrow(UsageError)
    expect(() => pinball([Number.NaN], [1], 0.5)).toThrow(NonFiniteError)
  })

  test('quantileCrps is the CRPS of a sample at the levels (k - 1/2)/K', () => {
    const { values, samples, crps } = fixture.quantiles
    const levels = samples[0].map((_, k) => (k + 0.5) / samples[0].length)
    expectClose(quantileCrps(values, samples, levels), crps, 1e-13)
  })

  test('quantileCrps comes near the closed form with many quantiles', () => {
    const logistic = (level: number) => Math.log(level / (1 - level))
    const levels = Array.from({ length: 4000 }, (_, k) => (k + 0.5) / 4000)
    // CRPS of the logistic distribution: z - 2 ln F(z) - 1 (Jordan et al. 2019)
    const exact = 0.7 + 2 * Math.log(1 + Math.exp(-0.7)) - 1
    expect(quantileCrps([0.7], [levels.map(logistic)], levels)).toBeCloseTo(exact, 3)
  })

  test('quantileCrps refuses rows that do not fit', () => {
    expect(() => quantileCrps([1], [[1]], [0.2, 0.8])).toThrow('each of 2 levels, got 1 in row 0')
    expect(() => quantileCrps([1], [[1]], [1])).toThrow(UsageError)
    expect(() => quantileCrps([1], [[]], [])).toThrow(UsageError)
    expect(() => quantileCrps([], [], [0.5])).toThrow(UsageError)
    expect(() => quantileCrps([1], [[Number.NaN]], [0.5])).toThrow('quantiles[0]')
  })

  test('coverage counts the bounds', () => {
    expect(coverage([1, 5, 9], [0, 4, 4], [2, 6, 6])).toBeCloseTo(2 / 3, 14)
    expect(coverage([1, 2], [1, 1], [2, 2])).toBe(1)
    expect(() => coverage([1], [2], [0])).toThrow('expected low <= high, got 2 and 0 at index 0')
    expect(() => coverage([1], [Number.NaN], [0])).toThrow('coverage: low')
    expect(() => coverage([], [], [])).toThrow(UsageError)
    expect(() => coverage([1], [1], [1, 2])).toThrow(UsageError)
  })
})

describe('the CRPS of distributions', () => {
  test.each(fixture.normal)(
    'of a Gaussian is as properscoring has it: $y under N($mean, $deviation)',
    (row) => {
      expectClose(gaussianCrps([row.y], [row]), row.crps, 1e-12, row.deviation)
    },
  )

  test.each(fixture.student)('of Student is its integral: $y under $location + $scale T($degrees)', (row) => {
    expectClose(studentTCrps([row.y], [row]), row.crps, 1e-8, 1)
  })

  test('is the integral of (F - step)², summed up here', () => {
    const step = 1e-3
    const integral = (y: number, within: (z: number) => number) => {
      let sum = 0
      for (let x = -60 + step / 2; x < 60; x += step) {
        const below = 0.5 + (Math.sign(x) * within(x)) / 2
        sum += (below - (x >= y ? 1 : 0)) ** 2 * step
      }
      return sum
    }
    for (const y of [-2.2, 0, 1.7]) {
      const gaussian = gaussianCrps([y], [{ mean: 0, deviation: 1 }])
      expect(gaussian).toBeCloseTo(integral(y, normalWithin), 3)
      const student = studentTCrps([y], [{ location: 0, scale: 1, degrees: 6 }])
      expect(student).toBeCloseTo(
        integral(y, (x) => 1 - studentTails(x, 6)),
        3,
      )
    }
  })

  test('is the mean over the forecasts, and far away the absolute error', () => {
    const two = [
      { mean: 0, deviation: 1 },
      { mean: 5, deviation: 3 },
    ]
    const each = two.map((forecast) => gaussianCrps([1], [forecast]))
    expect(gaussianCrps([1, 1], two)).toBeCloseTo((each[0] + each[1]) / 2, 14)
    expect(gaussianCrps([1000], [{ mean: 0, deviation: 1e-3 }])).toBeCloseTo(1000, 2)
    expect(studentTCrps([1e200], [{ location: 0, scale: 1, degrees: 3 }])).toBeCloseTo(1e200, -190)
  })

  test('of Student becomes that of the Gaussian with many degrees of freedom', () => {
    for (const y of [-3, 0, 0.4, 1.8, 9]) {
      const gaussian = gaussianCrps([y], [{ mean: 0, deviation: 1 }])
      expect(studentTCrps([y], [{ location: 0, scale: 1, degrees: 1e9 }])).toBeCloseTo(gaussian, 7)
    }
  })

  test('refuses what is no distribution', () => {
    expect(() => gaussianCrps([1], [{ mean: 0, deviation: 0 }])).toThrow(
      'deviation: expected numbers above 0',
    )
    expect(() => gaussianCrps([1], [{ mean: Number.NaN, deviation: 1 }])).toThrow(NonFiniteError)
    expect(() => gaussianCrps([], [])).toThrow(UsageError)
    expect(() => gaussianCrps([1, 2], [{ mean: 0, deviation: 1 }])).toThrow(UsageError)
    expect(() => studentTCrps([1], [{ location: 0, scale: 1, degrees: 1 }])).toThrow(
      'degrees: expected numbers above 1',
    )
    expect(() => studentTCrps([1], [{ location: 0, scale: -1, degrees: 4 }])).toThrow(UsageError)
    expect(() => studentTCrps([Number.NaN], [{ location: 0, scale: 1, degrees: 4 }])).toThrow(NonFiniteError)
  })
})

describe('the distributions themselves', () => {
  test.each(fixture.within)('a normal number within $z', ({ z, probability }) => {
    expectClose(normalWithin(z), probability, 1e-14)
    expect(normalWithin(-z)).toBe(normalWithin(z))
  })

  test.each(fixture.tails)('Student beyond $t with $degrees degrees', ({ t, degrees, probability }) => {
    expectClose(studentTails(t, degrees), probability, degrees > 1000 ? 1e-10 : 1e-12)
    expect(studentTails(-t, degrees)).toBe(studentTails(t, degrees))
  })

  test('the ends', () => {
    expect([studentTails(0, 3), studentTails(Number.POSITIVE_INFINITY, 3)]).toEqual([1, 0])
  })
})
