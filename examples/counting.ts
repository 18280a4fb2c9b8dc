// Counting: aⁿbⁿ and aⁿbⁿcⁿ, learned from n ≤ 10 and asked for much larger n (Gers and Schmidhuber 2001).
import { binaryCrossEntropy } from 'unrolled/losses'
import type { Stack } from 'unrolled/models'
import { cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'
import { SequenceModel } from './kit/sequence-model.js'

const trainedTo = 10
const askedTo = 1000

/** `S a a b b` for n = 2, S being 0, and for each symbol those that may follow: an a is followed by an a or a b, the last letter by the end. */
function counted(letters: number, n: number): { tokens: number[]; next: number[][] } {
  const tokens = [0]
  const next = [[1]]
  for (let letter = 1; letter <= letters; letter++)
    for (let k = 1; k <= n; k++) {
      tokens.push(letter)
      if (letter === 1) next.push([1, 2])
      else next.push([k < n ? letter : letter + 1])
    }
  return { tokens, next }
}

/** Forget gates that begin open, with a bias of 5: a counter that forgets cannot count far. */
function holdOn({ directions }: Stack): void {
  for (const { parameters, size } of directions) {
    const values = parameters.bias_ih.data.slice()
    parameters.bias_ih.set(values.fill(5, size, 2 * size))
  }
}

/** Trains on n from 1 to 10; gives the largest N such that every n from 1 to N is predicted without a mistake. */
function learnCounting(letters: number, seed: number, { engine, short, log }: Given): number {
  const outputs = letters + 2
  const random = new Random(seed)
  const model = new SequenceModel({
    engine,
    random,
    input: letters + 1,
    outputs,
    layers: [{ cell: 'peephole', size: 6, weightDrop: 0.2 }],
  })
  holdOn(model.rnn)
  const strings = Array.from({ length: trainedTo }, (_, n) => counted(letters, n + 1))
  const steps = short ? 1500 : 4000 * letters
  learn({
    model,
    steps,
    learningRate: 0.02,
    schedule: cosine(steps, 0.02),
    loss: (step) => {
      // A fifth of the recurrent weights is left out at random: counting is then left to the cells and their peepholes.
      const training = { random: random.split('noise').split(step) }
      const { outputs: logits, layout } = model.forward(
        strings.map(({ tokens }) => tokens),
        { training },
      )
      const targets = engine.zeros(logits.shape)
      const values = targets.data
      layout.forEachRow((row, position, step) => {
        for (const symbol of strings[layout.order[position]].next[step]) values[row * outputs + symbol] = 1
      })
      return binaryCrossEntropy(logits, targets)
    },
  })
  const isRight = (n: number) => {
    const { tokens, next } = counted(letters, n)
    const logits = model.forward([tokens]).outputs.data
    return next.every((allowed, step) =>
      logits
        .subarray(step * outputs, (step + 1) * outputs)
        .every((x, symbol) => x > 0 === allowed.includes(symbol)),
    )
  }
  let reached = 0
  while (reached < askedTo && engine.scope(() => isRight(reached + 1))) reached++
  log(
    `${'abc'.slice(0, letters)}, seed ${seed}: right up to n = ${reached}${reached === askedTo ? ', where the test ends' : ''}`,
  )
  return reached
}

export const example: Example = {
  name: 'counting',
  shows: 'A peephole LSTM counts in its cells and goes on far beyond the numbers it was trained with.',
  run: async (given) => {
    const seeds = Array.from({ length: given.short ? 1 : 5 }, (_, k) => given.seed + k)
    const reached = (letters: number) =>
      seeds.map((seed) => learnCounting(letters, seed, given)).sort((a, b) => a - b)
    const floor = trainedTo
    const two = reached(2)
    if (given.short) return [{ name: 'aⁿbⁿ: n', value: two[0], bar: floor, better: 'higher', floor: 0 }]
    const three = reached(3)
    return [
      { name: 'aⁿbⁿ: n, middle of 5 seeds', value: two[2], bar: 65, better: 'higher', floor },
      { name: 'aⁿbⁿ: n, best of 5 seeds', value: two[4], bar: 65, better: 'higher', floor },
      { name: 'aⁿbⁿcⁿ: n, middle of 5 seeds', value: three[2], bar: 15, better: 'higher', floor },
      { name: 'aⁿbⁿcⁿ: n, best of 5 seeds', value: three[4], bar: 30, better: 'higher', floor },
    ]
  },
}
await runAlone(example, import.meta.url)
