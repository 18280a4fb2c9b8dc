import { expect, test } from 'vitest'
import { DataError, ShapeError, UsageError } from '../../src/errors.js'
import { Convolution1d } from '../../src/layers/index.js'
import { setParameters } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import { backpropagate, gradientCheck, multiply, packSequences, sum } from '../../src/tensor/index.js'
import type { Stored, StoredByName } from '../fixture.js'
import { expectPacked, expectStored, gradientOf, packedOf, readFixture } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'

interface ConvolutionFixture {
  width: number
  stride: number
  padding: 'same' | 'valid'
  parameters: StoredByName
  x: Stored[]
  outputWeights: Stored[]
  outputs: Stored[]
  gradients: StoredByName
  xGradients: Stored[]
}

const names = ['odd', 'even', 'one', 'strided', 'valid', 'unstrided'] as const
const fixtures = readFixture<Record<(typeof names)[number], ConvolutionFixture>>('convolution-1d')
const random = new Random('convolution')

onEveryBackend((engine) => {
  test.each(names)('%s: it is that of PyTorch', (name) => {
    const fixture = fixtures[name]
    const [outputs, inputs] = fixture.parameters.weight.shape
    const layer = new Convolution1d(inputs, outputs, fixture.width, {
      ...{ engine: engine(), random },
      ...{ stride: fixture.stride, padding: fixture.padding },
    })
    const plain = Object.entries(fixture.parameters).map(([name, { shape, values }]) => [
      name,
      { shape, data: values },
    ])
    setParameters(layer, Object.fromEntries(plain))
    engine().scope(() => {
      const x = packedOf(engine(), fixture.x, true)
      const { data: weights } = packedOf(engine(), fixture.outputWeights)
      const { value } = engine().record(() => {
        const y = layer.forward(x)
        expectPacked(y, fixture.outputs, 'output')
        return sum(multiply(y.data, weights))
      })
      backpropagate(value)
      const gradient = { data: gradientOf(x.data), layout: x.layout }
      expectPacked(gradient, fixture.xGradients, 'gradient of x')
      for (const [name, parameter] of Object.entries(layer.parameters()))
        expectStored(parameter.gradient, fixture.gradients[name], `gradient of ${name}`)
    })
  })
})

const double = useEngine()

test('gradients are those of finite differences', () => {
  const engine = double()
  const layer = new Convolution1d(2, 3, 3, { engine, random })
  const weight = engine.parameter([7, 2])
  weight.set([0.3, -1, 0.5, 2, -0.7, 0.1, 1.2, 0.4, -0.2, 0.9, -1.1, 0.6, 0.8, -0.5])
  const { layout } = engine.scope(() => packSequences(engine, [new Float64Array(4), new Float64Array(10)], 2))
  const run = () => layer.forward({ data: weight, layout }).data
  expect(gradientCheck(engine, run, [weight, ...Object.values(layer.parameters())])).toBeLessThan(1e-6)
})

test('ten seconds of frames become 1,375 steps', () => {
  const given = { engine: double(), random }
  const front = new Convolution1d(2, 3, 15, { ...given, stride: 4, padding: 'valid' })
  expect([5511, 15, 14, 18, 19].map((steps) => front.steps(steps))).toEqual([1375, 1, 0, 1, 2])
  expect(
    [1, 4, 5, 8].map((steps) => new Convolution1d(2, 3, 15, { ...given, stride: 4 }).steps(steps)),
  ).toEqual([1, 1, 2, 2])
  expect(() =>
    double().scope(() =>
      front.forward(packSequences(double(), [new Float64Array(40), new Float64Array(28)], 2)),
    ),
  ).toThrow(DataError)
})

test('what does not fit is refused', () => {
  const given = { engine: double(), random }
  expect(() => new Convolution1d(2, 3, 0, given)).toThrow(UsageError)
  expect(() => new Convolution1d(2, 3, 3, { ...given, stride: 0 })).toThrow(/stride 0/)
  const layer = new Convolution1d(2, 3, 3, given)
  expect(() => double().scope(() => layer.forward(packSequences(double(), [[1, 2, 3]], 3)))).toThrow(
    ShapeError,
  )
})
