// "The cat, which already ate …, was full"; "the cats, which already ate …, were full". The verb agrees with a word from long before.
import { Embedding } from 'unrolled/layers'
import { crossEntropy } from 'unrolled/losses'
import { SequenceClassifier } from 'unrolled/models'
import { cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'

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

/** Trains on distances from 3 to the largest; gives the accuracy on unseen sentences of each of some distances. */
function learnAgreement(
  cell: string,
  distances: readonly number[],
  { engine, seed, short, log }: Given,
): number[] {
  const random = new Random(seed)
  const model = new SequenceClassifier({
    engine,
    random: random.split('model'),
    embedding: new Embedding(vocabulary.length, 16, { engine, random: random.split('embedding') }),
    layers: [{ cell, size: 32 }],
    classes: 2,
  })
  const longest = Math.max(...distances)
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
  const accuracies = distances.map((distance) => {
    const draws = random.split('test').split(distance)
    const test = Array.from({ length: 500 }, () => sentence(distance, draws))
    const logits = engine.scope(() => model.forward(test.map(({ words }) => words)).data.slice())
    const right = test.filter(({ plural }, row) => Number(logits[2 * row + 1] > logits[2 * row]) === plural)
    return right.length / test.length
  })
  log(
    `${cell.padEnd(6)} ${distances.map((distance, k) => `${distance} words: ${(100 * accuracies[k]).toFixed(1)} %`).join('   ')}`,
  )
  return accuracies
}

export const example: Example = {
  name: 'agreement',
  shows:
    'cat … was, cats … were: the tanh RNN loses the number of the subject with distance, the LSTM does not.',
  run: async (given) => {
    const distances = given.short ? [3, 6] : [3, 10, 20, 50]
    const lstm = learnAgreement('lstm', distances, given)
    const bar = given.short ? 0.9 : 0.99
    const figures = [
      { name: 'LSTM, worst distance', value: Math.min(...lstm), bar, better: 'higher', floor: 0.5 } as const,
    ]
    if (given.short) return figures
    const elman = learnAgreement('elman', distances, given)
    return [
      ...figures,
      { name: 'tanh RNN, 50 words', value: elman.at(-1) ?? 1, bar: 0.9, better: 'lower', floor: 0.5 },
    ]
  },
}
await runAlone(example, import.meta.url)
