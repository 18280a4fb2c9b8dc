import { describe, expect, it, test } from 'vitest'
import { beamSearch, greedy, scoreSequences } from '../../src/decoding/index.js'
import { UsageError } from '../../src/errors.js'
import { crossEntropy } from '../../src/losses/index.js'
import type { EncoderDecoderOptions } from '../../src/models/index.js'
import { EncoderDecoder, getParameters } from '../../src/models/index.js'
import { adam } from '../../src/optim/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine } from '../../src/tensor/index.js'
import { differentiate, gradientCheck, logSoftmax, zeroGradients } from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'

const start = 1
const end = 2
const sources = [[3, 4, 5, 6], [4], [7, 3, 3, 5, 8]]
const targets = [[3, 5], [4, 4, 6, 3], [5]]
const inputs = targets.map((target) => [start, ...target])

function made(engine: Engine, options: Partial<EncoderDecoderOptions> = {}): EncoderDecoder {
  return new EncoderDecoder({
    ...{ engine, random: new Random('translate'), sourceTokens: 9, targetTokens: 8, embeddingSize: 4 },
    ...{ layers: [{ cell: 'gru', size: 5 }] },
    ...options,
  })
}

const kinds: Record<string, Partial<EncoderDecoderOptions>> = {
  'without attention': { attention: 'none' },
  'general attention, both directions': { bidirectional: true },
  'additive attention, two layers of LSTM': {
    attention: 'additive',
    layers: [
      { cell: 'lstm', size: 5 },
      { cell: 'lstm', size: 6 },
    ],
    bidirectional: true,
  },
  'dot attention, states that go over': { attention: 'dot' },
  'input feeding': { inputFeeding: true, bidirectional: true },
  coverage: { attention: 'additive', coverage: true, bidirectional: true },
  'coverage and input feeding': { attention: 'additive', coverage: true, inputFeeding: true },
  'an encoder of another cell and depth, a shared table': {
    ...{
      encoderLayers: [{ cell: 'gru', size: 7 }],
      layers: [
        { cell: 'lstm', size: 5 },
        { cell: 'peephole', size: 5 },
      ],
    },
    ...{ sharedEmbedding: true, targetTokens: 9, attention: 'additive', inputFeeding: true },
  },
}

