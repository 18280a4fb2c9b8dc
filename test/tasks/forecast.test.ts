import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GivenSeries, seriesOf } from '../../src/data/series.js'
import { DataError, UsageError } from '../../src/errors.js'
import { type Engine, train } from '../../src/index.js'
import { Random } from '../../src/random/index.js'
import { firstInput, fitSeries, type Preparation } from '../../src/tasks/forecast-preparation.js'
import { forecastReport } from '../../src/tasks/forecast-report.js'
import { SeriesWindows, type WindowReader } from '../../src/tasks/forecast-windows.js'
import type { SeriesForecaster } from '../../src/tasks/series-forecaster.js'
import { openEngine } from '../tensor/engines.js'
import { seasonal, smallForecaster } from './series.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.dispose())

const learn = (data: unknown, settings: object = {}): Promise<SeriesForecaster> =>
  train({ task: 'forecast', engine, data, ...settings } as never) as unknown as Promise<SeriesForecaster>

const random = (seed: number) => new Random(seed).split('series')
const walk = (steps: number, seed = 3): GivenSeries => {
  const draws = random(seed)
  let level = 100
  return { values: Array.from({ length: steps }, () => (level += draws.normal())) }
}

describe('on a series with a season', () => {
  const series = seasonal(180, { noise: 0.3 })
  let model: SeriesForecaster
  beforeAll(async () => {
    model = await learn([series], smallForecaster)
  })

  it('comes near the noise, far better than the last value, and says so', () => {
    const { scores, baselines, details } = model.evaluate([{ ...series, from: 150 }])
    // the noise is 0.3; less the value a season ago, whose noise comes with it, that is 0.42
    expect(scores.rmse).toBeLessThan(0.6)
    expect(baselines.persistence).toBeGreaterThan(2.5 * scores.rmse)
    expect(Object.keys(baselines)).toEqual([
      'persistence',
      'drift',
      'seasonal naive (12)',
      'climatology (12)',
      'AR(12)',
      'AR, prepared',
    ])
    expect(scores.coverage).toBeGreaterThan(0.6)
    const report = forecastReport(model.evaluate([{ ...series, from: 150 }]))
    // the first 12 of the scored steps were the end of the training and the validation part
    expect(report).toMatch(
      /^Careful: the model has learned from 12 of the scored steps, .*\n\n29 forecasts of a series, 2 steps ahead/,
    )
    expect(report).not.toContain('Not beside it')
    const later = forecastReport(model.evaluate([{ ...series, from: 162 }]))
    expect(later).toMatch(/^17 forecasts of a series/)
    expect(report).toContain(String((details.verdict as { words: string }).words))
    expect(report).toMatch(/Intervals of 80\.0 % hold \d+\.\d %/)
  })

  it('forecasts with dates, quantiles in order, as many steps as are asked for', () => {
    const [{ id, steps }] = model.predict([series], { steps: 7 })
    expect(id).toBe('sales')
    expect(steps.map(({ time }) => time)).toEqual([
      '2016-01',
      '2016-02',
      '2016-03',
      '2016-04',
      '2016-05',
      '2016-06',
      '2016-07',
    ])
    for (const { low, value, high, quantiles } of steps) {
      expect(low).toBeLessThan(value)
      expect(value).toBeLessThan(high)
      const sorted = Object.entries(quantiles)
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([, q]) => q)
      expect(sorted).toEqual([...sorted].sort((a, b) => a - b))
      expect([quantiles['0.1'], quantiles['0.9']]).toEqual([low, high])
    }
    expect(() => model.predict([series], { steps: 0 })).toThrow(UsageError)
  })

  it('beyond its horizon feeds its forecasts back', () => {
    const [{ steps }] = model.predict([series], { steps: 4 })
    const longer = {
      ...series,
      values: [...Array.from(series.values), steps[0].value, steps[1].value],
      times: [...(series.times as string[]), '2016-01', '2016-02'],
    }
    const [{ steps: next }] = model.predict([longer])
    expect(next.map(({ value }) => value)).toEqual(steps.slice(2).map(({ value }) => value))
  })

  it('streams with the same bits as the whole, in memory that does not grow', () => {
    const [values, times] = [Array.from(series.values), series.times as string[]]
    const stream = model.stream({ ...series, values: values.slice(0, 100), times: times.slice(0, 100) })
    for (let t = 100; t < 180; t++) {
      const told = stream.push({ value: values[t], time: times[t] })
      const [{ steps }] = model.predict([
        { ...series, values: values.slice(0, t + 1), times: times.slice(0, t + 1) },
      ])
      expect(told).toEqual(steps.map(({ time: _, ...step }) => step))
    }
    expect(stream.steps).toBe(80)
    const kept = stream.snapshot().series?.values.length ?? 0
    expect(kept).toBeLessThanOrEqual(40) // the window, a season for differences, what is left of one
    const before = stream.snapshot()
    const fork = stream.fork()
    expect(fork.push(9)).not.toEqual(fork.push(30)) // dates go on by themselves
    expect(stream.snapshot()).toEqual(before)
    fork.restore(before)
    expect(fork.forecast()).toEqual(stream.forecast())
    for (const bad of [Number.NaN, { value: 1, time: '1999-01' }, { value: 1, time: 'soon' }, {}])
      expect(() => stream.push(bad as never)).toThrow(DataError)
    stream.dispose()
    expect(() => stream.push(1)).toThrow(UsageError)
    const fresh = model.stream()
    expect(() => fresh.push(1)).toThrow(/the time of the first observation/)
    expect(fresh.push({ value: 10, time: '2020-01' })).toBeUndefined()
  })

  it('looks inside at a series of exactly the length that it needs', () => {
    const needed = firstInput(model.reader.preparation) + model.reader.window
    const [values, times] = [Array.from(series.values), series.times as string[]]
    const least = { ...series, values: values.slice(0, needed), times: times.slice(0, needed) }
    const { steps } = model.inspect([least])
    expect(steps.at(-1)).toBe(times[needed - 1])
    expect(steps).toHaveLength(model.reader.window)
  })

  it('refuses series that are too short or lack their dates', () => {
    const few = { ...series, values: [1, 2, 3], times: ['2001-01', '2001-02', '2001-03'] }
    expect(() => model.predict([few])).toThrow(
      /sales: expected at least \d+ values, which the model looks back at, found 3/,
    )
    expect(() => model.predict([{ id: 'sales', values: Array.from(series.values) }])).toThrow(
      /expected a series with dates/,
    )
    expect(() => model.evaluate([few])).toThrow(UsageError)
  })
})

