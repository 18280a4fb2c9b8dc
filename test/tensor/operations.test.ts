import { describe, expect, it } from 'vitest'
import { Random } from '../../src/random/index.js'
import type { Tensor } from '../../src/tensor/index.js'
import * as ops from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from './engines.js'
import { inputsOf, operationCases, productReference, total } from './operation-cases.js'
import { expectClose, numbers, tensorOf } from './values.js'

onEveryBackend((engine) => {
  it.each(Object.entries(operationCases))('%s gives the numbers of the reference', (_, operation) => {
    for (const shapes of operation.shapes)
      engine().scope(() => {
        const inputs = inputsOf(engine(), operation, shapes)
        const values = inputs.map((input) => Array.from(input.data))
        expectClose(operation.apply(...inputs), operation.expected(values, shapes))
      })
  })

  it('computes large products, also on threads', () => {
    const at = engine()
    at.scope(() => {
      const [a, b] = [tensorOf(at, [130, 270], 'a'), tensorOf(at, [270, 100], 'b')]
      const expected = productReference(Array.from(a.data), Array.from(b.data), 130, 270, 100)
      expectClose(ops.matmul(a, b), expected)
      const x = tensorOf(at, [300, 500], 'x')
      expectClose(ops.tanh(x), Array.from(x.data, Math.tanh))
    })
  })

  it('drops elements by the mask of the stream, and scales the others', () => {
    const at = engine()
    at.scope(() => {
      const random = new Random(3).split('dropout')
      const x = at.full([50_000], 2)
      const first = ops.dropout(x, 0.25, random)
      const second = ops.dropout(x, 0.25, random)
      expect(random.counter).toBe(2)
      const kept = Array.from(first.data).filter((value) => value !== 0)
      expect(kept.length / 50_000).toBeCloseTo(0.75, 1.8)
      expect(new Set(kept)).toEqual(new Set([at.real === 'float64' ? 2 / 0.75 : Math.fround(2 / 0.75)]))
      expect(Array.from(second.data)).not.toEqual(Array.from(first.data))
      random.counter = 0
      expect(Array.from(ops.dropout(x, 0.25, random).data)).toEqual(Array.from(first.data))
      expect(ops.dropout(x, 0, random)).toBe(x)
    })
  })

  it('passes NaN and infinities on', () => {
    const at = engine()
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
    at.scope(() => {
      const x = at.tensor([nan, infinity, -infinity, 1])
      expect(ops.relu(x).toArray()).toEqual([nan, infinity, 0, 1])
      expect(ops.tanh(x).toArray()).toEqual([nan, 1, -1, ops.tanh(at.tensor(1)).item()])
      expect(ops.sigmoid(x).toArray()).toEqual([nan, 1, 0, ops.sigmoid(at.tensor(1)).item()])
      expect(ops.exp(at.tensor([nan, infinity, -infinity, 1000])).toArray()).toEqual([
        nan,
        infinity,
        0,
        infinity,
      ])
      expect(ops.log(at.tensor([nan, 0, -1, infinity])).toArray()).toEqual([nan, -infinity, nan, infinity])
      expect(ops.add(x, at.tensor([1, -infinity, 1, nan])).toArray()).toEqual([nan, nan, -infinity, nan])
      expect(ops.sum(x).item()).toBeNaN()
      expect(
        ops
          .max(
            at.tensor([
              [1, nan, 2],
              [3, 2, infinity],
            ]),
          )
          .toArray(),
      ).toEqual([nan, infinity])
      expect(
        ops
          .softmax(
            at.tensor([
              [nan, 0],
              [0, -infinity],
            ]),
          )
          .toArray(),
      ).toEqual([
        [nan, nan],
        [1, 0],
      ])
      expect(ops.matmul(at.tensor([[nan, 1]]), at.tensor([[0], [1]])).item()).toBeNaN()
      expect(ops.layerNorm(at.tensor([[nan, 1]]), at.tensor([1, 1])).toArray()).toEqual([[nan, nan]])
    })
  })

  it('stays in the log space where probabilities underflow', () => {
    const at = engine()
    at.scope(() => {
      expect(ops.logSoftmax(at.tensor([[0, -1000]])).toArray()).toEqual([[0, -1000]])
      expect(ops.softmax(at.tensor([[1000, 1000]])).toArray()).toEqual([[0.5, 0.5]])
    })
  })

  it('adds squares up in double precision', () => {
    const at = engine()
    at.scope(() => {
      const values = numbers([1234], 'squares')
      expect(ops.sumSquares(at.tensor(values))).toBeCloseTo(total(values.map((x) => x * x)), 2)
      expect(ops.sumSquares(at.tensor([3, 4]))).toBe(25)
    })
  })
})

