// Continual Reber: one endless stream of strings, and nobody says where one ends. The network has to forget by itself.
import { crossEntropy } from 'unrolled/losses'
import { CarriedState } from 'unrolled/models'
import { cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Example } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'
import { embeddedReber, predictsSet, symbols } from './kit/reber.js'
import { SequenceModel } from './kit/sequence-model.js'

/** Strings one after the other, without end: each symbol with the set of those that may follow it. */
function* stream(random: Random): Generator<{ symbol: number; next: readonly number[] }> {
  for (;;) {
    const { tokens, next } = embeddedReber(random)
    for (const [step, symbol] of tokens.entries()) yield { symbol, next: next[step] ?? [0] } // after E comes B
  }
}

function take(count: number, from: ReturnType<typeof stream>) {
  return Array.from({ length: count }, () => from.next().value)
}

export const example: Example = {
  name: 'continual-reber',
  shows: 'An LSTM with forget gates reads strings without end, its state never reset (Gers et al. 2000).',
  run: async ({ engine, seed, short, log }) => {
    const random = new Random(seed)
    const model = new SequenceModel({
      engine,
      random: random.split('model'),
      input: symbols.length,
      outputs: symbols.length,
      layers: [{ cell: 'lstm', size: 32 }],
    })
    const [streams, window, steps] = short ? [16, 20, 300] : [32, 25, 4000]
    const sources = Array.from({ length: streams }, (_, k) => stream(random.split('stream').split(k)))
    const tails = sources.map((source) => take(1, source))

    // Truncated backpropagation through time: the next window begins with the state in which the last one has ended.
    const carried = new CarriedState(model.rnn, streams)
    const loss = () => {
      const windows = sources.map((source, k) => [...tails[k], ...take(window, source)])
      for (const [k, one] of windows.entries()) tails[k] = one.slice(-1)
      const batch = windows.map((one) => one.map(({ symbol }) => symbol))
      const inputs = batch.map((one) => one.slice(0, -1))
      const { outputs, layout, final } = model.forward(inputs, { initial: carried.initial() })
      carried.keep(final)
      return crossEntropy(outputs, engine.indices(layout.arrange(batch.map((one) => one.slice(1)))))
    }
    learn({
      model,
      steps,
      learningRate: 0.01,
      schedule: cosine(steps, 0.01),
      loss,
      every: steps / 10,
      check: (step, mean) => log(`step ${step}: ${mean.toFixed(4)} nats`),
    })

    // One stream, symbol by symbol: how many predictions are wrong?
    const length = short ? 2000 : 100_000
    const test = take(length, stream(random.split('test')))
    const reader = model.rnn.stream()
    const oneHot = symbols.map((_, symbol) => symbols.map((_, other) => Number(symbol === other)))
    let mistakes = 0
    for (const { symbol, next } of test) {
      const h = reader.push(oneHot[symbol])
      const scores = engine.scope(() => Array.from(model.head.forward(engine.tensor(h, [1, h.length])).data))
      if (!predictsSet(scores, next)) mistakes++
    }
    reader.dispose()
    const floor = 1 - 1 / symbols.length
    const bar = short ? 0.2 : 0.0001
    return [{ name: 'share of wrong predictions', value: mistakes / length, bar, better: 'lower', floor }]
  },
}
await runAlone(example, import.meta.url)