describe('what is said', () => {
  it('about a random walk: no gain over the last value', async () => {
    const model = await learn([walk(600)], { train: { epochs: 3 } })
    expect(model.settings.series.difference).toBe(true)
    const { details, scores, baselines } = model.evaluate([{ ...walk(600), from: 500 }])
    expect((details.verdict as { words: string }).words).toMatch(/^(no significant gain over|worse than) /)
    expect(scores.rmse / baselines.persistence).toBeGreaterThan(0.97)
    expect(scores.coverage).toBeGreaterThan(0.7)
    expect(scores.coverage).toBeLessThan(0.9)
  })

  it.each(['point', 'quantiles', 'gaussian', 'studentT'])(
    'with output %s intervals hold about what they say',
    async (output) => {
      const draws = random(5)
      const noise = { values: Array.from({ length: 700 }, () => 5 + draws.normal() ** 3) }
      const model = await learn([noise], {
        model: { output, hiddenSize: 8, window: 8 },
        train: { epochs: 3 },
      })
      const { scores } = model.evaluate([{ ...noise, from: 400 }])
      expect(scores.coverage).toBeGreaterThan(0.72)
      expect(scores.coverage).toBeLessThan(0.88)
    },
  )

  it('is another interval where another coverage is wanted', async () => {
    const model = await learn([walk(300)], { model: { coverage: 0.95 }, train: { epochs: 1 } })
    expect(model.levels).toEqual([0.025, 0.1, 0.3, 0.5, 0.7, 0.9, 0.975])
    const [{ steps }] = model.predict([walk(300)])
    expect(steps[0].low).toBe(steps[0].quantiles['0.025'])
  })
})

