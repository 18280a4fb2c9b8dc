import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DataError } from '../../src/errors.js'
import { type Engine, train } from '../../src/index.js'
import { Random } from '../../src/random/index.js'
import type { SeriesForecaster } from '../../src/tasks/series-forecaster.js'
import { openEngine } from '../tensor/engines.js'
import { seasonal, smallForecaster } from './series.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.dispose())

const learn = (data: unknown, settings: object): Promise<SeriesForecaster> =>
  train({ task: 'forecast', engine, data, ...settings } as never) as unknown as Promise<SeriesForecaster>

describe('a stream of a series that was not learned from', () => {
  const fresh = seasonal(120, { id: 'fresh', level: 900, seed: 5 })
  const begin = (model: SeriesForecaster, steps: number) =>
    model.stream({
      ...fresh,
      values: Array.from(fresh.values).slice(0, steps),
      times: (fresh.times as string[]).slice(0, steps),
    })
  let model: SeriesForecaster
  beforeAll(async () => {
    model = await learn([seasonal(120)], smallForecaster)
  })

  it('takes no time between its steps', () => {
    const stream = begin(model, 90)
    expect(() => stream.push({ value: 900, time: '2008-07' })).not.toThrow()
    const days = model.stream({
      id: 'days',
      values: Array.from(fresh.values),
      times: Array.from(fresh.values, (_, t) => new Date(Date.UTC(2001, 0, 1 + t))),
    })
    expect(() => days.push({ value: 900, time: '2001-05-01 06:30' })).toThrow(
      /^push: expected 2001-05-01 \(every day\), found "2001-05-01 06:30"$/,
    )
  })

  it('is scaled by its history, in its forks and after a restore too', () => {
    const stream = begin(model, 90)
    stream.push(fresh.values[90])
    const fork = stream.fork()
    expect(fork.forecast()).toEqual(stream.forecast())
    const other = begin(model, 60)
    other.restore(JSON.parse(JSON.stringify(stream.snapshot()), asNumbers))
    for (const t of [91, 92]) {
      const told = stream.push(fresh.values[t])
      expect(fork.push(fresh.values[t])).toEqual(told)
      expect(other.push(fresh.values[t])).toEqual(told)
    }
  })
})

it('goes on as before after a value that the model cannot see', async () => {
  const draws = new Random(3).split('walk')
  let level = 5
  const values = Array.from({ length: 150 }, () => {
    level += 0.05 * draws.normal()
    return Math.exp(level)
  })
  const model = await learn([{ id: 'price', values }], {
    series: { log: true },
    model: { hiddenSize: 4, window: 5 },
    train: { epochs: 1 },
  })
  const stream = model.stream({ id: 'price', values })
  const before = stream.forecast()
  expect(() => stream.push(0)).toThrow(DataError)
  expect(() => stream.push(0)).toThrow(/expected values above 0/)
  expect(stream.steps).toBe(0)
  expect(stream.forecast()).toEqual(before)
  expect(stream.push(values[149])).toHaveLength(1)
  expect(() => model.stream({ id: 'price', values: [...values, 0] })).toThrow(/expected values above 0/)
})

/** Typed arrays come out of JSON as objects with their places as names. */
function asNumbers(key: string, value: unknown): unknown {
  return key === 'values' || key === 'times' ? Float64Array.from(Object.values(value as object)) : value
}
