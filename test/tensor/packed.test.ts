import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShapeError } from '../../src/errors.js'
import type { Engine, Packed, Tensor } from '../../src/tensor/index.js'
import {
  gatherRows,
  gradientCheck,
  PackedLayout,
  packSequences,
  segmentMax,
  segmentMean,
  segmentSoftmax,
  segmentSum,
  unpackSequences,
} from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from './engines.js'
import { expectClose, numbers, tensorOf } from './values.js'

const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 })

describe('a packed layout', () => {
  it('sorts stably, longest first, and counts the running sequences', () => {
    const layout = PackedLayout.of([2, 3, 1, 3])
    expect(Array.from(layout.order)).toEqual([1, 3, 0, 2])
    expect(Array.from(layout.lengths)).toEqual([3, 3, 2, 1])
    expect(Array.from(layout.batchSizes)).toEqual([4, 3, 2])
    expect([layout.batch, layout.steps, layout.rows]).toEqual([4, 3, 9])
    expect(Array.from(layout.lastRows())).toEqual([7, 8, 6, 3])
    expect(Array.from(layout.inverseOrder())).toEqual([2, 0, 3, 1])
    expect(Array.from(layout.reversed())).toEqual([7, 8, 6, 3, 4, 5, 2, 0, 1])
  })

  it('has every step of every sequence in one row', () => {
    fc.assert(
      fc.property(lengths, (list) => {
        const layout = PackedLayout.of(list)
        expect(layout.rows).toBe(list.reduce((a, b) => a + b))
        expect(layout.steps).toBe(Math.max(...list))
        let next = 0
        layout.forEachRow((row, position, step) => {
          expect(row).toBe(next++)
          expect(row).toBe(layout.rowOf(position, step))
          expect(step).toBeLessThan(list[layout.order[position]])
        })
        expect(next).toBe(layout.rows)
        const reversed = layout.reversed()
        expect(Array.from(reversed, (row) => reversed[row])).toEqual(Array.from(reversed.keys()))
        const inverse = layout.inverseOrder()
        expect(Array.from(layout.order, (index) => inverse[index])).toEqual(Array.from(layout.order.keys()))
      }),
    )
  })

  it('arranges tokens', () => {
    const layout = PackedLayout.of([1, 3, 2])
    expect(Array.from(layout.arrange([[7], [1, 2, 3], [4, 5]]))).toEqual([1, 4, 7, 2, 5, 3])
  })

  it('refuses an empty sequence', () => {
    const text = 'PackedLayout: sequence 1 has length 0; expected a whole number of at least 1'
    expect(() => PackedLayout.of([2, 0])).toThrow(text)
    expect(() => PackedLayout.of([1.5])).toThrow(ShapeError)
    expect(() => PackedLayout.of([])).toThrow('PackedLayout: got no sequences')
  })
})

/** Sequences of numbers, the packed tensor of them, and the layout. */
function example(engine: Engine, list: readonly number[], features: number) {
  const sequences = list.map((length, i) => numbers([length, features], `sequence ${i}`))
  return { sequences, packed: packSequences(engine, sequences, features) }
}

/** One step of a sequence. */
function stepOf(sequence: number[], step: number, features: number): number[] {
  return sequence.slice(step * features, (step + 1) * features)
}

