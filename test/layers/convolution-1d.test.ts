import { expect, test } from 'vitest'
import { ShapeError, UsageError } from '../../src/errors.js'
import { Convolution1d } from '../../src/layers/index.js'
import { setParameters } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import { backpropagate, gradientCheck, multiply, packSequences, sum } from '../../src/tensor/index.js'
import type { Stored, StoredByName } from '../fixture.js'
import { expectPacked, expectStored, gradientOf, packedOf, readFixture } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'

interface ConvolutionFixture {
  width: number
  parameters: StoredByName
  x: Stored[]
  outputWeights: Stored[]
  outputs: Stored[]
  gradients: StoredByName
  xGradients: Stored[]
}

const fixtures = readFixture<Record<'odd' | 'even' | 'one', ConvolutionFixture>>('convolution-1d')
const random = new Random('convolution')

onEveryBackend((engine) => {
  test.each(['odd', 'even', 'one'] as const)('of %s width it is that of PyTorch', (name) => {
    const fixture = fixtures[name]
    const [outputs, inputs] = fixture.parameters.weight.shape
    const layer = new Convolution1d(inputs, outputs, fixture.width, { engine: engine(), random })
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

test('what does not fit is refused', () => {
  const given = { engine: double(), random }
  expect(() => new Convolution1d(2, 3, 0, given)).toThrow(UsageError)
  const layer = new Convolution1d(2, 3, 3, given)
  expect(() => double().scope(() => layer.forward(packSequences(double(), [[1, 2, 3]], 3)))).toThrow(
    ShapeError,
  )
})
