import type { PairRow } from '../../src/tasks/index.js'
import { easyRows } from './rows.js'

const replies: Record<string, string> = {
  weather: 'Take an umbrella.',
  music: 'Here is your song.',
  alarm: 'I will wake you.',
}

/** Messages of three kinds with the reply to each. */
export const easyPairs: readonly PairRow[] = easyRows.map(({ text, label }) => ({
  source: text,
  target: replies[label],
}))

/** Settings for a network that learns them in well under a second. */
export const smallReplier = {
  text: { gramBuckets: 200 },
  model: { embeddingSize: 16, hiddenSize: 16, vectorSize: 16 },
  train: { epochs: 15, learningRate: 0.01, batchSize: 8, averaging: 0.9 },
} as const