onEveryBackend((engine) => {
  it('packs and unpacks', () => {
    fc.assert(
      fc.property(lengths, fc.constantFrom(1, 3, 17), (list, features) => {
        engine().scope(() => {
          const { sequences, packed } = example(engine(), list, features)
          expect(unpackSequences(packed).map((values) => Array.from(values))).toEqual(sequences)
          const { layout, data } = packed
          const backwards = gatherRows(data, engine().indices(layout.reversed()))
          const turned = unpackSequences({ data: backwards, layout })
          for (const [i, sequence] of sequences.entries())
            for (let step = 0; step < list[i]; step++)
              expect(stepOf(Array.from(turned[i]), list[i] - 1 - step, features)).toEqual(
                stepOf(sequence, step, features),
              )
        })
      }),
      { numRuns: 20 },
    )
  })

  it.each([[[1]], [[3, 3, 3]], [[2, 5, 1, 4, 5, 1, 1, 1, 2, 3, 9, 1, 1, 1, 1, 1, 7]]])(
    'reduces over the steps of %j',
    (list) => {
      const at = engine()
      at.scope(() => {
        for (const features of [1, 15, 33]) {
          const { sequences, packed } = example(at, list, features)
          const { layout } = packed
          const inOrder = (reduce: (sequence: number[], length: number, index: number) => number[]) =>
            Array.from(layout.order).flatMap((index) => reduce(sequences[index], list[index], index))
          const reduceColumns = (f: (column: number[]) => number) =>
            inOrder((sequence, length) =>
              Array.from({ length: features }, (_, j) =>
                f(Array.from({ length }, (_, step) => sequence[step * features + j])),
              ),
            )
          expectClose(
            segmentSum(packed),
            reduceColumns((column) => column.reduce((a, b) => a + b)),
          )
          expectClose(
            segmentMean(packed),
            reduceColumns((column) => column.reduce((a, b) => a + b) / column.length),
          )
          expectClose(
            segmentMax(packed),
            reduceColumns((column) => Math.max(...column)),
          )

          const scores = example(at, list, 1)
          const weights = segmentSoftmax(scores.packed)
          const shares = scores.sequences.map((sequence) => {
            const exponentials = sequence.map(Math.exp)
            return exponentials.map((e) => e / exponentials.reduce((a, b) => a + b))
          })
          expectClose(weights.data, arrangeReals(layout, shares))
          const pooled = inOrder((sequence, length, index) =>
            Array.from({ length: features }, (_, j) =>
              Array.from({ length }, (_, step) => shares[index][step] * sequence[step * features + j]).reduce(
                (a, b) => a + b,
              ),
            ),
          )
          expectClose(segmentSum(packed, weights), pooled)
        }
      })
    },
  )

  it('passes NaN on', () => {
    const at = engine()
    at.scope(() => {
      const x = packSequences(
        at,
        [
          [1, Number.NaN, 2],
          [3, 4],
        ],
        1,
      )
      expect(segmentMax(x).toArray()).toEqual([[Number.NaN], [4]])
      expect(segmentSum(x).toArray()).toEqual([[Number.NaN], [7]])
      expect(unpackSequences(segmentSoftmax(x)).map((values) => Number.isNaN(values[0]))).toEqual([
        true,
        false,
      ])
    })
  })
})

function arrangeReals(layout: PackedLayout, sequences: number[][]): number[] {
  const rows: number[] = []
  layout.forEachRow((row, position, step) => {
    rows[row] = sequences[layout.order[position]][step]
  })
  return rows
}

describe('gradients', () => {
  const engine = useEngine()
  const layout = PackedLayout.of([2, 5, 1, 4, 5])

  it.each<[string, (x: Packed) => Tensor]>([
    ['segmentSum', (x) => segmentSum(x)],
    ['segmentMean', segmentMean],
    ['segmentMax', segmentMax],
  ])('of %s agree with central differences', (_, reduce) => {
    for (const features of [1, 3, 17]) {
      const x = tensorOf(engine(), [layout.rows, features], 'x')
      expect(gradientCheck(engine(), (data) => reduce({ data, layout }), [x])).toBeLessThan(1e-6)
      x.dispose()
    }
  })

  it('of attention pooling agree with central differences', () => {
    const [x, scores] = [tensorOf(engine(), [layout.rows, 5], 'x'), tensorOf(engine(), [layout.rows, 1], 's')]
    const pool = (data: Tensor, score: Tensor) =>
      segmentSum({ data, layout }, segmentSoftmax({ data: score, layout }))
    expect(gradientCheck(engine(), pool, [x, scores])).toBeLessThan(1e-6)
    const shared = (data: Tensor) => segmentSum({ data, layout }, { data, layout })
    expect(gradientCheck(engine(), shared, [scores])).toBeLessThan(1e-6)
    x.dispose()
    scores.dispose()
  })
})

describe('shape errors', () => {
  const engine = useEngine()

  it('say what is wrong', () => {
    const layout = PackedLayout.of([2, 1])
    const of = (...shape: number[]) => ({ data: engine().zeros(shape), layout })
    engine().scope(() => {
      const text = 'segmentSoftmax: got scores [3, 2]; expected [3, 1]'
      expect(() => segmentSoftmax(of(3, 2))).toThrow(text)
      expect(() => segmentSum(of(3, 2), of(2, 1))).toThrow(
        'x [3, 2] and weights [2, 1] do not fit; expected weights [3, 1]',
      )
      expect(() => segmentMax(of(4, 2))).toThrow(
        'segmentMax: got [4, 2] for a layout of 3 rows; expected [3, features]',
      )
      expect(() => packSequences(engine(), [[1, 2, 3]], 2)).toThrow('sequence 0 has length 1.5')
    })
  })
})
