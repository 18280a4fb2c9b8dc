import { expect, test } from 'vitest'
import { histogram, rowNorms } from '../../src/inspect/statistics.js'
import { onEveryBackend } from '../tensor/engines.js'
import { numbers } from '../tensor/values.js'

onEveryBackend((engine) => {
  test.each([
    [1, 1],
    [3, 7],
    [33, 129],
  ])('norms of the rows of [%d, %d]', (rows, columns) => {
    const values = numbers([rows, columns], 'norms')
    const norms = engine().scope(() => rowNorms(engine().tensor(values, [rows, columns])))
    for (let row = 0; row < rows; row++) {
      const expected = Math.hypot(...values.slice(row * columns, (row + 1) * columns))
      expect(Math.abs(norms[row] / expected - 1)).toBeLessThan(1e-6)
    }
  })

  test('norms whose squares leave single precision', () => {
    for (const size of [1e-37, 1e-30, 1e-12, 1e-8, 1e8, 1e12, 1e30]) {
      const values = numbers([2, 50], 'extremes').map((value) => Math.fround(value * size))
      const norms = engine().scope(() => rowNorms(engine().tensor(values, [2, 50])))
      expect(Math.abs(norms[1] / Math.hypot(...values.slice(50)) - 1)).toBeLessThan(1e-5)
    }
    expect(engine().scope(() => rowNorms(engine().zeros([1, 20]))[0])).toBe(0)
    expect(engine().scope(() => rowNorms(engine().tensor([[1, Number.NaN]]))[0])).toBeNaN()
  })

  test('a histogram of some columns counts as JavaScript does', () => {
    const [rows, columns] = [41, 30]
    const values = numbers([rows, columns], 'histogram').map((value, k) => (k % 17 ? value : 0))
    const [begin, end, bins] = [7, 24, 20]
    const found = engine().scope(() => {
      const matrix = engine().tensor(values, [rows, columns])
      return histogram(matrix, begin, end, { low: -1, high: 1, bins })
    })
    const chosen = values.filter((_, k) => k % columns >= begin && k % columns < end)
    const edges = Array.from({ length: bins + 1 }, (_, k) => -1 + k / 10)
    const expected = edges
      .slice(0, -1)
      .map((edge, k) => chosen.filter((x) => x >= edge && x < edges[k + 1]).length)
    expect(found.counts).toEqual(expected)
    expect(found.below).toBe(chosen.filter((x) => x < -1).length)
    expect(found.above).toBe(chosen.filter((x) => x > 1).length)
    expect(found.zeros).toBe(chosen.filter((x) => x === 0).length)
    expect(expected.reduce((a, b) => a + b) + found.below + found.above).toBe(chosen.length)
  })

  test('a histogram of every third row', () => {
    const [rows, columns] = [40, 9]
    const values = numbers([rows, columns], 'sample')
    const found = engine().scope(() => {
      const matrix = engine().tensor(values, [rows, columns])
      return histogram(matrix, 2, 8, { low: -8, high: 8, bins: 4, every: 3 })
    })
    const chosen = values.filter(
      (_, k) => Math.floor(k / columns) % 3 === 0 && k % columns >= 2 && k % columns < 8,
    )
    expect(found.counts).toEqual(
      [-8, -4, 0, 4].map((edge) => chosen.filter((x) => x >= edge && x < edge + 4).length),
    )
  })

  test('a histogram holds its upper bound and leaves out what is no number', () => {
    const found = engine().scope(() => {
      const matrix = engine().tensor(
        [1, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
        [1, 5],
      )
      return histogram(matrix, 0, 5, { low: 0, high: 1, bins: 2 })
    })
    expect(found).toEqual({ low: 0, high: 1, counts: [1, 1], below: 1, above: 1, zeros: 1 })
  })
})
