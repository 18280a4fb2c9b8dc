import { describe, expect, test } from 'vitest'
import { NonFiniteError, UsageError } from '../../src/errors.js'
import { type DieboldMarianoOptions, dieboldMariano } from '../../src/metrics/index.js'
import { Random } from '../../src/random/random.js'
import { readFixture } from '../fixture.js'

// Expected values: fixtures/forecast.py (numpy and scipy).
type Case = Required<Pick<DieboldMarianoOptions, 'loss' | 'horizon'>> & {
  bartlett: boolean
  statistic: number
  pValue: number
}
interface Fixture {
  errors: { first: number[]; second: number[]; swinging: number[] }
  dieboldMariano: Case[]
  bartlett: Case
}
const fixture = readFixture<Fixture>('forecast')
const { first, second, swinging } = fixture.errors

describe('the Diebold-Mariano test', () => {
  test.each(fixture.dieboldMariano)(
    'is as numpy and scipy compute it: $loss errors, $horizon ahead',
    (row) => {
      expect(row.bartlett).toBe(false)
      const { statistic, pValue } = dieboldMariano(first, second, { loss: row.loss, horizon: row.horizon })
      expect(statistic).toBeCloseTo(row.statistic, 12)
      expect(pValue).toBeCloseTo(row.pValue, 12)
    },
  )

  test('weights the dependence where its variance would be below 0', () => {
    expect(fixture.bartlett.bartlett).toBe(true)
    const { statistic, pValue, better } = dieboldMariano(swinging, new Array(16).fill(1), { horizon: 2 })
    expect(statistic).toBeCloseTo(fixture.bartlett.statistic, 10)
    expect(pValue / fixture.bartlett.pValue).toBeCloseTo(1, 9)
    expect(better).toBe('second')
  })

  test('calls the better one better, from either side', () => {
    const small = first.map((error) => error / 3)
    const result = dieboldMariano(small, second)
    expect(result.better).toBe('first')
    expect(result.difference).toBeLessThan(0)
    const turned = dieboldMariano(second, small)
    expect([turned.better, turned.statistic, turned.pValue]).toEqual([
      'second',
      -result.statistic,
      result.pValue,
    ])
    expect(dieboldMariano(small, second, { level: 1e-9 }).better).toBe('neither')
  })

  test('does not depend on the unit of the series', () => {
    for (const unit of [1e-70, 1e70]) {
      const scaled = (errors: number[]) => errors.map((error) => error * unit)
      const { statistic } = dieboldMariano(scaled(first), scaled(second))
      expect(statistic).toBeCloseTo(fixture.dieboldMariano[0].statistic, 10)
    }
  })

  test('finds nothing in errors that are the same, or the same but for their sign', () => {
    for (const loss of ['squared', 'absolute'] as const)
      for (const other of [first, first.map((error) => -error)])
        expect(dieboldMariano(first, other, { loss, horizon: 3 })).toEqual({
          statistic: 0,
          pValue: 1,
          difference: 0,
          better: 'neither',
        })
  })

  test('is certain where one is worse by the same amount everywhere', () => {
    const result = dieboldMariano([2, 2, 2], [1, 1, 1], { loss: 'absolute' })
    expect(result).toEqual({
      statistic: Number.POSITIVE_INFINITY,
      pValue: 0,
      difference: 1,
      better: 'second',
    })
  })

  test('is wrong about equal forecasts as often as it says', () => {
    const random = new Random(8)
    const errors = () => Array.from({ length: 30 }, () => random.normal())
    let called = 0
    for (let trial = 0; trial < 2000; trial++)
      if (dieboldMariano(errors(), errors(), { loss: 'absolute' }).better !== 'neither') called++
    // 5 % of 2000, within four standard deviations
    expect(Math.abs(called - 100)).toBeLessThan(40)
  })

  test('refuses what cannot be compared', () => {
    expect(() => dieboldMariano([1], [1, 2])).toThrow(UsageError)
    expect(() => dieboldMariano([], [])).toThrow(UsageError)
    expect(() => dieboldMariano([1, Number.NaN], [1, 2])).toThrow(
      'dieboldMariano: first: expected finite numbers',
    )
    expect(() => dieboldMariano([1, 2], [1, 2], { horizon: 2 })).toThrow(
      'more errors than the horizon of 2, got 2',
    )
    expect(() => dieboldMariano([1, 2], [1, 2], { horizon: 0 })).toThrow(UsageError)
    expect(() => dieboldMariano([1, 2], [1, 2], { level: 5 })).toThrow('level must lie between 0 and 1')
    // @ts-expect-error no such loss
    expect(() => dieboldMariano([1, 2], [1, 2], { loss: 'cubed' })).toThrow('got "cubed"')
    expect(() => dieboldMariano([1e200, 1], [1, 2])).toThrow(NonFiniteError)
  })
})
