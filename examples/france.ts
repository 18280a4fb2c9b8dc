// "I grew up in France … I speak fluent …": the country is 5, 20 or 100 words back. Who still knows the language?
import { Embedding } from 'unrolled/layers'
import { crossEntropy } from 'unrolled/losses'
import { SequenceClassifier } from 'unrolled/models'
import { cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'
import { rememberFor } from './kit/sequence-model.js'

const countries = ['France', 'Germany', 'Spain', 'Italy', 'Poland', 'Turkey', 'Finland', 'Japan']
const opening = ['I', 'grew', 'up', 'in']
const closing = ['I', 'speak', 'fluent']
const between =
  'my mother and father had a small house near the sea we went to school by bus every day it was cold'
const vocabulary = [...new Set([...countries, ...opening, ...closing, ...between.split(' ')])]

/** A text with `gap` words between the country and the word "fluent", and the language, as the number of its country. */
function story(gap: number, random: Random): { words: number[]; language: number } {
  const words = between.split(' ')
  const language = random.integer(countries.length)
  const middle = Array.from({ length: gap - 2 }, () => words[random.integer(words.length)])
  const text = [...opening, countries[language], ...middle, ...closing]
  return { words: text.map((word) => vocabulary.indexOf(word)), language }
}

/** Trains a cell on one gap; gives its accuracy on unseen stories. */
function learnStories(cell: string, gap: number, { engine, seed, short, log }: Given): number {
  const random = new Random(seed).split(gap)
  const model = new SequenceClassifier({
    engine,
    random: random.split('model'),
    embedding: new Embedding(vocabulary.length, 16, { engine, random: random.split('embedding') }),
    layers: [{ cell, size: 32 }],
    classes: countries.length,
  })
  if (cell === 'lstm') rememberFor(gap + 10, model.rnn, random.split('gates'))
  const stories = (count: number, draws: Random) => Array.from({ length: count }, () => story(gap, draws))
  const forward = (batch: ReturnType<typeof stories>) => model.forward(batch.map(({ words }) => words))
  const steps = short ? 150 : 2500
  const made = learn({
    model,
    steps,
    learningRate: short ? 0.01 : 0.005, // twice as much gets stuck with some seeds
    schedule: cosine(steps, 0.05),
    loss: (step) => {
      const batch = stories(32, random.split('batch').split(step))
      return crossEntropy(forward(batch), engine.indices(batch.map(({ language }) => language)))
    },
    check: (_, loss) => loss < 0.005 && 'solved',
  })
  const test = stories(500, random.split('test'))
  const logits = engine.scope(() => forward(test).data.slice())
  const right = test.filter(({ language }, row) => {
    const scores = Array.from(logits.subarray(row * countries.length, (row + 1) * countries.length))
    return scores.indexOf(Math.max(...scores)) === language
  })
  log(
    `${cell.padEnd(6)} gap ${String(gap).padStart(3)}: ${((100 * right.length) / test.length).toFixed(1)} % after ${made} steps`,
  )
  return right.length / test.length
}

export const example: Example = {
  name: 'france',
  shows: 'France … French: at a gap of 5 words every cell knows it, at 100 the LSTM alone.',
  run: async (given) => {
    const gaps = given.short ? [5] : [5, 20, 100]
    const floor = 1 / countries.length
    const lstm = gaps.map((gap) => {
      const value = learnStories('lstm', gap, given)
      return {
        name: `LSTM, gap ${gap}`,
        value,
        bar: given.short ? 0.9 : 0.99,
        better: 'higher',
        floor,
      } as const
    })
    if (given.short) return lstm
    const [near, , far] = gaps.map((gap) => learnStories('elman', gap, given))
    return [
      ...lstm,
      { name: 'tanh RNN, gap 5', value: near, bar: 0.99, better: 'higher', floor },
      { name: 'tanh RNN, gap 100, fails', value: far, bar: 0.5, better: 'lower', floor },
    ]
  },
}
await runAlone(example, import.meta.url)
