import { expect, it } from 'vitest'
import { Random } from '../../src/random/index.js'
import { type OriginCost, scaleBefore, verdictOn } from '../../src/tasks/forecast-verdict.js'
import type { Origin } from '../../src/tasks/forecast-windows.js'

const draws = new Random(9).split('costs')
const worse = Array.from({ length: 60 }, (_, time): OriginCost => ({ time, cost: Math.abs(draws.normal()) }))
const own = worse.map(({ time, cost }): OriginCost => ({ time, cost: cost * (0.9 + 0.15 * draws.normal()) }))

it('is no surer of thirty copies of a series than of one', () => {
  const one = verdictOn(own, { name: 'rule', costs: worse }, 1)
  const copies = (costs: readonly OriginCost[]) => Array.from({ length: 30 }, () => costs).flat()
  const thirty = verdictOn(copies(own), { name: 'rule', costs: copies(worse) }, 1)
  expect(one.pValue).toBeGreaterThan(1e-4)
  expect(thirty.pValue).toBeCloseTo(one.pValue as number, 9)
  expect(verdictOn(own.slice(0, 7), { name: 'rule', costs: worse.slice(0, 7) }, 1).pValue).toBeNull()
  // seven days of many series are seven days
  const week = (costs: readonly OriginCost[]) => costs.map((one, k) => ({ ...one, time: k % 7 }))
  expect(verdictOn(week(own), { name: 'rule', costs: week(worse) }, 1).pValue).toBeNull()
})

it('measures errors by how far a series moves in a season', () => {
  const origin = (values: readonly number[]) =>
    ({
      windows: { series: { values: Float64Array.from(values) } },
      at: values.length - 1,
    }) as unknown as Origin
  expect(scaleBefore(origin([1, 5, 2, 6, 3, 7]), 2)).toBe(1)
  expect(scaleBefore(origin([1, 5, 2, 6, 3, 7]), 1)).toBe(3.6)
  expect(scaleBefore(origin([4, 4, 4]), 1)).toBe(1)
})
