// The adding problem: a hundred numbers, two of them marked; what is their sum? Whoever forgets says 1 and has an error of 1/6.
import { Features } from 'unrolled/layers'
import { squaredError } from 'unrolled/losses'
import { SequenceClassifier } from 'unrolled/models'
import { cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'
import { rememberFor } from './kit/sequence-model.js'

interface Problem {
  readonly steps: readonly (readonly [value: number, marked: number])[]
  readonly sum: number
}

/** Numbers from U(0, 1), one of the first half and one of the second half marked. */
function problem(length: number, random: Random): Problem {
  const half = length / 2
  const marks = [random.integer(half), half + random.integer(half)]
  const steps = Array.from({ length }, (_, step) => [random.uniform(), marks.includes(step) ? 1 : 0] as const)
  return { steps, sum: steps[marks[0]][0] + steps[marks[1]][0] }
}

/** Trains one cell and gives its mean squared error on sequences that it has never seen. */
function learnAdding(cell: string, { engine, seed, short, log }: Given): number {
  const length = short ? 10 : 100
  const steps = short ? 700 : 2000
  const random = new Random(seed)
  const model = new SequenceClassifier({
    engine,
    random: random.split('model'),
    embedding: new Features(2, engine),
    layers: [{ cell, size: short ? 24 : 64 }],
    classes: 1,
  })
  if (cell === 'lstm') rememberFor(length, model.rnn, random.split('gates'))
  const problems = (count: number, draws: Random) =>
    Array.from({ length: count }, () => problem(length, draws))
  const error = (batch: readonly Problem[]) =>
    squaredError(
      model.forward(batch.map((one) => one.steps)),
      engine.tensor(
        batch.map(({ sum }) => sum),
        [batch.length, 1],
      ),
    )
  learn({
    model,
    steps,
    learningRate: short ? 0.01 : 0.005,
    schedule: cosine(steps, 0.01),
    loss: (step) => error(problems(50, random.split('batch').split(step))),
    every: steps / 10,
    check: (step, loss) => log(`${cell}, step ${step}: squared error ${loss.toFixed(5)}`),
  })
  const unseen = problems(1000, random.split('test'))
  return engine.scope(() => error(unseen).item())
}

export const example: Example = {
  name: 'adding',
  large: true,
  shows: 'The LSTM adds two of a hundred numbers; the tanh RNN has forgotten the first one.',
  run: async (given) => {
    const bar = given.short ? 0.02 : 0.002
    const floor = 1 / 6
    const figures = [
      {
        name: 'LSTM, squared error',
        value: learnAdding('lstm', given),
        bar,
        better: 'lower',
        floor,
      } as const,
    ]
    if (given.short) return figures
    const failing = learnAdding('elman', given)
    return [...figures, { name: 'tanh RNN fails', value: failing, bar: 0.1, better: 'higher', floor }]
  },
}
await runAlone(example, import.meta.url)
