import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scoreSequences } from '../../src/decoding/index.js'
import { UsageError } from '../../src/errors.js'
import { crossEntropy } from '../../src/losses/index.js'
import { LanguageModel } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import { type Engine, gradientCheck, logSoftmax, PackedLayout } from '../../src/tensor/index.js'
import { openEngine } from '../tensor/engines.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ backend: 'wasm', real: 'float64', threads: 1 })
})
afterAll(() => engine.dispose())

const build = (options: object = {}) =>
  new LanguageModel({
    engine,
    random: new Random(2),
    tokens: 7,
    embeddingSize: 5,
    layers: [
      { cell: 'lstm', size: 6 },
      { cell: 'gru', size: 5 },
    ],
    ...options,
  })
const sequences = [
  [0, 3, 6, 2, 2],
  [5, 1],
  [4, 4, 0],
]

/** Inputs (a 1 before each sequence) and targets in the rows of a packed layout. */
function packed() {
  const layout = PackedLayout.of(sequences.map(({ length }) => length))
  const inputs: number[] = []
  const targets: number[] = []
  layout.forEachRow((row, position, step) => {
    const sequence = sequences[layout.order[position]]
    inputs[row] = step === 0 ? 1 : sequence[step - 1]
    targets[row] = sequence[step]
  })
  return { layout, inputs, targets }
}

describe.each([false, true])('a language model with tied weights: %s', (tied) => {
  it('has the gradients of its loss', () => {
    const model = build({ tied })
    const { layout, inputs, targets } = packed()
    const loss = () => crossEntropy(model.forward(inputs, layout), engine.indices(targets))
    expect(gradientCheck(engine, loss, Object.values(model.parameters()))).toBeLessThan(1e-6)
  })

  it('steps through sequences as it reads them whole', () => {
    const model = build({ tied })
    const { layout, inputs } = packed()
    const whole = engine.scope(() => logSoftmax(model.forward(inputs, layout)).toArray()) as number[][]
    const found = scoreSequences(model.stepper(), sequences, { start: 1 })
    layout.forEachRow((row, position, step) => {
      const sequence = layout.order[position]
      expect(found[sequence].tokenLogProbs[step]).toBeCloseTo(whole[row][sequences[sequence][step]], 12)
    })
  })
})

it('names its parameters as PyTorch would, the shared weight once', () => {
  expect(Object.keys(build().parameters())).toContain('head.weight')
  const names = Object.keys(build({ tied: true }).parameters())
  expect(names).toContain('embedding.weight')
  expect(names).not.toContain('head.weight')
})

it('leaves no memory behind', () => {
  const model = build()
  scoreSequences(model.stepper(), sequences, { start: 1 }) // the packed weights stay
  const before = engine.bytesInUse
  scoreSequences(model.stepper(), sequences, { start: 1 })
  expect(engine.bytesInUse).toBe(before)
})

it('drops only in training', () => {
  const model = build({ dropout: 0.5 })
  const { layout, inputs } = packed()
  const logits = (training?: { random: Random }) =>
    engine.scope(() => model.forward(inputs, layout, { training }).toArray())
  expect(logits()).toEqual(logits())
  expect(logits({ random: new Random(1) })).not.toEqual(logits())
  expect(logits({ random: new Random(1) })).toEqual(logits({ random: new Random(1) }))
})

it('refuses to tie weights of different widths', () => {
  expect(() => build({ tied: true, embeddingSize: 4 })).toThrow(UsageError)
  expect(() => build({ tied: true, embeddingSize: 4 })).toThrow('embeddingSize 4 and 5 units')
})
