import { describe, expect, test } from 'vitest'
import { ShapeError, UsageError } from '../../src/errors.js'
import { Embedding, EmbeddingBag, Features, OneHot } from '../../src/layers/index.js'
import { crossEntropy } from '../../src/losses/index.js'
import type { ClassifierOptions, PoolingName } from '../../src/models/index.js'
import { parameterCount, SequenceClassifier, setParameters } from '../../src/models/index.js'
import { adam, clipByGlobalNorm } from '../../src/optim/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine } from '../../src/tensor/index.js'
import { backpropagate, differentiate, gradientCheck, multiply, sum } from '../../src/tensor/index.js'
import type { Stored, StoredByName } from '../fixture.js'
import { expectStored, parameterOf, readFixture } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'

interface ClassifierFixture {
  tokens: number[][]
  parameters: StoredByName
  logitWeights: Stored
  logits: Stored
  gradients: StoredByName
}

const poolings = ['last', 'mean', 'max', 'attention'] as const
const fixtures = readFixture<Record<PoolingName, ClassifierFixture>>('classifiers')

function classifierOf(
  engine: Engine,
  options: Partial<ClassifierOptions<number>> = {},
): SequenceClassifier<number> {
  const random = new Random('classifier')
  return new SequenceClassifier({
    ...{ engine, random, classes: 3, layers: [{ cell: 'lstm', size: 4 }] },
    embedding: new Embedding(7, 3, { engine, random: random.split('embedding') }),
    ...options,
  })
}

onEveryBackend((engine) => {
  test.each(poolings)(
    "with %s pooling: PyTorch's state_dict loads one to one and gives its numbers",
    (pooling) => {
      const { tokens, parameters, logitWeights, logits, gradients } = fixtures[pooling]
      const model = classifierOf(engine(), { pooling, bidirectional: true })
      expect(Object.keys(model.parameters()).sort()).toEqual(Object.keys(parameters).sort())
      const plain = Object.entries(parameters).map(([name, { shape, values }]) => [
        name,
        { shape, data: values },
      ])
      setParameters(model, Object.fromEntries(plain))
      engine().scope(() => {
        const weights = parameterOf(engine(), logitWeights)
        const { value } = engine().record(() => {
          const output = model.forward(tokens)
          expectStored(output, logits, 'logits')
          return sum(multiply(output, weights))
        })
        backpropagate(value)
        for (const [name, { gradient }] of Object.entries(model.parameters()))
          expectStored(gradient, gradients[name], `gradient of ${name}`)
      })
    },
  )

  test.each(poolings)('with %s pooling a text gives the same bits alone and among 64', (pooling) => {
    const model = classifierOf(engine(), { pooling, bidirectional: true })
    const sequences = Array.from({ length: 64 }, (_, i) =>
      Array.from({ length: 1 + ((i * 5) % 9) }, (_, t) => (i + 3 * t) % 7),
    )
    engine().scope(() => {
      const together = model.forward(sequences).data
      for (const [i, sequence] of sequences.entries())
        expect(model.forward([sequence]).data).toEqual(together.subarray(3 * i, 3 * i + 3))
    })
  })
})

describe('memory', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })

  test.each(['elman', 'lstm', 'gru'])('training and using a %s classifier leaves nothing behind', (cell) => {
    const random = new Random('memory')
    const embedding = new EmbeddingBag(20, 6, { engine: engine(), random: random.split('embedding') })
    const layers = [
      { cell, size: 9 },
      { cell, size: 5 },
    ]
    const given = { engine: engine(), random, embedding, layers, classes: 3, bidirectional: true }
    const model = new SequenceClassifier({
      ...given,
      dropout: 0.2,
      pooling: 'attention',
      initialState: 'learned',
    })
    const parameters = model.parameters()
    const optimizer = adam()
    const batch = (step: number) =>
      Array.from({ length: 1 + (step % 4) }, (_, i) =>
        Array.from({ length: 1 + ((i + step) % 5) }, (_, t) => [(step + t) % 20, (7 * i + t) % 20]),
      )
    const step = (number: number) => {
      const texts = batch(number)
      differentiate(engine(), () => {
        const logits = model.forward(texts, { random: random.split(number) })
        return crossEntropy(logits, engine().indices(texts.map((_, i) => i % 3)))
      })
      optimizer.step(parameters, { learningRate: 0.01, gradientScale: clipByGlobalNorm(parameters, 1).scale })
      optimizer.zeroGradients(parameters)
      engine().scope(() => model.forward(texts))
    }
    for (let i = 0; i < 40; i++) step(i)
    const { bytesInUse, heapBytes } = engine()
    for (let i = 40; i < 1000; i++) step(i)
    expect([engine().bytesInUse, engine().heapBytes]).toEqual([bytesInUse, heapBytes])
  })
})

