import { drawScene, type Scene } from '../../src/data/index.js'
import { Random } from '../../src/random/index.js'
import type { CaptionRow } from '../../src/tasks/index.js'

/** Small scenes, the same ones in every call. */
export function scenes(count: number, { seed = 1, side = 16 } = {}): Scene[] {
  const random = new Random(seed)
  return Array.from({ length: count }, (_, k) => drawScene(random.split(k), { side }))
}

/** The same as rows of the task. */
export function sceneRows(count: number, options: { seed?: number; side?: number } = {}): CaptionRow[] {
  return scenes(count, options).map(({ image, captions }, k) => ({ image, captions, name: `scene ${k + 1}` }))
}

/** Settings for a network that sees something in a few seconds. */
export const smallCaptioner = {
  model: { filters: 4, convolutions: 2, grid: 4, hiddenSize: 16, cell: 'gru' },
  train: { epochs: 4, batchSize: 16, learningRate: 0.01 },
} as const