describe.each(Object.entries(kinds))('%s', (_, options) => {
  const engine = useEngine()

  it('has the gradients of central differences', () => {
    const model = made(engine(), options)
    const parameters = Object.values(model.parameters())
    const loss = () => {
      const { logits, layout } = model.forward(sources, inputs)
      const next = layout.arrange(targets.map((target) => [...target, end]))
      return crossEntropy(logits, engine().indices(next), { smoothing: 0.1 })
    }
    expect(gradientCheck(engine(), loss, parameters)).toBeLessThan(1e-6)
  })

  it('gives in a search, step by step, what it gives with a teacher', () => {
    const model = made(engine(), options)
    const taught = engine().scope(() => {
      const { logits, layout } = model.forward(sources, inputs)
      const logProbs = logSoftmax(logits)
      const next = layout.arrange(targets.map((target) => [...target, end]))
      const sums = new Float64Array(sources.length)
      layout.forEachRow((row, position) => {
        sums[layout.order[position]] += logProbs.data[row * logProbs.shape[1] + next[row]]
      })
      return sums
    })
    const scored = model.decode(sources, (stepper) =>
      scoreSequences(stepper, targets, { start, end, attention: true }),
    )
    for (const [i, { logProb, attention = [] }] of scored.entries()) {
      expect(logProb).toBeCloseTo(taught[i], 10)
      for (const weights of attention) {
        expect(weights).toHaveLength(sources[i].length)
        expect(Array.from(weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 10)
      }
    }
  })

  it('reads its own choices at a rate of 1, as greedy decoding does', () => {
    const model = made(engine(), options)
    for (const parameter of Object.values(model.parameters())) parameter.set(parameter.data.map((x) => 3 * x))
    const found = model.decode(sources, (stepper) => greedy(stepper, { batch: 3, start, maximumLength: 4 }))
    const sampling = { rate: 1, random: new Random(1) }
    engine().scope(() => {
      const wrong = sources.map(() => [start, 7, 7, 7])
      const { logits, layout } = model.forward(sources, wrong, { sampling })
      const [, columns] = logits.shape
      layout.forEachRow((row, position, step) => {
        const scores = Array.from(logits.data.subarray(row * columns, (row + 1) * columns))
        expect(scores.indexOf(Math.max(...scores))).toBe(found[layout.order[position]].tokens[step])
      })
    })
  })
})

describe.each([
  { inputFeeding: false },
  { inputFeeding: true },
  { attention: 'additive', coverage: true } as const,
])('scheduled sampling with %o', (options) => {
  const engine = useEngine()

  it('drops other elements of the input at every step', () => {
    const model = made(engine(), { ...options, dropout: 0.5 })
    const dropped: string[] = []
    const { weight } = model.decoder.embedding
    weight.set(new Float64Array(weight.size).fill(1)) // what is read shows the mask
    const masked = model.decoder.embed.bind(model.decoder)
    model.decoder.embed = (tokens, training) => {
      const read = masked(tokens, training)
      dropped.push(Array.from(read.data).join())
      return read
    }
    const training = { random: new Random('noise') }
    engine().scope(() =>
      model.forward([[3]], [[start, 3, 3, 3, 3, 3, 3, 3]], {
        training,
        sampling: { rate: 1, random: new Random(1) },
      }),
    )
    expect(dropped).toHaveLength(8)
    expect(new Set(dropped).size).toBeGreaterThan(2)
  })

  it('refuses a rate that is no probability', () => {
    const model = made(engine(), options)
    for (const rate of [-0.1, 1.5, Number.NaN])
      expect(() =>
        engine().scope(() => model.forward(sources, inputs, { sampling: { rate, random: new Random(1) } })),
      ).toThrow(`scheduled sampling: got rate ${rate}; expected 0 to 1`)
  })
})

onEveryBackend((engine) => {
  test.each([{ inputFeeding: true }, { coverage: true }, { inputFeeding: true, coverage: true }])(
    'with %o a source in a batch and in a beam has the bits that it has alone, and nothing is left behind',
    (options) => {
      const model = made(engine(), { bidirectional: true, attention: 'additive', ...options })
      const how = { start, end, width: 4, best: 3, maximumLength: 6, attention: true }
      const search = (texts: readonly number[][]) =>
        model.decode(texts, (stepper) => beamSearch(stepper, { ...how, batch: texts.length }))
      const together = search(sources)
      const before = engine().bytesInUse
      expect(sources.flatMap((source) => search([source]))).toEqual(together)
      const best = together.map(({ hypotheses }) => hypotheses[0])
      const rescored = model.decode(sources, (stepper) =>
        scoreSequences(
          stepper,
          best.map(({ tokens }) => tokens),
          { start, end, attention: true },
        ),
      )
      expect(rescored).toEqual(best)
      expect(engine().bytesInUse).toBe(before)
    },
  )

  test('dropout is noise in training only, the same for the same stream', () => {
    const model = made(engine(), { dropout: 0.5, bidirectional: true })
    const run = (seed?: number) =>
      engine().scope(() => {
        const training = seed === undefined ? undefined : { random: new Random(seed) }
        return Array.from(model.forward(sources, inputs, { training }).logits.data)
      })
    expect(run(1)).toEqual(run(1))
    expect(run(1)).not.toEqual(run(2))
    expect(run()).toEqual(run())
  })
})

// The equations once more, on plain numbers: an Elman encoder in both directions, a bridge, additive attention.
type Matrix = readonly (readonly number[])[]

function plainLogits(model: EncoderDecoder, source: readonly number[], read: readonly number[]): number[][] {
  const values = getParameters(model)
  const matrix = (name: string): Matrix => {
    const { shape, data } = values[name]
    const [rows, columns] = shape
    return Array.from({ length: rows }, (_, row) =>
      Array.from(data.slice(row * columns, (row + 1) * columns)),
    )
  }
  const vector = (name: string) => Array.from(values[name].data)
  const times = (weight: Matrix, x: readonly number[]) =>
    weight.map((row) => row.reduce((sum, value, i) => sum + value * x[i], 0))
  const plus = (...terms: readonly (readonly number[])[]) =>
    terms[0].map((_, i) => terms.reduce((sum, term) => sum + term[i], 0))
  const tanh = (x: readonly number[]) => x.map(Math.tanh)
  const elman = (prefix: string, suffix: string, x: readonly number[], h: readonly number[]) =>
    tanh(
      plus(
        times(matrix(`${prefix}.weight_ih_${suffix}`), x),
        vector(`${prefix}.bias_ih_${suffix}`),
        times(matrix(`${prefix}.weight_hh_${suffix}`), h),
        vector(`${prefix}.bias_hh_${suffix}`),
      ),
    )
  const run = (tokens: readonly number[], suffix: string) => {
    let h = new Array<number>(3).fill(0)
    return tokens.map(
      (token) => (h = elman('encoder.rnn', suffix, matrix('encoder.embedding.weight')[token], h)),
    )
  }
  const forward = run(source, 'l0')
  const backward = run([...source].reverse(), 'l0_reverse')
  const states = forward.map((h, step) => [...h, ...backward[source.length - 1 - step]])
  const last = [...forward[source.length - 1], ...backward[source.length - 1]]
  let h = tanh(plus(times(matrix('bridge.h_l0.weight'), last), vector('bridge.h_l0.bias')))
  return read.map((token) => {
    h = elman('decoder.rnn', 'l0', matrix('decoder.embedding.weight')[token], h)
    const query = plus(times(matrix('attention.query.weight'), h), vector('attention.query.bias'))
    const scores = states.map((state) =>
      tanh(plus(query, times(matrix('attention.source.weight'), state))).reduce(
        (sum, value, i) => sum + value * vector('attention.vector')[i],
        0,
      ),
    )
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0)
    const context = states[0].map((_, i) =>
      states.reduce((sum, state, j) => sum + (Math.exp(scores[j]) / total) * state[i], 0),
    )
    const hidden = tanh(times(matrix('combine.weight'), [...context, ...h]))
    return plus(times(matrix('head.weight'), hidden), vector('head.bias'))
  })
}

