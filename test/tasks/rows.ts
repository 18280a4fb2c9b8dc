import type { TextRow } from '../../src/tasks/index.js'

const places = ['here', 'at home', 'in Rome', 'tonight', 'now', 'please', 'for me', 'again', 'today', 'there']
const intents: Record<string, string> = {
  weather: 'will it rain',
  music: 'play a song',
  alarm: 'wake me up',
}

/** Rows of three intents that are easily told apart. */
export const easyRows: readonly TextRow[] = Object.entries(intents).flatMap(([label, words]) =>
  places.flatMap((place, i) =>
    [1, 3].map((step) => ({ text: `${words} ${place} ${places[(i + step) % places.length]}`, label })),
  ),
)

/** Settings for a network that learns them in well under a second. */
export const small = {
  text: { gramBuckets: 200 },
  model: { embeddingSize: 16, hiddenSize: 16 },
  train: { epochs: 6, learningRate: 0.01 },
} as const
