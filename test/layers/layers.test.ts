import { describe, expect, test } from 'vitest'
import { ShapeError, UsageError } from '../../src/errors.js'
import type { TokenLayer } from '../../src/layers/index.js'
import {
  Dropout,
  Embedding,
  EmbeddingBag,
  Features,
  LayerNorm,
  Linear,
  OneHot,
} from '../../src/layers/index.js'
import { setParameters } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine, Tensor } from '../../src/tensor/index.js'
import { backpropagate, gradientCheck, multiply, sum } from '../../src/tensor/index.js'
import type { Stored, StoredByName } from '../fixture.js'
import { expectStored, parameterOf, readFixture } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { tensorOf } from '../tensor/values.js'

interface LayerFixture {
  parameters: StoredByName
  x: Stored
  outputWeights: Stored
  output: Stored
  gradients: StoredByName
  xGradient: Stored
}
interface LookupFixture extends Omit<LayerFixture, 'x'> {
  x: number[]
}
type BagFixture = LookupFixture & { offsets: number[] }

const fixtures = readFixture<{
  linear: LayerFixture
  layerNorm: LayerFixture
  embedding: LookupFixture
  embeddingBagSum: BagFixture
  embeddingBagMean: BagFixture
}>('layers')
const random = new Random('layers')

onEveryBackend((engine) => {
  test('Linear and LayerNorm are those of PyTorch', () => {
    const linear = new Linear(5, 6, { engine: engine(), random })
    expectLayer(engine(), linear, fixtures.linear, (x) => linear.forward(x))
    const norm = new LayerNorm(9, { engine: engine() })
    expectLayer(engine(), norm, fixtures.layerNorm, (x) => norm.forward(x))
  })

  test('Embedding and EmbeddingBag are those of PyTorch', () => {
    const embedding = new Embedding(6, 3, { engine: engine(), random })
    expectOutput(engine(), embedding, fixtures.embedding, () => embedding.forward(fixtures.embedding.x))
    for (const mode of ['sum', 'mean'] as const) {
      const fixture = mode === 'sum' ? fixtures.embeddingBagSum : fixtures.embeddingBagMean
      const bag = new EmbeddingBag(9, 5, { engine: engine(), random, mode })
      expectOutput(engine(), bag, fixture, () => bag.forward(bagsOf(fixture)))
    }
  })

  test('one token at a time they give the same bits', () => {
    const bags = [[3], [], [5, 5, 0], Array.from({ length: 200 }, (_, i) => i % 9), [8, 1]]
    const given = { engine: engine(), random }
    sameInSteps(engine(), new Embedding(6, 3, given), [2, 0, -1, 5])
    sameInSteps(engine(), new OneHot(6, engine()), [2, 0, -1, 5])
    sameInSteps(engine(), new EmbeddingBag(9, 5, { ...given, mode: 'sum' }), bags)
    sameInSteps(engine(), new EmbeddingBag(9, 5, { ...given, mode: 'mean' }), bags)
    sameInSteps(engine(), new Features(2, engine()), [
      [0.5, 1],
      [2, -3],
    ])
  })
})

