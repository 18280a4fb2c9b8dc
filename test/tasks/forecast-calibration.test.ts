import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Engine, train } from '../../src/index.js'
import { Random } from '../../src/random/index.js'
import type { SeriesForecaster } from '../../src/tasks/series-forecaster.js'
import { openEngine } from '../tensor/engines.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.dispose())

const learn = (data: unknown, settings: object): Promise<SeriesForecaster> =>
  train({ task: 'forecast', engine, data, ...settings } as never) as unknown as Promise<SeriesForecaster>

/** A series that keeps `share` of where it is, with steps of deviation 1: a random walk where that is all. */
const wandering = (share: number, steps: number) => {
  const draws = new Random(6).split('steps')
  let level = 0
  return Array.from({ length: steps }, () => {
    level = share * level + draws.normal()
    return level
  })
}

it.each([
  // after k steps the deviation of what comes is √k, or √((1 - φ^2k)/(1 - φ²)) of that of one
  ['a random walk', 1, true, (k: number) => Math.sqrt(k)],
  [
    'what returns to its mean',
    0.85,
    false,
    (k: number) => Math.sqrt((1 - 0.85 ** (2 * k)) / (1 - 0.85 ** 2)),
  ],
])('grow beyond the horizon as the errors of %s do', async (_, share, difference, growth) => {
  const values = wandering(share, 1200)
  const model = await learn([{ id: 'x', values }], {
    series: { difference, seasonal: 'none', log: false },
    model: { hiddenSize: 8, window: 6 },
    train: { epochs: 5, learningRate: 0.01 },
  })
  const [{ steps }] = model.predict([{ id: 'x', values }], { steps: 50 })
  const width = (k: number) => steps[k - 1].high - steps[k - 1].low
  expect(width(1)).toBeGreaterThan(2.3)
  expect(width(1)).toBeLessThan(2.9) // 2.56 deviations hold 80 %
  for (const k of [2, 5, 10, 28, 50]) {
    expect(width(k) / width(1)).toBeGreaterThan(0.75 * growth(k))
    expect(width(k) / width(1)).toBeLessThan(1.3 * growth(k))
    expect(steps[k - 1].low).toBeLessThan(steps[k - 1].value)
    expect(steps[k - 1].value).toBeLessThan(steps[k - 1].high)
  }
  for (let k = 2; k <= 50; k++) expect(width(k)).toBeGreaterThan(0.999 * width(k - 1))
})
