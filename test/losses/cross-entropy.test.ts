import { describe, expect, it } from 'vitest'
import type { CrossEntropyOptions } from '../../src/losses/index.js'
import { crossEntropy } from '../../src/losses/index.js'
import type { Engine, Tensor } from '../../src/tensor/index.js'
import { differentiate, gradientCheck, multiply, softmax, sum } from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { expectClose, numbers, tensorOf } from '../tensor/values.js'

/** -Σ q log p per row, straight from the definition. */
function reference(logits: number[], targets: number[][], columns: number): number[] {
  return targets.map((q, i) => {
    const row = logits.slice(i * columns, (i + 1) * columns)
    const largest = Math.max(...row)
    const logSum = largest + Math.log(row.map((x) => Math.exp(x - largest)).reduce((a, b) => a + b))
    return q.map((share, j) => (share === 0 ? 0 : share * (logSum - row[j]))).reduce((a, b) => a + b)
  })
}

/** Classes as rows of probabilities; -1 as a row of zeros. */
function oneHot(classes: number[], columns: number, smoothing = 0): number[][] {
  return classes.map((target) =>
    Array.from({ length: columns }, (_, j) =>
      target < 0 ? 0 : (j === target ? 1 - smoothing : 0) + smoothing / columns,
    ),
  )
}

function total(values: number[]): number {
  return values.reduce((a, b) => a + b, 0)
}

const sizes = [
  [1, 1],
  [1, 2],
  [5, 15],
  [7, 16],
  [3, 17],
  [40, 33],
]
const classesOf = (rows: number, columns: number) => Array.from({ length: rows }, (_, i) => (i * 7) % columns)

onEveryBackend((engine) => {
  it.each(sizes)('gives the losses of %i rows of %i classes', (rows, columns) => {
    const at = engine()
    at.scope(() => {
      const logits = tensorOf(at, [rows, columns], 'logits')
      const classes = classesOf(rows, columns)
      const targets = at.indices(classes)
      const values = Array.from(logits.data)
      const losses = reference(values, oneHot(classes, columns), columns)
      expectClose(crossEntropy(logits, targets, { reduction: 'none' }), losses)
      expectClose(crossEntropy(logits, targets, { reduction: 'sum' }), [total(losses)])
      expectClose(crossEntropy(logits, targets), [total(losses) / rows])
      expectClose(crossEntropy(logits, targets, { reduction: 'sequence', sequences: 2 }), [total(losses) / 2])
      const smooth = reference(values, oneHot(classes, columns, 0.1), columns)
      expectClose(crossEntropy(logits, targets, { reduction: 'none', smoothing: 0.1 }), smooth)
    })
  })

  it('takes probabilities as targets', () => {
    const at = engine()
    at.scope(() => {
      const logits = tensorOf(at, [5, 17], 'logits')
      const targets = softmax(tensorOf(at, [5, 17], 'targets'))
      const q = Array.from({ length: 5 }, (_, i) => Array.from(targets.data.slice(i * 17, (i + 1) * 17)))
      const values = Array.from(logits.data)
      expectClose(crossEntropy(logits, targets, { reduction: 'none' }), reference(values, q, 17))
      const smooth = q.map((row) => row.map((share) => 0.8 * share + 0.2 / 17))
      expectClose(
        crossEntropy(logits, targets, { reduction: 'none', smoothing: 0.2 }),
        reference(values, smooth, 17),
      )
    })
  })

  it('leaves out rows of target -1 and weighs the others', () => {
    const at = engine()
    at.scope(() => {
      const logits = tensorOf(at, [4, 3], 'logits')
      const targets = at.indices([2, -1, 0, 1])
      const [a, , c, d] = reference(Array.from(logits.data), oneHot([2, -1, 0, 1], 3), 3)
      expectClose(crossEntropy(logits, targets, { reduction: 'none' }), [a, 0, c, d])
      expectClose(crossEntropy(logits, targets), [(a + c + d) / 3])
      const rowWeights = [2, 5, 0.5, 0]
      expectClose(crossEntropy(logits, targets, { rowWeights }), [(2 * a + 0.5 * c) / 2.5])
      expectClose(crossEntropy(logits, targets, { rowWeights, reduction: 'sum' }), [2 * a + 0.5 * c])
      expect(crossEntropy(logits, at.indices([-1, -1, -1, -1])).item()).toBe(0)
      const wild = at.tensor([
        [0, Number.NEGATIVE_INFINITY],
        [Number.NaN, 1],
        [3, 3],
      ])
      const masked = { rowWeights: [0, 0, 1] }
      expectClose(crossEntropy(wild, at.indices([1, 0, 0]), masked), [Math.LN2])
      expectClose(crossEntropy(wild, at.full([3, 2], 0.5), masked), [Math.LN2])
    })
  })

  it('has the gradient p - q', () => {
    const at = engine()
    const logits = at.parameter([3, 17])
    logits.set(numbers([3, 17], 'logits'))
    differentiate(at, () => crossEntropy(logits, at.indices([4, -1, 16]), { reduction: 'sum' }))
    at.scope(() => {
      const p = Array.from(softmax(logits).data)
      const expected = p.map((share, i) => (i >= 17 && i < 34 ? 0 : share - (i === 4 || i === 50 ? 1 : 0)))
      expectClose(logits.gradient as Tensor, expected)
    })
    logits.dispose()
  })

  it('works where the probability underflows', () => {
    const at = engine()
    const logits = at.parameter([1, 2])
    logits.set([0, -1000])
    expect(differentiate(at, () => crossEntropy(logits, at.indices([1])))).toBe(1000)
    expect(logits.gradient?.toArray()).toEqual([[1, -1]])
    logits.dispose()
  })

  it('loses no digits to large logits', () => {
    const at = engine()
    at.scope(() => {
      const logits = at.tensor([[10_000, 10_000.5]])
      const expected = Math.log(1 + Math.exp(0.5))
      expectClose(crossEntropy(logits, at.indices([0])), [expected], 1e-6)
      expectClose(crossEntropy(logits, at.tensor([[1, 0]])), [expected], 1e-6)
    })
  })

  it('passes NaN and infinities on', () => {
    const at = engine()
    at.scope(() => {
      expect(crossEntropy(at.tensor([[Number.NaN, 0]]), at.indices([1])).item()).toBeNaN()
      const certain = at.tensor([[0, Number.NEGATIVE_INFINITY]])
      expect(crossEntropy(certain, at.indices([0])).item()).toBe(0)
      expect(crossEntropy(certain, at.indices([1])).item()).toBe(Number.POSITIVE_INFINITY)
    })
  })
})