describe('against the equations on plain numbers', () => {
  const engine = useEngine()

  it('gives the same logits', () => {
    const model = made(engine(), {
      attention: 'additive',
      bidirectional: true,
      layers: [{ cell: 'elman', size: 3 }],
    })
    engine().scope(() => {
      const { logits, layout } = model.forward(sources, inputs)
      const expected = sources.map((source, i) => plainLogits(model, source, inputs[i]))
      layout.forEachRow((row, position, step) => {
        const own = Array.from(logits.data.subarray(row * 8, (row + 1) * 8))
        for (const [i, value] of own.entries())
          expect(value).toBeCloseTo(expected[layout.order[position]][step][i], 12)
      })
    })
  })

  it('learns to turn short sequences round', () => {
    const model = made(engine(), { bidirectional: true, layers: [{ cell: 'gru', size: 8 }] })
    const pairs = Array.from({ length: 12 }, (_, i) => [3 + (i % 3), 3 + (i % 4), 3 + ((i * 2) % 5)])
    const loss = () => {
      const { logits, layout } = model.forward(
        pairs,
        pairs.map((source) => [start, ...source.toReversed()]),
      )
      return crossEntropy(
        logits,
        engine().indices(layout.arrange(pairs.map((source) => [...source.toReversed(), end]))),
      )
    }
    const optimizer = adam()
    for (let step = 0; step < 100; step++) {
      zeroGradients(model.parameters())
      differentiate(engine(), loss)
      optimizer.step(model.parameters(), { learningRate: 0.02 })
    }
    const found = model.decode(pairs, (stepper) =>
      greedy(stepper, { batch: pairs.length, start, end, maximumLength: 9 }),
    )
    expect(found.map(({ tokens }) => tokens)).toEqual(pairs.map((source) => source.toReversed()))
  })
})

it('refuses what does not fit', async () => {
  const { openEngine } = await import('../tensor/engines.js')
  const engine = await openEngine({ backend: 'wasm', threads: 1 })
  expect(() => made(engine, { sharedEmbedding: true })).toThrow('expected as many for a shared embedding')
  expect(() => made(engine, { inputFeeding: true, attention: 'none' })).toThrow(UsageError)
  expect(() => made(engine, { coverage: true })).toThrow(
    'got coverage with attention general; expected additive',
  )
  expect(() => made(engine, { attention: 'dot', bidirectional: true })).toThrow('DotAttention')
  const model = made(engine)
  expect(() => model.decode(sources, (stepper) => greedy(stepper, { batch: 2, start }))).toThrow(
    'a batch of 2 for 3 sources',
  )
  expect(() => model.forward(sources, inputs.slice(1))).toThrow('2 targets for 3 sources')
  await engine.dispose()
})