describe('options', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })
  const logits = (model: SequenceClassifier<number>, training?: { random: Random }) =>
    engine().scope(() =>
      model
        .forward(
          [
            [1, 2, 3],
            [4, 5],
          ],
          training,
        )
        .data.slice(),
    )

  test('dropout is on in training only; each place can have its own rate', () => {
    const plain = logits(classifierOf(engine()))
    for (const dropout of [0.5, { input: 0.5 }, { head: 0.5 }]) {
      const model = classifierOf(engine(), { dropout })
      expect(logits(model)).toEqual(plain)
      const once = logits(model, { random: new Random(1) })
      expect(once).not.toEqual(plain)
      expect(logits(model, { random: new Random(1) })).toEqual(once)
    }
    const noLayersBetween = classifierOf(engine(), { dropout: { layers: 0.5 } })
    expect(logits(noLayersBetween, { random: new Random(1) })).toEqual(plain)
  })

  test('tokens may be bags of rows, one-hot symbols or vectors', () => {
    const random = new Random('tokens')
    const given = { engine: engine(), random, classes: 2, layers: [{ cell: 'gru', size: 3 }] }
    engine().scope(() => {
      const bag = new EmbeddingBag(9, 4, { engine: engine(), random })
      const bags = new SequenceClassifier({ ...given, embedding: bag })
      expect(bags.forward([[[1, 2], [3]], [[4, 5, 6]]]).shape).toEqual([2, 2])
      const symbols = new SequenceClassifier({ ...given, embedding: new OneHot(4, engine()) })
      expect(symbols.forward([[1, 2, 3], [0]]).shape).toEqual([2, 2])
      const vectors = new SequenceClassifier({ ...given, embedding: new Features(2, engine()) })
      expect(
        vectors.forward([
          [
            [0.1, 0.2],
            [0.3, 0.4],
          ],
        ]).shape,
      ).toEqual([1, 2])
    })
  })

  test('the number of parameters', () => {
    expect(parameterCount(classifierOf(engine()))).toBe(7 * 3 + 4 * 4 * (3 + 4 + 2) + 4 * 3 + 3)
  })

  test('what does not fit is refused', () => {
    const model = classifierOf(engine())
    engine().scope(() => {
      expect(() => model.forward([[1], []])).toThrow(ShapeError)
      expect(() => model.forward([[1], []])).toThrow('sequence 1 has length 0')
      expect(() => model.forward([[7]])).toThrow(UsageError)
    })
    expect(() => classifierOf(engine(), { pooling: 'maximum' as PoolingName })).toThrow(
      'unknown pooling "maximum"; expected one of last, mean, max, attention',
    )
  })
})

describe('in double precision', () => {
  const engine = useEngine()

  test.each(poolings)('the gradients with %s pooling are those of finite differences', (pooling) => {
    const model = classifierOf(engine(), { pooling, bidirectional: true, layers: [{ cell: 'gru', size: 2 }] })
    const run = () =>
      model.forward([
        [1, 2],
        [0, 4, 1],
      ])
    expect(gradientCheck(engine(), run, Object.values(model.parameters()))).toBeLessThan(1e-6)
  })
})