describe('gradients', () => {
  const engine = useEngine()

  it.each<[string, CrossEntropyOptions]>([
    ['the mean', {}],
    ['the mean per sequence', { reduction: 'sequence', sequences: 2 }],
    ['the sum', { reduction: 'sum' }],
    ['each row', { reduction: 'none' }],
    ['smoothed targets', { smoothing: 0.2 }],
    ['weighted rows', { rowWeights: [1, 0.5, 3, 0, 2] }],
  ])('of %s agree with central differences', (_, options) => {
    const at: Engine = engine()
    for (const columns of [1, 2, 17]) {
      const logits = tensorOf(at, [5, columns], 'logits')
      const classes = [0, columns - 1, -1, 0, columns >> 1]
      const onClasses = (x: Tensor) => crossEntropy(x, at.indices(classes), options)
      expect(gradientCheck(at, onClasses, [logits])).toBeLessThan(1e-6)
      const targets = softmax(tensorOf(at, [5, columns], 'targets'))
      expect(gradientCheck(at, (x) => crossEntropy(x, targets, options), [logits])).toBeLessThan(1e-6)
      logits.dispose()
      targets.dispose()
    }
  })

  it('are added to those of another use', () => {
    const at = engine()
    const logits = tensorOf(at, [3, 4], 'logits')
    const loss = (x: Tensor) => multiply(crossEntropy(x, at.indices([0, 1, 2])), sum(x))
    expect(gradientCheck(at, loss, [logits])).toBeLessThan(1e-6)
    logits.dispose()
  })
})

describe('errors', () => {
  const engine = useEngine()
  const attempt = (targets: number[], options: CrossEntropyOptions = {}) =>
    engine().scope(() => crossEntropy(engine().zeros([2, 3]), engine().indices(targets), options))

  it('say what is wrong', () => {
    expect(() => attempt([0])).toThrow(
      'crossEntropy: logits [2, 3] and 1 targets do not fit; expected 2 targets, one per row',
    )
    expect(() => attempt([0, 3])).toThrow(
      'crossEntropy: target 3 at position 1 is outside the classes; expected 0 to 2',
    )
    expect(() => attempt([0, 1], { smoothing: 1 })).toThrow('crossEntropy: got smoothing 1')
    expect(() => attempt([0, 1], { rowWeights: [1] })).toThrow('got 1 rowWeights for 2 rows')
    for (const weight of [-1, Number.NaN])
      expect(() => attempt([0, 1], { rowWeights: [1, weight] })).toThrow(
        `crossEntropy: got the row weight ${weight} at position 1; expected a number of at least 0`,
      )
    expect(() => attempt([0, 1], { reduction: 'sequence' })).toThrow(
      "reduction 'sequence' got sequences undefined",
    )
    const unknown = { reduction: 'average' } as unknown as CrossEntropyOptions
    expect(() => attempt([0, 1], unknown)).toThrow(
      `got reduction "average"; expected 'mean', 'sequence', 'sum' or 'none'`,
    )
    const soft = () => crossEntropy(engine().zeros([2, 3]), engine().zeros([3, 2]))
    expect(() => engine().scope(soft)).toThrow('logits [2, 3] and target probabilities [3, 2] do not fit')
  })
})
