// "The cat, which already ate …, was full"; "the cats, which already ate …, were full". The verb agrees with a word from long before.
import { Embedding } from 'unrolled/layers'
import { crossEntropy } from 'unrolled/losses'
import { SequenceClassifier } from 'unrolled/models'
import { cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'
import { rememberFor } from './kit/sequence-model.js'

const subjects = ['cat', 'dog', 'bird', 'child', 'teacher', 'cats', 'dogs', 'birds', 'children', 'teachers']
const foods = ['apple', 'fish', 'cake', 'pear', 'bone', 'apples', 'fishes', 'cakes', 'pears', 'bones']
const joints = ['and', 'then', 'with', 'two', 'small', 'the']
const vocabulary = ['the', 'which', 'already', 'ate', ...subjects, ...foods, ...joints.slice(0, -1)]

/** Words up to where the verb comes, `distance` of them after the subject, other singulars and plurals among them; 1 for "were". */
function sentence(distance: number, random: Random): { words: number[]; plural: number } {
  const pick = (list: readonly string[]) => list[random.integer(list.length)]
  const subject = pick(subjects)
  const words = ['the', subject, 'which', 'already', 'ate']
  while (words.length < distance + 2) words.push(random.integer(3) === 0 ? pick(foods) : pick(joints))
  const plural = Number(subjects.indexOf(subject) >= subjects.length / 2)
  return { words: words.map((word) => vocabulary.indexOf(word)), plural }
}

/** Trains on distances from 3 to `longest`; gives the worst and the mean accuracy on unseen sentences over distances up to 200. */
function learnAgreement(cell: string, longest: number, { engine, seed, short, log }: Given) {
  const random = new Random(seed)
  const model = new SequenceClassifier({
    engine,
    random: random.split('model'),
    embedding: new Embedding(vocabulary.length, 16, { engine, random: random.split('embedding') }),
    layers: [{ cell, size: 32 }],
    classes: 2,
  })
  if (cell === 'lstm') rememberFor(longest + 10, model.rnn, random.split('gates'))
  const steps = short ? 150 : 800
  learn({
    model,
    steps,
    learningRate: 0.005,
    schedule: cosine(steps, 0.05),
    loss: (step) => {
      const draws = random.split('batch').split(step)
      const batch = Array.from({ length: 32 }, () => sentence(3 + draws.integer(longest - 2), draws))
      return crossEntropy(
        model.forward(batch.map(({ words }) => words)),
        engine.indices(batch.map(({ plural }) => plural)),
      )
    },
  })
  const distances = short ? [3, 6] : [3, 10, 20, 50, 100, 200]
  const accuracies = distances.map((distance) => {
    const draws = random.split('test').split(distance)
    const test = Array.from({ length: 500 }, () => sentence(distance, draws))
    const logits = engine.scope(() => model.forward(test.map(({ words }) => words)).data.slice())
    const right = test.filter(({ plural }, row) => Number(logits[2 * row + 1] > logits[2 * row]) === plural)
    return right.length / test.length
  })
  const percents = distances.map((distance, k) => `${distance}: ${(100 * accuracies[k]).toFixed(0)} %`)
  log(`${cell.padEnd(6)} taught up to ${longest} words, asked at ${percents.join('  ')}`)
  return {
    worst: Math.min(...accuracies),
    mean: accuracies.reduce((sum, one) => sum + one, 0) / accuracies.length,
  }
}

export const example: Example = {
  name: 'agreement',
  shows: 'cat … was, cats … were: a tanh RNN can hold one bit for 200 words, but learn it only from near.',
  run: async (given) => {
    const floor = 0.5
    const bar = given.short ? 0.9 : 0.99
    const taught = (cell: string, longest: number) => learnAgreement(cell, longest, given)
    if (given.short) return [{ name: 'LSTM', value: taught('lstm', 6).worst, bar, better: 'higher', floor }]
    return [
      { name: 'LSTM taught up to 100 words', value: taught('lstm', 100).worst, bar, better: 'higher', floor },
      { name: 'LSTM taught up to 20', value: taught('lstm', 20).worst, bar, better: 'higher', floor },
      { name: 'tanh RNN taught up to 20', value: taught('elman', 20).worst, bar, better: 'higher', floor },
      {
        name: 'tanh RNN up to 100: fails',
        value: taught('elman', 100).mean,
        bar: 0.6,
        better: 'lower',
        floor,
      },
    ]
  },
}
await runAlone(example, import.meta.url)
