import { describe, expect, it } from 'vitest'
import { ShapeError, UsageError } from '../../src/errors.js'
import { binaryCrossEntropy, crossEntropy } from '../../src/losses/index.js'
import type { Tensor } from '../../src/tensor/index.js'
import {
  add,
  addGradient,
  backpropagate,
  differentiate,
  embeddingBag,
  gatherRows,
  gradientTarget,
  multiply,
  record,
  scale,
  split,
  square,
  sum,
  tanh,
  zeroGradients,
} from '../../src/tensor/index.js'
import { openEngine, useEngine } from './engines.js'

describe('the tape', () => {
  const engine = useEngine()

  function parameterOf(values: number[]): Tensor {
    const parameter = engine().parameter([values.length])
    parameter.set(values)
    return parameter
  }

  it('differentiates a loss and leaves the gradients of the parameters', () => {
    const x = parameterOf([1, -2, 3])
    expect(differentiate(engine(), () => sum(square(x)))).toBe(14)
    expect(x.gradient?.toArray()).toEqual([2, -4, 6])
    x.dispose()
  })

  it('adds gradients up over calls until they are cleared', () => {
    const x = parameterOf([1, -2])
    const step = () => differentiate(engine(), () => sum(square(x)))
    step()
    step()
    expect(x.gradient?.toArray()).toEqual([4, -8])
    const place = x.gradient?.place
    zeroGradients({ x })
    expect(x.gradient).toBeUndefined()
    step()
    expect(x.gradient?.toArray()).toEqual([2, -4])
    expect(x.gradient?.place).toBe(place)
    x.dispose()
  })

  it('adds up what comes back over several ways', () => {
    const x = parameterOf([3])
    differentiate(engine(), () => sum(add(multiply(x, x), add(x, x)))) // x² + 2x
    expect(x.gradient?.toArray()).toEqual([8])
    x.dispose()
  })

  it('keeps gradients of temporary tensors within the scope', () => {
    const at = engine()
    const x = parameterOf([0.5])
    let middle: Tensor | undefined
    at.scope(() => {
      const { value } = at.record(() => {
        middle = scale(x, 3)
        return sum(square(middle))
      })
      backpropagate(value)
      expect(middle?.gradient?.toArray()).toEqual([3])
      expect(x.gradient?.toArray()).toEqual([9])
    })
    expect(middle?.gradient).toBeUndefined()
    x.dispose()
  })

  it('leaves out what no gradient is needed for', () => {
    const at = engine()
    const [x, fixed] = [parameterOf([2]), at.tensor([5])]
    differentiate(at, () => sum(multiply(x, fixed)))
    expect(x.gradient?.toArray()).toEqual([5])
    expect(fixed.gradient).toBeUndefined()
    const { tape } = at.scope(() => at.record(() => tanh(fixed)))
    expect(tape.length).toBe(0)
    x.requiresGradient = false
    expect(at.scope(() => at.record(() => tanh(x))).tape.length).toBe(0)
    x.dispose()
    fixed.dispose()
  })

  it('leaves out what the loss does not depend on', () => {
    const x = parameterOf([2, 3])
    differentiate(engine(), () => {
      square(x)
      return sum(split(x, 2, 0)[1])
    })
    expect(x.gradient?.toArray()).toEqual([0, 1])
    x.dispose()
  })

  it('does not record inside withoutRecording', () => {
    const at = engine()
    const x = parameterOf([2])
    differentiate(at, () => {
      expect(at.recording).toBe(true)
      const constant = at.withoutRecording(() => square(x))
      expect(constant.requiresGradient).toBe(false)
      return sum(multiply(x, constant))
    })
    expect(at.recording).toBe(false)
    expect(x.gradient?.toArray()).toEqual([4])
    x.dispose()
  })

  it('takes an operation of the user', () => {
    const at = engine()
    const cube = (x: Tensor) => {
      const y = at.tensor(Array.from(x.data, (value) => value ** 3))
      record(at, [y], [x], () => {
        const { gradient } = y
        if (gradient)
          addGradient(x, at.tensor(Array.from(x.data, (value, i) => 3 * value ** 2 * gradient.data[i])))
      })
      return y
    }
    const x = parameterOf([2, -1])
    expect(differentiate(at, () => sum(cube(x)))).toBe(7)
    expect(x.gradient?.toArray()).toEqual([12, 3])
    x.dispose()
  })

  it('asks the first writer to overwrite and the others to add', () => {
    const at = engine()
    const x = parameterOf([1])
    expect(gradientTarget(x)?.accumulate).toBe(false)
    expect(gradientTarget(x)?.accumulate).toBe(true)
    expect(gradientTarget(undefined)).toBeUndefined()
    at.scope(() => expect(gradientTarget(at.zeros([1]))).toBeUndefined())
    x.dispose()
  })

  it('does not leak through views of a parameter', () => {
    const at = engine()
    const x = parameterOf([1, 2, 3, 4])
    const step = () => {
      differentiate(at, () => sum(square(x.view([2, 2]))))
      return at.bytesInUse
    }
    const before = step()
    for (let i = 0; i < 5; i++) expect(step()).toBe(before)
    expect(x.gradient?.toArray()).toEqual([12, 24, 36, 48])
    x.dispose()
  })

  it('gives a tensor of an outer scope its gradient inside an inner one', () => {
    const at = engine()
    at.scope(() => {
      const x = at.tensor([1, 2])
      x.requiresGradient = true
      for (let i = 0; i < 2; i++)
        at.scope(() => {
          backpropagate(at.record(() => sum(square(x))).value)
          expect(x.gradient?.toArray()).toEqual([2, 4])
        })
      expect(x.gradient).toBeUndefined()
    })
  })

  it('refuses what cannot be differentiated', async () => {
    const at = engine()
    const x = parameterOf([1, 2])
    at.scope(() => {
      const { value } = at.record(() => square(x))
      expect(() => backpropagate(value)).toThrow(
        'backpropagate: got a loss of shape [2]; expected a scalar, []',
      )
      expect(() => backpropagate(value)).toThrow(ShapeError)
      expect(() => backpropagate(sum(x))).toThrow('the loss was computed without recording')
      const loss = at.record(() => sum(square(x))).value
      backpropagate(loss)
      expect(() => backpropagate(loss)).toThrow('this recording was already run backwards')
    })
    expect(() => differentiate(at, () => at.tensor(1))).toThrow(UsageError)
    const other = await openEngine({ backend: 'wasm', real: 'float64' })
    const foreign = other.zeros([2])
    expect(() => differentiate(at, () => sum(add(x, foreign)))).toThrow('tensors of different engines')
    at.scope(() => {
      const [rows, mine, theirs] = [at.zeros([2, 3]), at.indices([0, 1]), other.indices([0, 1])]
      for (const mixed of [
        () => gatherRows(rows, theirs),
        () => embeddingBag(rows, mine, other.indices([0])),
        () => crossEntropy(rows, theirs),
        () => crossEntropy(rows, other.zeros([2, 3])),
        () => binaryCrossEntropy(rows, other.zeros([2, 3])),
      ])
        expect(mixed).toThrow('tensors of different engines')
    })
    await other.dispose()
    x.dispose()
  })

  it('passes numbers that are not finite on', () => {
    const at = engine()
    const x = parameterOf([Number.NaN, Number.POSITIVE_INFINITY, 0])
    expect(differentiate(at, () => sum(square(x)))).toBeNaN()
    expect(x.gradient?.toArray()).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 0])
    x.dispose()
  })
})