it('learns from what is known in advance, and asks for it', async () => {
  const draws = random(7)
  const offers = Array.from({ length: 401 }, () => draws.integer(2))
  const noise = random(8)
  const series = {
    id: 'shop',
    values: Array.from({ length: 400 }, (_, t) => 10 + 5 * offers[t] + 0.1 * noise.normal()),
    past: { weather: Array.from({ length: 400 }, () => noise.normal()) },
    future: { offers },
  }
  const model = await learn([series], {
    model: { hiddenSize: 8, window: 4 },
    train: { epochs: 20, learningRate: 0.02 },
  })
  const { scores, baselines } = model.evaluate([series])
  expect(scores.rmse).toBeLessThan(0.5)
  expect(baselines.persistence).toBeGreaterThan(2)
  const [{ steps }] = model.predict([series])
  expect(Math.abs(steps[0].value - 10 - 5 * offers[400])).toBeLessThan(1)
  expect(() => model.predict([series], { steps: 2 })).toThrow(
    /expected "offers", which is known in advance, up to step 402/,
  )
  expect(() => model.predict([{ values: series.values, future: { offers } }])).toThrow(
    /expected "weather" beside the values/,
  )
  const [values, future] = [series.values, offers]
  const stream = model.stream({
    id: 'shop',
    values: values.slice(0, 300),
    past: { weather: series.past.weather.slice(0, 300) },
    future: { offers: future.slice(0, 301) },
  })
  for (let t = 300; t < 400; t++) {
    const told = stream.push({
      value: values[t],
      past: { weather: series.past.weather[t] },
      future: { offers: [future[t + 1]] },
    })
    if (t === 399) expect(told?.[0].value).toBe(steps[0].value)
  }
})

it('feeds back one step at a time where it is asked to', async () => {
  const series = seasonal(120)
  const model = await learn([series], {
    ...smallForecaster,
    model: { ...smallForecaster.model, direct: false, horizon: 3 },
  })
  expect(model.network.horizon).toBe(1)
  expect(model.predict([series])[0].steps).toHaveLength(3)
  const { details } = model.evaluate([series])
  expect((details.byStep as unknown[]).length).toBe(3)
})

it('gives the mean of line and network where it is asked to', async () => {
  const series = seasonal(120)
  const [alone, both, line] = await Promise.all(
    [0, 0.5, 1].map(async (blend) => {
      const model = await learn([series], { ...smallForecaster, model: { ...smallForecaster.model, blend } })
      return model.predict([series])[0].steps[0].value
    }),
  )
  expect(both).toBeCloseTo((alone + line) / 2, 6)
  expect(Math.abs(alone - line)).toBeGreaterThan(1e-3)
})

it('scores no step that was filled in', async () => {
  const series = seasonal(120)
  const model = await learn([series], smallForecaster)
  const row = { ...seriesOf(series, 'x'), from: 100 }
  const values = row.values.slice()
  values[110] = 1000
  const filled = new Uint8Array(120)
  filled[110] = 1
  const { scores } = model.evaluate([{ ...row, values, filled } as GivenSeries])
  expect(scores.rmse).toBeLessThan(300) // the steps behind see it, but it is no target
  expect(model.evaluate([{ ...row, values }]).scores.rmse).toBeGreaterThan(200)
})

