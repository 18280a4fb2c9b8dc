import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShapeError } from '../../src/errors.js'
import { broadcast, flatten, nest, resolveShape, shapeOfNested, sizeOf } from '../../src/tensor/shapes.js'

describe('broadcast', () => {
  /** The element of an operand for each element of the result, straight from NumPy's rule. */
  function walk(operand: readonly number[], result: readonly number[]): number[] {
    const padded = [...Array<number>(result.length - operand.length).fill(1), ...operand]
    return Array.from({ length: sizeOf(result) }, (_, index) => {
      let [rest, place, stride] = [index, 0, 1]
      for (let axis = result.length - 1; axis >= 0; axis--) {
        if (padded[axis] !== 1) place += (rest % result[axis]) * stride
        stride *= padded[axis]
        rest = Math.floor(rest / result[axis])
      }
      return place
    })
  }

  it('walks both operands as NumPy does, or refuses', () => {
    const shape = fc.array(fc.constantFrom(1, 1, 2, 3), { maxLength: 4 })
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        let plan: ReturnType<typeof broadcast>
        try {
          plan = broadcast('add', a, b)
        } catch (error) {
          expect(error).toBeInstanceOf(ShapeError)
          return
        }
        expect(plan.rows * plan.columns).toBe(sizeOf(plan.shape))
        for (const [operand, { rowStride, columnStride }] of [[a, plan.a] as const, [b, plan.b] as const]) {
          const places = Array.from(
            { length: plan.rows * plan.columns },
            (_, i) => Math.floor(i / plan.columns) * rowStride + (i % plan.columns) * columnStride,
          )
          expect(places).toEqual(walk(operand, plan.shape))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('takes every pair that is promised', () => {
    const pairs = [
      [[3, 4], [3, 4]], [[3, 4], [4]], [[3, 4], [1, 4]], [[3, 4], [3, 1]], [[3, 4], [1]], [[3, 4], []], [[], [3, 4]],
      [[3, 1], [4]], [[2, 3, 4], [4]], [[2, 3, 4], [3, 4]], [[2, 3, 4], [2, 3, 1]], [[2, 3, 4], [2, 1, 1]], [[], []],
    ] // biome-ignore format: a table
    for (const [a, b] of pairs) expect(() => broadcast('add', a, b)).not.toThrow()
  })

  it('names the operation, both shapes and what was expected', () => {
    const text = 'multiply: [2, 3] and [4] do not fit; expected equal shapes'
    expect(() => broadcast('multiply', [2, 3], [4])).toThrow(text)
    expect(() => broadcast('add', [2, 3, 4], [2, 1, 4])).toThrow(ShapeError)
  })
})

describe('nested arrays', () => {
  it('have a shape, and come back', () => {
    expect(shapeOfNested(3)).toEqual([])
    expect(shapeOfNested([1, 2])).toEqual([2])
    expect(shapeOfNested(new Float32Array(4))).toEqual([4])
    expect(
      shapeOfNested([
        [[1], [2]],
        [[3], [4]],
        [[5], [6]],
      ]),
    ).toEqual([3, 2, 1])
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
    fc.assert(
      fc.property(shapes, (shape) => {
        const values = Array.from({ length: sizeOf(shape) }, (_, i) => i)
        const nested = nest(values, shape)
        expect(shapeOfNested(nested)).toEqual(shape)
        expect(Array.from(flatten(nested))).toEqual(values)
      }),
    )
  })

  it('must not be ragged', () => {
    expect(() => shapeOfNested([[1, 2], [3]])).toThrow('tensor: row 1 has shape [1] and row 0 has [2]')
    expect(() => shapeOfNested([[1, 2], 3])).toThrow('tensor: row 1 has shape [] and row 0 has [2]')
  })
})

describe('resolveShape', () => {
  it('works out one axis', () => {
    expect(resolveShape('view', [6, 2], [-1, 3])).toEqual([4, 3])
    expect(resolveShape('view', [6], [2, 3])).toEqual([2, 3])
    expect(resolveShape('view', [1, 1], [])).toEqual([])
  })

  it('refuses other sizes', () => {
    const text = 'view: [2, 3] has 6 elements and cannot become [4]; expected a shape of the same size'
    expect(() => resolveShape('view', [2, 3], [4])).toThrow(text)
    expect(() => resolveShape('view', [2, 3], [-1, 4])).toThrow(ShapeError)
    expect(() => resolveShape('view', [2, 3], [-1, -1])).toThrow(ShapeError)
    expect(() => resolveShape('view', [2, 3], [-2, -3])).toThrow(ShapeError)
  })
})
