import { Random } from '../../src/index.js'

const names = ['anna', 'bert', 'cleo', 'dora']
const verbs = ['eats', 'sells', 'finds']
const fruits = ['a pear', 'an apple', 'a plum']

/** Lines of a tiny language whose rules a network learns in a few seconds: every line is a sentence. */
export function easyLines(count: number, seed = 7): string[] {
  const random = new Random(seed)
  const pick = (words: readonly string[]) => words[random.integer(words.length)]
  return Array.from({ length: count }, () => `${pick(names)} ${pick(verbs)} ${pick(fruits)}.`)
}

/** Settings for a network that learns them in about a second. */
export const smallText = {
  model: { embeddingSize: 16, hiddenSize: 32 },
  train: { epochs: 4, streams: 8, window: 32, learningRate: 0.02 },
} as const