it('knows several series, each with a scale of its own, and one that is new', async () => {
  const two = [seasonal(120), seasonal(120, { id: 'visits', level: 4000, seed: 2 })]
  const model = await learn(two, {
    ...smallForecaster,
    series: { ...smallForecaster.series, scale: 'window' },
  })
  const [sales, visits, fresh] = model.predict([...two, seasonal(60, { id: 'new', level: -50 })])
  expect(sales.steps[0].value).toBeLessThan(20)
  expect(Math.abs(visits.steps[0].value - 4000)).toBeLessThan(20)
  expect(Math.abs(fresh.steps[0].value + 50)).toBeLessThan(20)
  expect(() => model.stream().push(1)).toThrow(/the model knows several series \(sales, visits/)
})

it('refuses what it cannot learn from', async () => {
  const bad: [unknown, object, RegExp][] = [
    [
      [{ values: [1, 2, 3] }],
      { model: { window: 12 } },
      /1: expected at least \d+ values to learn from \(a window of 12, 1 ahead\), found/,
    ],
    [
      [{ values: Array.from({ length: 50 }, (_, t) => t - 5) }],
      { series: { log: true } },
      /expected values above 0, whose logarithms/,
    ],
    [
      [walk(60), { ...walk(60), past: { a: walk(60).values } }],
      {},
      /expected the columns of the first series, none, found a/,
    ],
  ]
  bad.push([
    [walk(60)],
    { model: { horizon: 7 } },
    /^the valid part: expected at least 7 steps, .* found 5; read\.valid sets/,
  ])
  for (const [data, settings, message] of bad) {
    await expect(learn(data, settings)).rejects.toThrow(DataError)
    await expect(learn(data, settings)).rejects.toThrow(message)
  }
  await expect(learn([walk(60)], { series: { seasonal: 'profile' } })).rejects.toThrow(
    /profile needs a season/,
  )
  await expect(learn([seasonal(60)], { series: { calendar: 'yaer' } })).rejects.toThrow(
    /did you mean "year"\?/,
  )
})

it('decides about logarithms by the training part alone', async () => {
  const draws = random(11)
  let level = 3
  const rising = Array.from({ length: 200 }, () => {
    level += 0.02 + 0.1 * draws.normal()
    return Math.exp(level)
  })
  const settings = { model: { hiddenSize: 4 }, train: { epochs: 1 } }
  const model = await learn({ train: [{ id: 'a', values: rising }] }, settings)
  expect(model.settings.series.log).toBe(true)
  const later = { train: [{ id: 'a', values: rising }], test: [{ id: 'a', values: [5, 0, 7] }] }
  await expect(learn(later, settings)).rejects.toThrow(
    /^a, step 202: expected values above 0, .* found 0; series\.log=false/,
  )
})

describe('a prepared series', () => {
  const values = Array.from({ length: 60 }, (_, t) => 20 + t + 5 * Math.sin(t / 2) + (t % 7))
  const season = { name: 'steps', steps: 7 } as const
  const ways: Preparation[] = [false, true].flatMap((log) =>
    [false, true].flatMap((difference) =>
      (['series', 'window'] as const).flatMap((scale): Preparation[] => [
        { log, difference, scale, seasonal: 'none' },
        { log, difference, scale, seasonal: 'profile', season },
        { log, difference, scale, seasonal: 'difference', season },
      ]),
    ),
  )

  it.each(ways)(
    'comes back: log $log, season $seasonal, difference $difference, scale $scale',
    (preparation) => {
      const series = seriesOf({ values }, 'x')
      const reader: WindowReader = {
        ...{ preparation, window: 5, recent: 2, block: 9, cycles: [], past: {}, future: {} },
        fits: { x: fitSeries(series, preparation) },
        reach: Array.from({ length: 9 }, (_, k) => ({ centre: 0.1 * k, scale: 1 + k })),
      }
      const windows = new SeriesWindows(reader, series)
      for (const at of [windows.first, 30, 50])
        for (const ahead of [1, 2, 8, 9]) {
          const level = windows.levelOf(at, ahead, windows.target(at, ahead))
          expect(windows.prepared.value(level)).toBeCloseTo(values[at + ahead], 8)
        }
      // nothing that lies ahead is looked at
      const cut = new SeriesWindows(reader, seriesOf({ id: 'x', values: values.slice(0, 31) }, 'x'))
      for (const ahead of [1, 8]) expect(cut.levelOf(30, ahead, 0.3)).toBe(windows.levelOf(30, ahead, 0.3))
      expect(cut.recent(30)).toEqual(windows.recent(30))
    },
  )
})
