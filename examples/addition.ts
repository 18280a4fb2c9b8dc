// Sums as text: "16+75" goes in letter by letter, "91" comes out. An encoder, its last state repeated, and a decoder, as Keras's example.
import { Linear, OneHot } from 'unrolled/layers'
import { crossEntropy } from 'unrolled/losses'
import { prefixed, Stack } from 'unrolled/models'
import { cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import { gatherRows, PackedLayout } from 'unrolled/tensor'
import type { Example } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'

const characters = '0123456789+ '
const [questionLength, answerLength] = [5, 3]

interface Sum {
  readonly question: readonly number[]
  readonly answer: readonly number[]
}

/** All 5,050 sums of two numbers below 100, the order of the two aside. The question is written backwards, which makes it easier. */
function allSums(): Sum[] {
  const tokens = (text: string) => Array.from(text, (character) => characters.indexOf(character))
  return Array.from({ length: 100 }, (_, a) =>
    Array.from({ length: 100 - a }, (_, k) => {
      const question = `${a}+${a + k}`.padEnd(questionLength)
      return {
        question: tokens(question).reverse(),
        answer: tokens(String(2 * a + k).padEnd(answerLength)),
      }
    }),
  ).flat()
}

export const example: Example = {
  name: 'addition',
  large: true,
  shows: 'An encoder and a decoder learn to add two numbers of two digits from 4,500 examples.',
  run: async ({ engine, seed, short, log }) => {
    const random = new Random(seed)
    const sums = random.split('split').shuffle(allSums()).slice(0, 5000)
    const [training, test] = [sums.slice(0, 4500), sums.slice(4500)]
    const part = (name: string) => ({ engine, random: random.split(name) })
    const size = 128
    const input = new OneHot(characters.length, engine)
    const layers = [{ cell: 'lstm', size }]
    const encoder = new Stack({ ...part('encoder'), inputSize: input.size, layers })
    const decoder = new Stack({ ...part('decoder'), inputSize: size, layers })
    const head = new Linear(size, characters.length, part('head'))
    const parameters = {
      ...prefixed('encoder', encoder.parameters()),
      ...prefixed('decoder', decoder.parameters()),
      ...prefixed('head', head.parameters()),
    }
    const model = { engine, parameters: () => parameters }

    /** Logits of the answers' characters, step by step: [answerLength · batch, characters]. */
    const forward = (batch: readonly Sum[]) => {
      const read = PackedLayout.of(batch.map(({ question }) => question.length))
      const tokens = read.arrange(batch.map(({ question }) => question))
      const states = encoder.forward({ data: input.forward(tokens), layout: read })
      const write = PackedLayout.of(batch.map(({ answer }) => answer.length))
      const rows = Array.from({ length: write.rows }, (_, row) => row % batch.length)
      const repeated = gatherRows(encoder.lastOutput(states), engine.indices(rows))
      const { output } = decoder.forward({ data: repeated, layout: write })
      return { logits: head.forward(output.data), targets: write.arrange(batch.map(({ answer }) => answer)) }
    }
    const accuracy = () =>
      engine.scope(() => {
        const { logits, targets } = forward(test)
        const right = Array.from(targets, (target, row) => {
          const scores = Array.from(logits.data.subarray(row * input.size, (row + 1) * input.size))
          return scores.indexOf(Math.max(...scores)) === target
        })
        const whole = test.filter((_, one) => right.every((is, row) => row % test.length !== one || is))
        return { characters: right.filter(Boolean).length / right.length, whole: whole.length / test.length }
      })
    const batchSize = 100
    const epochs = short ? 4 : 60
    const perEpoch = training.length / batchSize
    const steps = epochs * perEpoch
    let order: Int32Array = new Int32Array()
    learn({
      model,
      steps,
      learningRate: 0.004,
      schedule: cosine(steps, 0.01),
      loss: (step) => {
        const place = step % perEpoch
        if (place === 0) order = random.split('epoch').split(step).permutation(training.length)
        const chosen = order.subarray(place * batchSize, (place + 1) * batchSize)
        const { logits, targets } = forward(Array.from(chosen, (one) => training[one]))
        return crossEntropy(logits, engine.indices(targets))
      },
      every: steps / 10,
      check: (step, loss) => {
        const { characters, whole } = accuracy()
        log(
          `epoch ${step / perEpoch}: loss ${loss.toFixed(4)}, ${(100 * characters).toFixed(1)} % of characters, ${(100 * whole).toFixed(1)} % of sums`,
        )
      },
    })
    const { characters: right, whole } = accuracy()
    return [
      {
        name: 'characters right, unseen',
        value: right,
        bar: short ? 0.43 : 0.99,
        better: 'higher',
        floor: 0.38,
      },
      { name: 'sums right, unseen', value: whole, bar: short ? 0 : 0.97, better: 'higher', floor: 0.01 },
    ]
  },
}
await runAlone(example, import.meta.url)
