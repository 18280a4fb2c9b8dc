import { expect, test } from 'vitest'
import { ShapeError, UsageError } from '../../src/errors.js'
import { Convolution2d, maxPool2d } from '../../src/layers/index.js'
import { setParameters } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import { backpropagate, gradientCheck, multiply, sum } from '../../src/tensor/index.js'
import type { Stored, StoredByName } from '../fixture.js'
import { expectStored, gradientOf, readFixture } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { numbers } from '../tensor/values.js'

interface ConvolutionFixture {
  stride: number
  padding: number
  pool: number
  parameters: StoredByName
  x: Stored
  seen: Stored
  pooled: Stored
  outputWeights: Stored
  gradients: StoredByName
  xGradient: Stored
}

const names = ['plain', 'padded', 'strided'] as const
const fixtures = readFixture<Record<(typeof names)[number], ConvolutionFixture>>('convolution-2d')
const random = new Random('convolution')

/** PyTorch's [batch, height, width, channels] as rows of pixels. */
const rowsOf = ({ shape, values }: Stored): Stored => ({
  shape: [shape[0] * shape[1] * shape[2], shape[3]],
  values,
})

onEveryBackend((engine) => {
  test.each(names)('%s: convolution and pooling are those of PyTorch', (name) => {
    const fixture = fixtures[name]
    const { stride, padding } = fixture
    const [outputs, inputs, size] = fixture.parameters.weight.shape
    const layer = new Convolution2d(inputs, outputs, size, { engine: engine(), random, stride, padding })
    const plain = Object.entries(fixture.parameters).map(([key, { shape, values }]) => [
      key,
      { shape, data: values },
    ])
    setParameters(layer, Object.fromEntries(plain))
    engine().scope(() => {
      const [batch, height, width] = fixture.x.shape
      const data = engine().empty(rowsOf(fixture.x).shape)
      data.set(fixture.x.values)
      data.requiresGradient = true
      const { value } = engine().record(() => {
        const seen = layer.forward({ data, batch, height, width })
        expect([seen.batch, seen.height, seen.width]).toEqual(fixture.seen.shape.slice(0, 3))
        expectStored(seen.data, rowsOf(fixture.seen), 'seen')
        const pooled = maxPool2d(seen, fixture.pool)
        expect([pooled.batch, pooled.height, pooled.width]).toEqual(fixture.pooled.shape.slice(0, 3))
        expectStored(pooled.data, rowsOf(fixture.pooled), 'pooled')
        const { shape, values } = rowsOf(fixture.outputWeights)
        return sum(multiply(pooled.data, engine().tensor(values, shape)))
      })
      backpropagate(value)
      expectStored(gradientOf(data), rowsOf(fixture.xGradient), 'gradient of x')
      for (const [key, parameter] of Object.entries(layer.parameters()))
        expectStored(parameter.gradient, fixture.gradients[key], `gradient of ${key}`)
    })
  })
})

const double = useEngine()

test('gradients are those of finite differences', () => {
  const engine = double()
  const layer = new Convolution2d(2, 3, 2, { engine, random, stride: 2, padding: 1 })
  const pixels = engine.parameter([2 * 4 * 5, 2])
  pixels.set(numbers(pixels.shape, 'pixels'))
  const run = () => maxPool2d(layer.forward({ data: pixels, batch: 2, height: 4, width: 5 }), 2).data
  expect(gradientCheck(engine, run, [pixels, ...Object.values(layer.parameters())])).toBeLessThan(1e-6)
})

test('what does not fit is refused', () => {
  const engine = double()
  expect(() => new Convolution2d(1, 1, 0, { engine, random })).toThrow(UsageError)
  expect(() => new Convolution2d(1, 1, 3, { engine, random, padding: -1 })).toThrow(/padding -1/)
  const layer = new Convolution2d(1, 1, 3, { engine, random })
  const data = engine.persistent([4, 1])
  expect(() => layer.forward({ data, batch: 1, height: 2, width: 2 })).toThrow(/room for a window of 3 x 3/)
  expect(() => layer.forward({ data, batch: 1, height: 3, width: 3 })).toThrow(ShapeError)
  expect(() => maxPool2d({ data, batch: 1, height: 2, width: 2 }, 1.5)).toThrow(/size 1\.5/)
})
