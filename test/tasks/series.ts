import type { GivenSeries } from '../../src/data/series.js'
import { Random } from '../../src/random/index.js'

/** A series with a season of 12 steps, a trend, and noise of the given deviation, from 2001-01 on. */
export function seasonal(
  steps: number,
  { noise = 0.1, seed = 1, level = 10, id = 'sales' } = {},
): GivenSeries {
  const random = new Random(seed)
  return {
    id,
    values: Array.from(
      { length: steps },
      (_, t) => level + 0.02 * t + 3 * Math.sin((2 * Math.PI * t) / 12) + noise * random.normal(),
    ),
    times: Array.from(
      { length: steps },
      (_, t) => `${2001 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, '0')}`,
    ),
  }
}

/** A series that is easily learned. */
export const easySeries: readonly GivenSeries[] = [seasonal(120)]

/** Settings for a network that learns them in well under a second. */
export const smallForecaster = {
  series: { season: 12 },
  model: { hiddenSize: 8, window: 12, horizon: 2 },
  train: { epochs: 6, learningRate: 0.01 },
} as const
