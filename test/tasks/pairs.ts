import type { PairRow } from '../../src/tasks/index.js'

const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September']

/** Dates as people write them and in the form of ISO 8601: a small version of "dates to ISO". */
export const datePairs: readonly PairRow[] = Array.from({ length: 300 }, (_, i) => {
  const month = i % months.length
  const day = 1 + ((i * 7) % 28)
  const year = 2000 + ((i * 13) % 30)
  const source = i % 2 === 0 ? `${day} ${months[month]} ${year}` : `${months[month]} ${day}, ${year}`
  return { source, target: `${year}-0${month + 1}-${String(day).padStart(2, '0')}` }
})

/** Words that are to be written from their ends, as a small language without spaces. */
export const reversedPairs: readonly PairRow[] = Array.from({ length: 120 }, (_, i) => {
  const source = Array.from(
    { length: 2 + (i % 3) },
    (_, place) => 'abcd'[(i * (place + 3) + (i >> 2)) % 4],
  ).join('')
  return { source, target: [...source].reverse().join('') }
})

/** Settings for a network that learns the reversal in a few seconds. */
export const smallTranslator = {
  model: { cell: 'gru', hiddenSize: 24, embeddingSize: 12, dropout: 0 },
  train: {
    epochs: 30,
    patience: 30,
    batchSize: 8,
    learningRate: 0.01,
    labelSmoothing: 0,
    schedule: 'linear',
  },
} as const