describe('gradients', () => {
  const engine = useEngine()

  it.each(Object.entries(operationCases))('of %s agree with central differences', (_, operation) => {
    for (const shapes of operation.shapes) {
      if (shapes.some((shape) => ops.sizeOf(shape) > 600)) continue
      const inputs = inputsOf(engine(), operation, shapes)
      expect(ops.gradientCheck(engine(), operation.apply, inputs)).toBeLessThan(1e-6)
      // through accumulation: the input is used a second time, so its gradient is added to
      const twice = (...tensors: Tensor[]) => {
        const direct = ops.sum(operation.apply(...tensors))
        return ops.add(direct, ops.sum(ops.square(tensors[0])))
      }
      expect(ops.gradientCheck(engine(), twice, inputs)).toBeLessThan(1e-6)
      for (const input of inputs) input.dispose()
    }
  })

  it('of dropout agree with central differences', () => {
    const x = tensorOf(engine(), [3, 17], 'x')
    const apply = (input: Tensor) => ops.dropout(input, 0.4, new Random(5))
    expect(ops.gradientCheck(engine(), apply, [x])).toBeLessThan(1e-6)
    x.dispose()
  })

  it('of max go to the first of equal elements', () => {
    const at = engine()
    const x = at.parameter([2, 3])
    x.set([
      [1, 5, 5],
      [2, 2, 2],
    ])
    ops.differentiate(at, () => ops.sum(ops.max(x)))
    expect(x.gradient?.toArray()).toEqual([
      [0, 1, 0],
      [1, 0, 0],
    ])
    x.dispose()
  })

  it('are found wrong when they are', () => {
    const x = tensorOf(engine(), [3], 'x')
    const wrong = (input: Tensor) => {
      const y = engine().tensor(Array.from(input.data, (value) => value ** 2))
      ops.record(engine(), [y], [input], () => y.gradient && ops.addGradient(input, y.gradient))
      return y
    }
    expect(ops.gradientCheck(engine(), wrong, [x])).toBeGreaterThan(0.1)
    x.dispose()
  })
})

describe('gradientCheck', () => {
  const single = useEngine({ backend: 'wasm', threads: 1 })
  const engine = useEngine()

  it('needs double precision and lasting inputs', () => {
    const text = 'gradientCheck: got an engine of float32; expected float64'
    expect(() => ops.gradientCheck(single(), ops.tanh, [])).toThrow(text)
    const temporary = () => ops.gradientCheck(engine(), ops.tanh, [engine().tensor([1])])
    expect(() => engine().scope(temporary)).toThrow('gradientCheck: got a temporary input')
  })

  it('leaves the inputs as they were', () => {
    const x = tensorOf(engine(), [4], 'x')
    const before = Array.from(x.data)
    const inUse = engine().bytesInUse
    ops.gradientCheck(engine(), ops.tanh, [x])
    expect(Array.from(x.data)).toEqual(before)
    expect([x.requiresGradient, x.gradient]).toEqual([false, undefined])
    expect(engine().bytesInUse - inUse).toBeLessThanOrEqual(64)
    x.dispose()
  })
})
