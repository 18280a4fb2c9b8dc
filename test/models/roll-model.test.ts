import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ShapeError, UsageError } from '../../src/errors.js'
import { binaryCrossEntropy } from '../../src/losses/index.js'
import { RollModel } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import { type Engine, gradientCheck, packSequences, unpackSequences } from '../../src/tensor/index.js'
import { openEngine } from '../tensor/engines.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ backend: 'wasm', real: 'float64', threads: 1 })
})
afterAll(() => engine.dispose())

const keys = 5
const build = (options: object = {}) =>
  new RollModel({
    engine,
    random: new Random(3),
    keys,
    layers: [
      { cell: 'gru', size: 6 },
      { cell: 'lstm', size: 4 },
    ],
    ...options,
  })
const rolls = [
  [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0],
  [0, 0, 0, 0, 1],
]

describe('RollModel', () => {
  it('has the gradients of its loss', () => {
    const model = build()
    const loss = () => {
      const { data } = model.forward(packSequences(engine, rolls, keys))
      return binaryCrossEntropy(data, packSequences(engine, rolls, keys).data)
    }
    expect(gradientCheck(engine, loss, Object.values(model.parameters()))).toBeLessThan(1e-6)
  })

  it('streams what it reads whole, to the last bit; forks and snapshots go on alike', () => {
    const model = build()
    const [whole] = engine.scope(() => unpackSequences(model.forward(packSequences(engine, rolls, keys))))
    const stream = model.stream()
    expect(() => stream.logits()).toThrow(UsageError)
    const step = (k: number) => rolls[0].slice(k * keys, (k + 1) * keys)
    expect([...stream.push(step(0)).logits()]).toEqual([...whole.subarray(0, keys)])
    const other = stream.fork()
    const before = stream.snapshot()
    expect([...stream.push(step(1)).logits()]).toEqual([...whole.subarray(keys, 2 * keys)])
    expect([...other.push(step(1)).logits()]).toEqual([...stream.logits()])
    stream.restore(before)
    expect(stream.steps).toBe(1)
    stream.push(step(1))
    expect([...stream.push(step(2)).logits()]).toEqual([...whole.subarray(2 * keys)])
    expect(() => stream.push([1])).toThrow(ShapeError)
    for (const each of [stream, other]) each.dispose()
    expect(() => stream.push(step(0))).toThrow(UsageError)
  })

  it('has dropout in training only, other draws for other streams', () => {
    const model = build({ dropout: 0.5 })
    const run = (seed?: number) =>
      engine.scope(() => {
        const training = seed === undefined ? undefined : { random: new Random(seed) }
        return [...model.forward(packSequences(engine, rolls, keys), training).data.data]
      })
    expect(run()).toEqual(run())
    expect(run(1)).toEqual(run(1))
    expect(run(1)).not.toEqual(run(2))
    expect(run(1)).not.toEqual(run())
  })

  it('names its parameters as PyTorch does', () => {
    expect(Object.keys(build().parameters())).toEqual([
      ...['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) => `rnn.${name}_l0`),
      ...['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) => `rnn.${name}_l1`),
      'head.weight',
      'head.bias',
    ])
  })
})