describe('behaviour', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })

  test('OneHot and Features', () => {
    engine().scope(() => {
      expect(new OneHot(3, engine()).forward([2, 0, -1]).toArray()).toEqual([
        [0, 0, 1],
        [1, 0, 0],
        [0, 0, 0],
      ])
      expect(
        new Features(2, engine())
          .forward([
            [1, 2],
            [3, 4],
          ])
          .toArray(),
      ).toEqual([
        [1, 2],
        [3, 4],
      ])
    })
  })

  test('dropout keeps the mean in training and does nothing otherwise', () => {
    engine().scope(() => {
      const x = engine().full([1000, 10], 1)
      const layer = new Dropout(0.3)
      expect(layer.forward(x)).toBe(x)
      const dropped = layer.forward(x, { random: random.split('dropout') }).data
      const kept = dropped.filter((value) => value !== 0)
      expect(kept.length / dropped.length).toBeCloseTo(0.7, 1)
      expect(kept[0]).toBeCloseTo(1 / 0.7, 5)
      expect(layer.forward(x, { random: random.split('dropout') }).data).toEqual(dropped)
    })
  })

  test('what does not fit is refused', () => {
    const given = { engine: engine(), random }
    const steps = new Embedding(6, 3, given).stepper()
    expect(() => steps.push(6)).toThrow('embedding: got token 6; expected a whole number from -1 to 5')
    expect(() => new EmbeddingBag(9, 5, given).stepper().push([9])).toThrow(UsageError)
    expect(() => new Dropout(1)).toThrow(UsageError)
    engine().scope(() => {
      expect(() => new Embedding(6, 3, given).forward([6])).toThrow(UsageError)
      expect(() => new OneHot(3, engine()).forward([3])).toThrow(UsageError)
      expect(() => new EmbeddingBag(9, 5, given).forward([[1], [-1]])).toThrow(UsageError)
      expect(() => new Features(2, engine()).forward([[1, 2], [3]])).toThrow(
        'features: vector 1 has 1 numbers; expected 2',
      )
      expect(() => new Linear(3, 2, given).forward(engine().zeros([4, 5]))).toThrow(ShapeError)
      expect(() => new LayerNorm(3, given).forward(engine().zeros([4, 5]))).toThrow(ShapeError)
    })
  })

  test('a Linear layer can start orthogonal', () => {
    const { weight, bias } = new Linear(3, 3, { engine: engine(), random, initialization: 'orthogonal' })
    expect(Math.hypot(...weight.data.subarray(0, 3))).toBeCloseTo(1, 6)
    expect(Array.from(bias?.data ?? [])).toEqual([0, 0, 0])
  })
})

describe('gradients', () => {
  const engine = useEngine()

  test.each(['linear', 'layerNorm', 'embedding', 'embeddingBag'])(
    'of %s are those of finite differences',
    (name) => {
      const given = { engine: engine(), random }
      const x = tensorOf(engine(), [4, 5], 'x')
      const bag = new EmbeddingBag(6, 3, given)
      const embedding = new Embedding(6, 3, given)
      const checked: Record<string, [() => Tensor, Tensor[]]> = {
        linear: layered(new Linear(5, 3, given), x),
        layerNorm: layered(new LayerNorm(5, given), x),
        embedding: [() => embedding.forward([1, 4, 1]), [embedding.weight]],
        embeddingBag: [() => bag.forward([[1, 4, 1], [0]]), [bag.weight]],
      }
      const [run, inputs] = checked[name]
      expect(gradientCheck(engine(), run, inputs)).toBeLessThan(1e-6)
    },
  )
})

function layered(
  layer: { forward(x: Tensor): Tensor; parameters(): Record<string, Tensor> },
  x: Tensor,
): [() => Tensor, Tensor[]] {
  return [() => layer.forward(x), [x, ...Object.values(layer.parameters())]]
}

function sameInSteps<T>(engine: Engine, layer: TokenLayer<T>, tokens: T[]): void {
  const stepper = layer.stepper()
  engine.scope(() => {
    const whole = layer.forward(tokens).data
    for (const [i, token] of tokens.entries()) {
      stepper.push(token)
      expect(stepper.output.data).toEqual(whole.subarray(i * layer.size, (i + 1) * layer.size))
    }
  })
  stepper.dispose()
}

function expectLayer(
  engine: Engine,
  layer: { parameters(): Record<string, Tensor> },
  fixture: LayerFixture,
  forward: (x: Tensor) => Tensor,
): void {
  const x = parameterOf(engine, fixture.x)
  expectOutput(engine, layer, fixture, () => forward(x))
  expectStored(x.gradient, fixture.xGradient, 'gradient of x')
}

function expectOutput(
  engine: Engine,
  layer: { parameters(): Record<string, Tensor> },
  { parameters, outputWeights, output, gradients }: Omit<LayerFixture, 'x' | 'xGradient'>,
  forward: () => Tensor,
): void {
  const plain = Object.entries(parameters).map(([name, { shape, values }]) => [name, { shape, data: values }])
  setParameters(layer, Object.fromEntries(plain))
  engine.scope(() => {
    const weights = parameterOf(engine, outputWeights)
    const { value } = engine.record(() => {
      const y = forward()
      expectStored(y, output, 'output')
      return sum(multiply(y, weights))
    })
    backpropagate(value)
    for (const [name, { gradient }] of Object.entries(layer.parameters()))
      expectStored(gradient, gradients[name], `gradient of ${name}`)
  })
}

function bagsOf({ x, offsets }: BagFixture): number[][] {
  return offsets.slice(1).map((end, bag) => x.slice(offsets[bag], end))
}
