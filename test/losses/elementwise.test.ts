import { describe, expect, it } from 'vitest'
import type { ReductionOptions } from '../../src/losses/index.js'
import { binaryCrossEntropy, squaredError } from '../../src/losses/index.js'
import type { Tensor } from '../../src/tensor/index.js'
import { add, differentiate, gradientCheck, sum } from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { expectClose, numbers, tensorOf } from '../tensor/values.js'

const shapes = [[1], [15], [16], [17], [33], [3, 17]]
const reductions: ReductionOptions[] = [
  {},
  { reduction: 'sequence', sequences: 3 },
  { reduction: 'sum' },
  { reduction: 'none' },
]

/** What a reduction makes of the losses. */
function reduced(losses: number[], { reduction = 'mean', sequences = 1 }: ReductionOptions): number[] {
  const total = losses.reduce((a, b) => a + b)
  return { mean: [total / losses.length], sequence: [total / sequences], sum: [total], none: losses }[
    reduction
  ]
}

onEveryBackend((engine) => {
  it.each(reductions)('binary cross-entropy gives -y log p - (1 - y) log(1 - p), %j', (options) => {
    const at = engine()
    for (const shape of shapes)
      at.scope(() => {
        const logits = tensorOf(at, shape, 'logits')
        const y = numbers(shape, 'targets').map((value, i) =>
          i % 2 ? Number(value > 0) : Math.abs(Math.fround(value % 1)),
        )
        const losses = Array.from(logits.data, (x, i) => {
          const p = 1 / (1 + Math.exp(-x))
          return -y[i] * Math.log(p) - (1 - y[i]) * Math.log(1 - p)
        })
        expectClose(binaryCrossEntropy(logits, at.tensor(y, shape), options), reduced(losses, options))
      })
  })

  it('binary cross-entropy has the golden numbers', () => {
    const at = engine()
    at.scope(() => {
      const loss = (y: number) => binaryCrossEntropy(at.tensor([Math.log(0.8 / 0.2)]), at.tensor([y])).item()
      expect(loss(1)).toBeCloseTo(0.223144, 6)
      expect(loss(0)).toBeCloseTo(1.609438, 6)
    })
  })

  it('binary cross-entropy stays finite where the probability rounds to 0 or 1, and passes NaN on', () => {
    const at = engine()
    const logits = at.parameter([4])
    logits.set([1000, -1000, 1000, -1000])
    const losses = (targets: number[]) =>
      binaryCrossEntropy(logits, at.tensor(targets), { reduction: 'none' })
    expect(at.scope(() => losses([1, 0, 0, 1]).toArray())).toEqual([0, 0, 1000, 1000])
    differentiate(at, () => sum(losses([1, 0, 0, 1])))
    expect(logits.gradient?.toArray()).toEqual([0, 0, 1, -1])
    logits.set([Number.NaN, 0, 0, 0])
    expect(at.scope(() => losses([1, 1, 1, 1]).data[0])).toBeNaN()
    logits.dispose()
  })

  it.each(reductions)('squared error gives (x - y)², %j', (options) => {
    const at = engine()
    for (const shape of shapes)
      at.scope(() => {
        const [x, y] = [tensorOf(at, shape, 'x'), tensorOf(at, shape, 'y')]
        const losses = Array.from(x.data, (value, i) => (value - y.data[i]) ** 2)
        expectClose(squaredError(x, y, options), reduced(losses, options))
      })
  })
})

describe('gradients', () => {
  const engine = useEngine()

  it.each([
    ['binaryCrossEntropy', binaryCrossEntropy],
    ['squaredError', squaredError],
  ])('of %s agree with central differences', (_, loss) => {
    const at = engine()
    for (const options of reductions)
      for (const shape of shapes) {
        const x = tensorOf(at, shape, 'x')
        const targets = at.tensor(
          numbers(shape, 'y').map((value) => Math.abs(value % 1)),
          shape,
        )
        expect(gradientCheck(at, (input) => loss(input, targets, options), [x])).toBeLessThan(1e-6)
        const twice = (input: Tensor) => add(sum(loss(input, targets, options)), sum(input))
        expect(gradientCheck(at, twice, [x])).toBeLessThan(1e-6)
        x.dispose()
        targets.dispose()
      }
  })
})

describe('errors', () => {
  const engine = useEngine()

  it('say what is wrong', () => {
    const of = (...shape: number[]) => engine().zeros(shape)
    engine().scope(() => {
      const text = 'squaredError: predictions [3, 1] and targets [3] do not fit; expected equal shapes'
      expect(() => squaredError(of(3, 1), of(3))).toThrow(text)
      expect(() => squaredError(of(3, 2), of(2, 3))).toThrow('expected equal shapes')
      expect(() => binaryCrossEntropy(of(2), of(3))).toThrow(
        'binaryCrossEntropy: logits [2] and targets [3] do not fit',
      )
      expect(() => squaredError(of(2), of(2), { reduction: 'sequence', sequences: 0 })).toThrow(
        'got sequences 0',
      )
    })
  })
})
