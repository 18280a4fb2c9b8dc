import { describe, expect, it } from 'vitest'
import { observing } from '../../src/cells/index.js'
import { greedy, scoreSequences } from '../../src/decoding/index.js'
import { ShapeError, UsageError } from '../../src/errors.js'
import { CaptionNetwork, FeatureEncoder, GridEncoder, setParameters } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine } from '../../src/tensor/index.js'
import {
  differentiate,
  gradientCheck,
  multiply,
  packSequences,
  sum,
  unpackSequences,
} from '../../src/tensor/index.js'
import {
  expectNumbers,
  expectStored,
  gradientOf,
  readFixture,
  type Stored,
  type StoredByName,
} from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'

interface Fixture {
  readonly height: number
  readonly width: number
  readonly filters: number
  readonly tokens: number
  readonly embeddingSize: number
  readonly hiddenSize: number
  readonly captions: readonly number[][]
  readonly pictures: readonly Stored[]
  readonly parameters: StoredByName
  readonly logits: readonly Stored[]
  readonly looks: readonly Stored[]
  readonly outputWeights: readonly Stored[]
  readonly gradients: StoredByName
}

const fixture = readFixture<Fixture>('caption-network')
const pictures = fixture.pictures.map(({ values }) => Float32Array.from(values))

function made(engine: Engine): CaptionNetwork {
  const { height, width, filters, tokens, embeddingSize, hiddenSize } = fixture
  const random = new Random('captions')
  const encoder = new GridEncoder({ engine, random, height, width, filters, convolutions: 2, grid: 4 })
  const layers = [{ cell: 'lstm', size: hiddenSize }] as const
  const network = new CaptionNetwork({
    ...{ engine, random, encoder, tokens, embeddingSize, layers },
    ...{ attention: 'additive', inputFeeding: true },
  })
  setParameters(
    network,
    Object.fromEntries(
      Object.entries(fixture.parameters).map(([name, { shape, values }]) => [
        name,
        { shape, data: Float64Array.from(values) },
      ]),
    ),
  )
  return network
}

onEveryBackend((engine) => {
  it('has the logits, the attention and the gradients of PyTorch’s', () => {
    const network = made(engine())
    engine().scope(() => {
      const { logits, layout } = network.forward(pictures, fixture.captions)
      const tolerance = engine().real === 'float64' ? 1e-9 : 1e-5
      for (const [i, found] of unpackSequences({ data: logits, layout }).entries())
        expectNumbers(found, fixture.logits[i].values, tolerance, `logits of picture ${i}`)
    })
    const loss = () => {
      const { logits, layout } = network.forward(pictures, fixture.captions)
      const weights = packSequences(
        engine(),
        fixture.outputWeights.map(({ values }) => values),
        fixture.tokens,
      )
      expect([...weights.layout.order]).toEqual([...layout.order])
      return sum(multiply(logits, weights.data))
    }
    differentiate(engine(), loss)
    for (const [name, expected] of Object.entries(fixture.gradients))
      expectStored(gradientOf(network.parameters()[name]), expected, `gradient of ${name}`)
    // what is looked at while the same tokens are written
    const scored = network.decode(pictures, (stepper) =>
      scoreSequences(
        stepper,
        fixture.captions.map(([, ...rest]) => rest),
        { start: 1, end: 2, attention: true },
      ),
    )
    for (const [i, { attention = [] }] of scored.entries())
      expectNumbers(
        attention.flatMap((row) => Array.from(row)),
        fixture.looks[i].values,
        engine().real === 'float64' ? 1e-9 : 1e-5,
        `what was looked at in picture ${i}`,
      )
  })
})

describe('a caption network', () => {
  const engine = useEngine()

  it('over features of pictures with different numbers of regions has the gradients of central differences', () => {
    const random = new Random(1)
    const encoder = new FeatureEncoder({ engine: engine(), random, inputSize: 3, size: 4 })
    const layers = [{ cell: 'gru', size: 5 }] as const
    const network = new CaptionNetwork({
      ...{ engine: engine(), random, encoder, tokens: 6, embeddingSize: 3, layers },
    })
    const features = [2, 5].map((regions) =>
      Float32Array.from({ length: 3 * regions }, () => random.normal()),
    )
    const loss = () => {
      const { logits } = network.forward(features, [
        [1, 3],
        [1, 4, 5],
      ])
      return sum(multiply(logits, logits))
    }
    expect(gradientCheck(engine(), loss, Object.values(network.parameters()))).toBeLessThan(1e-6)
  })

  it('reads the same inputs, fed back, whether it writes by itself or is asked what it read', () => {
    const network = made(engine())
    const [{ tokens }] = network.decode([pictures[0]], (stepper) =>
      greedy(stepper, { batch: 1, start: 1, end: 2, maximumLength: 5 }),
    )
    const read = [1, ...tokens]
    const seen: number[] = []
    engine().scope(() =>
      observing(
        engine(),
        ({ x }) => seen.push(...x.data.data),
        () => network.forward([pictures[0]], [read]),
      ),
    )
    expectNumbers(network.readWhile(pictures[0], read), seen, 1e-12, 'inputs')
  })

  it('refuses pictures of another size, and convolutions that cannot come to the grid', () => {
    const network = made(engine())
    expect(() => network.encode([new Float32Array(9)])).toThrow(ShapeError)
    expect(() => network.encode([new Float32Array(9)])).toThrow(
      'picture 0 has 9 numbers; expected 8 x 6 x 3 = 144',
    )
    const options = { engine: engine(), random: new Random(1), height: 64, width: 64, filters: 2, grid: 8 }
    expect(() => new GridEncoder({ ...options, convolutions: 2 })).toThrow(UsageError)
    expect(() => new GridEncoder({ ...options, convolutions: 2 })).toThrow('expected at least 3')
    expect(() => new GridEncoder({ ...options, convolutions: 3, filters: 0 })).toThrow(UsageError)
    const features = new FeatureEncoder({ engine: engine(), random: new Random(1), inputSize: 4, size: 2 })
    expect(() => features.encode([new Float32Array(6)])).toThrow(ShapeError)
  })
})
