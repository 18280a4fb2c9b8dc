import { describe, expect, test } from 'vitest'
import { cells } from '../../src/cells/index.js'
import { ShapeError, UsageError } from '../../src/errors.js'
import { Embedding, EmbeddingBag } from '../../src/layers/index.js'
import type { StackOptions } from '../../src/models/index.js'
import { SequenceClassifier, Stack } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine } from '../../src/tensor/index.js'
import { packSequences } from '../../src/tensor/index.js'
import { minimalGated } from '../cells/minimal-gated.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { numbers } from '../tensor/values.js'

const inputSize = 9
const steps = 23
const sequence = numbers([steps, inputSize], 'stream')
const at = (step: number) => sequence.slice(step * inputSize, (step + 1) * inputSize)
const everyCell = { ...cells, minimalGated }
const poolings = ['last', 'mean', 'max', 'attention'] as const

function stackOf(engine: Engine, options: Partial<StackOptions> = {}): Stack {
  const layers = [
    { cell: 'lstm', size: 13 },
    { cell: 'gru', size: 6 },
  ]
  return new Stack({ engine, random: new Random('stack'), inputSize, layers, ...options })
}

function classifierOf(engine: Engine, pooling: (typeof poolings)[number], bidirectional = false) {
  const random = new Random('classifier')
  return new SequenceClassifier({
    ...{ engine, random, classes: 3, pooling, bidirectional, layers: [{ cell: 'lstm', size: 5 }] },
    embedding: new Embedding(7, 3, { engine, random: random.split('embedding') }),
  })
}

onEveryBackend((engine) => {
  test.each(Object.entries(everyCell))('%s: a stream gives the bits of the whole sequence', (_, cell) => {
    const layers = [13, 8, 5].map((size) => ({ cell, size }))
    const stack = stackOf(engine(), { layers })
    const width = stack.outputSize
    const whole = engine().scope(() => {
      const { output, final } = stack.forward(packSequences(engine(), [sequence], inputSize))
      return { output: output.data.data.slice(), final: final.map(({ h }) => h.data.slice()) }
    })
    const stream = stack.stream()
    for (let step = 0; step < steps; step++)
      expect(stream.push(at(step))).toEqual(whole.output.subarray(width * step, width * (step + 1)))
    expect(stream.snapshot().layers.map(({ h }) => h)).toEqual(whole.final)
    expect(stream.end()).toEqual(whole.output.subarray(-width))
  })

  test.each(poolings)(
    'a classifier with %s pooling answers after each token as for the tokens so far',
    (pooling) => {
      const model = classifierOf(engine(), pooling)
      const tokens = Array.from({ length: 80 }, (_, t) => (t * t + 3) % 7)
      const stream = model.stream()
      for (const [t, token] of tokens.entries()) {
        stream.push(token)
        const expected = engine().scope(() => model.forward([tokens.slice(0, t + 1)]).data.slice())
        expect(stream.logits()).toEqual(expected)
      }
      const expected = engine().scope(() => model.forward([tokens]).data.slice())
      expect(stream.end()).toEqual(expected)
    },
  )
})

