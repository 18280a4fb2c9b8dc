// Sequences of 5 to 50 symbols are to be written from their ends, with attention and without. One vector holds so much and no more: without
// attention long sequences are lost, with it the length does not matter.
import { greedy } from 'unrolled/decoding'
import { crossEntropy } from 'unrolled/losses'
import { EncoderDecoder } from 'unrolled/models'
import { cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'

const [start, end, first] = [0, 1, 2] // tokens that are no symbols, and the first that is one
const symbols = 50
const shortest = 5

function sequence(length: number, random: Random): number[] {
  return Array.from({ length }, () => first + random.integer(symbols))
}

/** The share of symbols that are written where they belong, for each of the lengths. */
function accuracyByLength(model: EncoderDecoder, lengths: readonly number[], random: Random): number[] {
  return lengths.map((length) => {
    const draws = random.split(length)
    const sources = Array.from({ length: 100 }, () => sequence(length, draws))
    const written = model.decode(sources, (stepper) =>
      greedy(stepper, { batch: sources.length, start, end, maximumLength: length + 5 }),
    )
    const right = sources.map((source, i) => {
      const wanted = source.toReversed()
      return wanted.filter((symbol, place) => written[i].tokens[place] === symbol).length
    })
    return right.reduce((sum, one) => sum + one, 0) / (100 * length)
  })
}

/** Learns to reverse; gives the accuracies by length, on sequences that were never seen. */
function learnToReverse(
  attention: 'general' | 'none',
  lengths: readonly number[],
  { engine, seed, short, log }: Given,
) {
  const random = new Random(seed)
  const longest = lengths[lengths.length - 1] + 5 // so that the longest that are asked are not the rarest
  const model = new EncoderDecoder({
    ...{ engine, random: random.split('model'), attention, bidirectional: true },
    ...{ sourceTokens: first + symbols, targetTokens: first + symbols, embeddingSize: 32 },
    layers: [{ cell: 'gru', size: 64 }],
  })
  const steps = short ? 100 : 2400
  learn({
    model,
    steps,
    learningRate: 0.005,
    schedule: cosine(steps, 0.02),
    loss: (step) => {
      const draws = random.split('batch').split(step)
      // short sequences first: what they need is what long ones need
      const most = shortest + Math.round((longest - shortest) * Math.min(1, (2 * step) / steps))
      const sources = Array.from({ length: 32 }, () =>
        sequence(shortest + draws.integer(most - shortest + 1), draws),
      )
      const targets = sources.map((source) => source.toReversed())
      const { logits, layout } = model.forward(
        sources,
        targets.map((target) => [start, ...target]),
      )
      const next = layout.arrange(targets.map((target) => [...target, end]))
      return crossEntropy(logits, engine.indices(next))
    },
    every: steps / 10,
    check: (step, loss) => log(`${attention}, step ${step}: loss ${loss.toFixed(4)}`),
  })
  const accuracies = accuracyByLength(model, lengths, random.split('test'))
  const bar = (accuracy: number) => '█'.repeat(Math.round(40 * accuracy)).padEnd(40, '·')
  log(`${attention === 'none' ? 'without attention' : 'with attention'}: symbols right, by length`)
  for (const [i, length] of lengths.entries())
    log(`${String(length).padStart(4)} ${bar(accuracies[i])} ${(100 * accuracies[i]).toFixed(1)} %`)
  return accuracies
}

export const example: Example = {
  name: 'reverse',
  large: true,
  shows:
    'Sequences written from their ends: with attention any length up to 50 is right, without it long ones are not.',
  run: async (given) => {
    const lengths = given.short ? [5] : [5, 10, 15, 20, 25, 30, 35, 40, 45, 50]
    const floor = 1 / symbols
    const attended = learnToReverse('general', lengths, given)
    const blind = learnToReverse('none', lengths, given)
    return [
      {
        name: 'with attention, worst length',
        value: Math.min(...attended),
        bar: given.short ? 0.1 : 0.97,
        better: 'higher',
        floor,
      },
      {
        name: 'without attention at 50: fails',
        value: blind[blind.length - 1],
        bar: given.short ? 1 : 0.5,
        better: 'lower',
        floor,
      },
    ]
  },
}
await runAlone(example, import.meta.url)
