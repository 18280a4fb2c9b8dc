import { describe, expect, test } from 'vitest'
import { influence, inspect, inspectSequence } from '../../src/inspect/index.js'
import { OneHot } from '../../src/layers/index.js'
import { SequenceClassifier } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import { packSequences } from '../../src/tensor/index.js'
import { minimalGated } from '../cells/minimal-gated.js'
import { useEngine } from '../tensor/engines.js'
import { linearCell, smallClassifier } from './models.js'

const engine = useEngine()
const tokens = [1, 4, 0, 2, 5]

/** The norm of the Jacobian of the last state by finite differences, step by step. */
function expectJacobian(model: SequenceClassifier<number>, features: number): void {
  const { values, exact } = influence(model, (copies) => model.forward(Array(copies).fill(tokens)))
  expect(exact).toBe(true)
  const embedded = engine().scope(() => [...model.embed([tokens]).data.data])
  const lastState = (x: number[]) =>
    engine().scope(() => [...model.rnn.lastOutput(model.run(packSequences(engine(), [x], features))).data])
  for (const [step, value] of values.entries()) {
    let squares = 0
    for (let feature = 0; feature < features; feature++) {
      const moved = (by: number) =>
        lastState(embedded.map((x, k) => (k === features * step + feature ? x + by : x)))
      const [up, down] = [moved(1e-5), moved(-1e-5)]
      squares += up.reduce((sum, h, k) => sum + ((h - down[k]) / 2e-5) ** 2, 0)
    }
    expect(Math.abs(value / Math.sqrt(squares) - 1)).toBeLessThan(1e-6)
  }
}

describe.each([
  ['lstm', {}],
  ['elman', { layers: 2 }],
  ['gru', { bidirectional: true }],
  [minimalGated, {}],
  ['simplifiedGru', { bidirectional: true, layers: 2 }],
] as const)('%o %o', (cell, options) => {
  test('the influence is the norm of the Jacobian by finite differences', () => {
    expectJacobian(smallClassifier(engine(), cell, options), 3)
  })
})

test('where it is estimated it is near the truth', () => {
  const model = smallClassifier(engine(), 'gru', { size: 40 })
  const long = Array.from({ length: 500 }, (_, k) => (k * 7) % 6)
  const estimated = influence(model, (copies) => model.forward(Array(copies).fill(long)))
  expect(estimated.exact).toBe(false)
  const exact = influence(model, (copies) => model.forward(Array(copies).fill(long.slice(-100))))
  expect(exact.exact).toBe(true)
  for (const back of [1, 2, 3, 5, 8])
    expect(Math.abs((estimated.values.at(-back) ?? 0) / (exact.values.at(-back) ?? 0) - 1)).toBeLessThan(0.4)
})

test('inspecting a sequence gives everything at once', () => {
  const model = smallClassifier(engine(), linearCell)
  const [{ parameters }] = model.rnn.directions
  parameters.weight_ih.set(Array.from({ length: 15 }, () => 0.3))
  parameters.weight_hh.set(Array.from({ length: 25 }, (_, k) => (k % 6 ? 0 : 0.5)))
  const words = ['who', 'is', 'it', '?', '!']
  const inspection = inspectSequence(model, (copies) => model.forward(Array(copies).fill(tokens)), {
    title: 'a question',
    steps: words,
    span: 4,
  })
  expect(inspection).toMatchObject({ title: 'a question', steps: words, from: 'last', span: 4 })
  expect(inspection.verdict).toMatchObject({ kind: 'steady', remaining: expect.closeTo(1 / 16, 6) })
  expect(inspection.layers[0].flow[0].norms[1]).toBeCloseTo(0.5 * Math.sqrt(5), 10)
  expect(inspection.layers[0].radii).toEqual([]) // it names no gates
  const { influence: { values } = { values: [] } } = inspection
  for (const [k, value] of values.entries())
    expect(value).toBeCloseTo(0.3 * Math.sqrt(15) * 0.5 ** (4 - k), 10)
})

test('refuses a span that is no number of steps', () => {
  const model = smallClassifier(engine(), 'lstm')
  for (const span of [0, 2.5, Number.NaN]) {
    const message = `span is ${span}; expected a whole number of at least 1`
    const run = (copies: number) => model.forward(Array(copies).fill(tokens))
    expect(() => inspectSequence(model, run, { span })).toThrow(`inspectSequence: ${message}`)
    expect(() => inspect(model, () => run(1), { from: 'last', span })).toThrow(`inspect: ${message}`)
  }
})

describe.each([['lstm'], ['simplifiedGru'], ['lstmProjection'], [minimalGated]])('%o', (cell) => {
  test.each([false, true])(
    'inputs that nothing learns are looked at too, in both directions: %s',
    (bidirectional) => {
      const model = new SequenceClassifier({
        engine: engine(),
        random: new Random(1),
        embedding: new OneHot(6, engine()),
        layers: [{ cell, size: 4 }],
        bidirectional,
        classes: 2,
      })
      expectJacobian(model, 6)
    },
  )
})
