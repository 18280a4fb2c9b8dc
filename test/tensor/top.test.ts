import { expect, test } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { logSoftmax, top, topLogSoftmax } from '../../src/tensor/index.js'
import { onEveryBackend } from './engines.js'
import { onEveryTeam } from './teams.js'
import { numbers, tensorOf } from './values.js'

onEveryBackend((engine) => {
  test.each([
    [1, 1, 1],
    [3, 5, 5],
    [4, 17, 3],
    [2, 1000, 10],
    [1, 129, 1],
    [2, 300, 300],
  ])('the largest of [%i, %i] by sorting: %i', (rows, columns, count) => {
    engine().scope(() => {
      const x = tensorOf(engine(), [rows, columns], 'x')
      x.set(x.data.map((value) => Math.round(value * 20))) // many equal ones
      const { values, indices } = top(x, count)
      for (let row = 0; row < rows; row++) {
        const own = Array.from(x.data.subarray(row * columns, (row + 1) * columns))
        const expected = [...own.keys()].sort((a, b) => own[b] - own[a] || a - b).slice(0, count)
        expect(Array.from(indices.data.subarray(row * count, (row + 1) * count))).toEqual(expected)
        expect(Array.from(values.data.subarray(row * count, (row + 1) * count))).toEqual(
          expected.map((column) => own[column]),
        )
      }
    })
  })

  test.each([
    [1, 1, 1],
    [3, 19, 5],
    [2, 1003, 10],
  ])('the largest of [%i, %i] with the bits of logSoftmax: %i', (rows, columns, count) => {
    engine().scope(() => {
      const x = tensorOf(engine(), [rows, columns], 'x')
      x.data[0] = -Infinity
      const found = topLogSoftmax(x, count)
      const whole = logSoftmax(x).data
      expect(Array.from(found.indices.data)).toEqual(Array.from(top(x, count).indices.data))
      expect(Array.from(found.values.data)).toEqual(
        Array.from(found.indices.data, (column, i) => whole[Math.floor(i / count) * columns + column]),
      )
      const broken = topLogSoftmax(engine().tensor([numbers([200], 'list').with(150, Number.NaN)]), 2)
      expect([broken.values.data[0], broken.indices.data[0]]).toEqual([Number.NaN, 150])
      expect(() => topLogSoftmax(x, 0)).toThrow(
        `topLogSoftmax: got count 0 for [${rows}, ${columns}]; expected a whole number from 1 to ${columns}`,
      )
    })
  })

  test('a NaN stands first; infinities have their places', () => {
    engine().scope(() => {
      const list = numbers([200], 'list')
      const { values, indices } = top(
        engine().tensor([list.with(150, Number.NaN), list.with(7, Infinity)]),
        2,
      )
      expect(values.data[0]).toBeNaN()
      expect(indices.data[0]).toBe(150)
      expect([values.data[2], indices.data[2]]).toEqual([Infinity, 7])
      const low = top(engine().full([1, 3], -Infinity), 2)
      expect(Array.from(low.indices.data)).toEqual([0, 1])
      expect(() => top(engine().zeros([2, 3]), 4)).toThrow(UsageError)
      expect(() => top(engine().zeros([2, 3]), 0)).toThrow(
        'top: got count 0 for [2, 3]; expected a whole number from 1 to 3',
      )
    })
  })
})

onEveryTeam('%s: the team decides no bit of', (same) => {
  test('the largest elements', () => {
    same((engine, results) => {
      const { values, indices } = top(tensorOf(engine, [7, 300], 'x'), 9)
      results.values = values.data.slice()
      results.indices = indices.data.slice()
      const log = topLogSoftmax(tensorOf(engine, [70, 3001], 'x'), 9)
      results.logValues = log.values.data.slice()
      results.logIndices = log.indices.data.slice()
    })
  })
})
