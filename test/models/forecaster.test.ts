import { expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { Forecaster } from '../../src/models/forecaster.js'
import { Random } from '../../src/random/index.js'
import { gradientCheck, packSequences, square, sum } from '../../src/tensor/index.js'
import { useEngine } from '../tensor/engines.js'
import { tensorOf } from '../tensor/values.js'

const engine = useEngine()

const build = (options: Partial<ConstructorParameters<typeof Forecaster>[0]> = {}) =>
  new Forecaster({
    engine: engine(),
    random: new Random(1),
    inputSize: 2,
    layers: [{ cell: 'lstm', size: 3 }],
    horizon: 2,
    linearTo: [true, false],
    recent: 2,
    ahead: 1,
    ...options,
  })
const input = (model: Forecaster) => ({
  past: packSequences(
    engine(),
    [Array.from({ length: 8 }, (_, k) => Math.sin(k)), Array.from({ length: 8 }, (_, k) => Math.cos(k))],
    2,
  ),
  recent: model.linear && engine().tensor([1, 2, 3, 5], [2, 2]),
  ...(model.ahead > 0 && { ahead: engine().tensor([0.5, -0.5], [2, 1]) }),
})

it('says at first what its linear path says, about locations alone', () => {
  const model = build()
  model.linear?.weight.set([1, 0, 0, 10]) // one step ahead: the value before the last; two: ten times the last
  model.linear?.bias?.set([0, 0.5])
  const said = engine().scope(() => model.forward(input(model)).toArray())
  expect(said).toEqual([
    [1, 20.5, 0, 0],
    [3, 50.5, 0, 0],
  ])
})

it('learns from everything it reads', () => {
  const model = build()
  const parameters = Object.entries(model.parameters())
  for (const [name, parameter] of parameters)
    parameter.set(engine().scope(() => tensorOf(engine(), parameter.shape, name).data.slice()))
  const loss = () => sum(square(model.forward(input(model))))
  expect(
    gradientCheck(
      engine(),
      loss,
      parameters.map(([, parameter]) => parameter),
    ),
  ).toBeLessThan(1e-6)
  expect(parameters.map(([name]) => name)).toEqual([
    'rnn.weight_ih_l0',
    'rnn.weight_hh_l0',
    'rnn.bias_ih_l0',
    'rnn.bias_hh_l0',
    'head.weight',
    'head.bias',
    'linear.weight',
    'linear.bias',
  ])
})

it('has no linear path without recent values, and misses what it was made for', () => {
  const model = build({ recent: 0, ahead: 0 })
  expect(engine().scope(() => model.forward(input(model)).shape)).toEqual([2, 4])
  expect(Object.keys(model.parameters())).not.toContain('linear.weight')
  const { ahead: _, ...less } = input(build())
  expect(() => build().forward(less)).toThrow(UsageError)
  expect(() => build().forward({ ...input(build()), recent: undefined })).toThrow(UsageError)
})