describe('streams', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })

  test.each(Object.entries(everyCell))('%s: fork, snapshot and restore', (_, cell) => {
    const stream = stackOf(engine(), { layers: [{ cell, size: 7 }] }).stream()
    for (let step = 0; step < 5; step++) stream.push(at(step))
    const snapshot = stream.snapshot()
    const fork = stream.fork()
    const next = stream.push(at(5)).slice()
    const after = stream.push(at(6)).slice()
    expect(after).not.toEqual(next)
    expect(fork.push(at(5))).toEqual(next)
    expect(fork.push(at(6))).toEqual(after)
    fork.push(at(7))
    stream.restore(snapshot)
    expect(stream.steps).toBe(5)
    expect(stream.push(at(5))).toEqual(next)
    expect(stream.snapshot()).not.toEqual(snapshot)
  })

  test.each(poolings)('a classifier with %s pooling: fork, snapshot and restore', (pooling) => {
    const stream = classifierOf(engine(), pooling).stream()
    for (let t = 0; t < 70; t++) stream.push(t % 7)
    const snapshot = stream.snapshot()
    const fork = stream.fork()
    stream.push(4)
    const next = stream.logits()
    fork.push(4)
    expect(fork.logits()).toEqual(next)
    fork.push(1)
    expect(fork.snapshot()).not.toEqual(stream.snapshot())
    expect(stream.logits()).toEqual(next)
    for (let t = 0; t < 100; t++) stream.push(t % 7)
    stream.restore(snapshot)
    stream.push(4)
    expect(stream.end()).toEqual(next)
  })

  test('100,000 steps take no memory', () => {
    const stack = stackOf(engine()).stream()
    const x = Float32Array.from(at(0))
    const random = new Random('memory')
    const embedding = new EmbeddingBag(9, 4, { engine: engine(), random })
    const layers = [{ cell: 'lstm', size: 5 }]
    const given = { engine: engine(), random, embedding, layers, classes: 2, pooling: 'mean' as const }
    const classifier = new SequenceClassifier(given).stream()
    const bag = [1, 5, 3]
    const step = () => {
      stack.push(x)
      classifier.push(bag)
      return classifier.steps % 1000 === 0 && classifier.logits()
    }
    for (let i = 0; i < 1000; i++) step()
    const { bytesInUse, heapBytes } = engine()
    for (let i = 0; i < 100_000; i++) step()
    expect(engine().bytesInUse).toBe(bytesInUse)
    expect(engine().heapBytes).toBe(heapBytes)
    expect(classifier.end().every(Number.isFinite)).toBe(true)
  })

  test('a stream that ends gives its memory back', () => {
    const model = classifierOf(engine(), 'attention')
    const once = () => {
      const stream = model.stream()
      for (let t = 0; t < 100; t++) stream.push(t % 7)
      stream.fork().end()
      stream.end()
    }
    once()
    const before = engine().bytesInUse
    for (let i = 0; i < 10; i++) once()
    expect(engine().bytesInUse).toBe(before)
  })

  test('a stream sees that the weights were changed', () => {
    for (const cell of Object.values(everyCell)) {
      const stack = stackOf(engine(), { layers: [{ cell, size: 7 }] })
      const stream = stack.stream()
      stream.push(at(0))
      const fresh = stackOf(engine(), { layers: [{ cell, size: 7 }], random: new Random('fresh') })
      for (const [name, parameter] of Object.entries(stack.parameters()))
        parameter.set(fresh.parameters()[name].data)
      const expected = fresh.stream()
      expected.restore(stream.snapshot())
      expect(stream.push(at(1))).toEqual(expected.push(at(1)))
    }
  })

  test('a stream begins at the learned initial state', () => {
    const stack = stackOf(engine(), { initialState: 'learned' })
    const { initial_h_l0, initial_c_l0, initial_h_l1 } = stack.parameters()
    for (const parameter of [initial_h_l0, initial_c_l0, initial_h_l1])
      parameter.set(numbers(parameter.shape, 'learned'))
    const whole = engine().scope(() =>
      stack.forward(packSequences(engine(), [sequence], inputSize)).output.data.data.slice(),
    )
    const stream = stack.stream()
    for (let step = 0; step < steps; step++)
      expect(stream.push(at(step))).toEqual(whole.subarray(6 * step, 6 * step + 6))
  })

  test('streams may be opened inside a scope and live on', () => {
    const stack = stackOf(engine())
    const stream = engine().scope(() => stack.stream())
    engine().scope(() => engine().full([1000], 7))
    expect(stream.push(at(0))).toEqual(stack.stream().push(at(0)))
  })

  test('bidirectional models refuse and say why', () => {
    const why =
      'a bidirectional model cannot stream: its reverse direction begins at the last step, which has not come yet'
    expect(() => stackOf(engine(), { bidirectional: true }).stream()).toThrow(UsageError)
    expect(() => stackOf(engine(), { bidirectional: true }).stream()).toThrow(why)
    const model = classifierOf(engine(), 'mean', true)
    const { bytesInUse } = engine()
    expect(() => model.stream()).toThrow(why)
    expect(engine().bytesInUse).toBe(bytesInUse)
  })

  test('what does not fit is refused', () => {
    const stream = stackOf(engine()).stream()
    expect(() => stream.push([1, 2])).toThrow(ShapeError)
    expect(() => stream.push([1, 2])).toThrow('stream: x has 2 numbers; expected 9 (inputSize)')
    expect(() => stream.end()).toThrow('stream: there was no step yet; expected at least one push')
    const other = stackOf(engine(), { layers: [{ cell: 'lstm', size: 13 }] }).stream()
    expect(() => stream.restore(other.snapshot())).toThrow('the snapshot is of another model')
    stream.push(at(0))
    stream.end()
    expect(() => stream.push(at(1))).toThrow('stream: it has ended; open a new one')
    const means = classifierOf(engine(), 'mean').stream()
    const attending = classifierOf(engine(), 'attention').stream()
    for (const token of [1, 2]) {
      means.push(token)
      attending.push(token)
    }
    const before = attending.snapshot()
    means.push(3)
    expect(() => attending.restore(means.snapshot())).toThrow(
      'stream: the snapshot is of another model: its pooling has 5 numbers; expected 15',
    )
    expect(attending.snapshot()).toEqual(before)
    const classifier = classifierOf(engine(), 'last').stream()
    expect(() => classifier.logits()).toThrow(UsageError)
    expect(() => classifier.push(7)).toThrow(UsageError)
    classifier.dispose()
    expect(() => classifier.push(1)).toThrow('stream: it has ended; open a new one')
  })
})
