import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { labelSet } from '../../src/data/example.js'
import { datasetOf, holdOut, lengthBatches, sortedBatches } from '../../src/data/index.js'
import { UsageError } from '../../src/errors.js'
import { Random } from '../../src/random/random.js'

describe('batches', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 300 })

  test('hold every row once, none too many, the same for the same seed', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 40 }), fc.integer(), (list, size, seed) => {
        const batches = lengthBatches(list, size, new Random(seed))
        expect(batches.flatMap((batch) => [...batch]).sort((a, b) => a - b)).toEqual([...list.keys()])
        expect(batches.every((batch) => batch.length > 0 && batch.length <= size)).toBe(true)
        expect(batches.length).toBe(Math.ceil(list.length / size))
        expect(lengthBatches(list, size, new Random(seed))).toEqual(batches)
        const sorted = sortedBatches(list, size)
        expect(sorted.flatMap((batch) => [...batch].map((row) => list[row]))).toEqual(
          [...list].sort((a, b) => b - a),
        )
      }),
    )
  })

  test('put similar lengths together and come in another order each epoch', () => {
    const list = Array.from({ length: 3000 }, (_, row) => 1 + ((row * 7919) % 50))
    const waste = (batches: Int32Array[]) =>
      batches.reduce(
        (sum, batch) => sum + Math.max(...Array.from(batch, (row) => list[row])) * batch.length,
        0,
      ) / list.reduce((sum, length) => sum + length, 0)
    const first = lengthBatches(list, 32, new Random(1).split(1))
    const second = lengthBatches(list, 32, new Random(1).split(2))
    expect(waste(first)).toBeLessThan(1.06)
    expect(second[0]).not.toEqual(first[0])
    const means = first.map(
      (batch) => Array.from(batch, (row) => list[row]).reduce((a, b) => a + b) / batch.length,
    )
    expect([...means].sort((a, b) => a - b)).not.toEqual(means)
  })

  test('refuse a size that is none', () => {
    expect(() => lengthBatches([1], 0, new Random(1))).toThrow(UsageError)
    expect(() => sortedBatches([1], 1.5)).toThrow(
      'batches: batchSize must be a whole number of at least 1, got 1.5',
    )
  })
})

describe('holdOut', () => {
  const row = fc.record({
    text: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'A'),
    label: fc.constantFrom('x', 'y', 'z'),
  })

  test('loses nothing, keeps every label and never parts equal rows', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.nat(20), fc.integer(), (rows, count, seed) => {
        const { kept, held } = holdOut(rows, count, new Random(seed))
        const key = (one: { text: string; label: string }) => `${one.text.toLowerCase()} ${one.label}`
        expect([...kept, ...held].map(key).sort()).toEqual(rows.map(key).sort())
        expect(held.length).toBeLessThanOrEqual(count)
        expect(new Set(kept.map((one) => one.label))).toEqual(new Set(rows.map((one) => one.label)))
        const keptKeys = new Set(kept.map(key))
        expect(held.some((one) => keptKeys.has(key(one)))).toBe(false)
        expect(holdOut(rows, count, new Random(seed))).toEqual({ kept, held })
      }),
    )
  })

  test('takes each label in proportion', () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({
      text: `text ${i}`,
      label: i % 10 === 0 ? 'rare' : 'often',
    }))
    const { held } = holdOut(rows, 100, new Random(1))
    expect(held.length).toBe(100)
    expect(held.filter((one) => one.label === 'rare').length).toBe(10)
  })

  test('takes more rows than fit on the stack', () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => ({
      text: i < 150_000 ? 'often' : `text ${i}`,
      label: '',
    }))
    expect(holdOut(rows, 160_000, new Random(1)).held.length).toBeGreaterThan(150_000)
    const different = rows.map((row, i) => ({ ...row, text: `text ${i}` }))
    expect(holdOut(different, 10, new Random(1)).held.length).toBe(10)
  })
})

describe('datasetOf', () => {
  const rows = (n: number, labels: number) =>
    Array.from({ length: n }, (_, i) => ({ text: `text ${i}`, label: `label ${i % labels}` }))

  test.each([
    [1000, 10, { train: 800, valid: 100, test: 100 }],
    [160, 20, { train: 128, valid: 16, test: 16 }],
    [30, 10, { train: 24, valid: 3, test: 3 }],
    [6, 2, { train: 4, valid: 1, test: 1 }],
    [3, 2, { train: 2, valid: 0, test: 1 }],
    [4, 4, { train: 4, valid: 0, test: 0 }],
  ])('%i rows of %i labels', (n, labels, sizes) => {
    const { detection } = datasetOf({ all: rows(n, labels) }, new Random(1))
    expect(detection).toMatchObject({ sizes, split: 'automatic', labels })
    expect(detection.notes.length).toBe(sizes.valid === 0 ? 1 : 0)
  })

  test('keeps what is named and completes the rest', () => {
    const { detection } = datasetOf({ train: rows(100, 2), test: rows(7, 2) }, new Random(1))
    expect(detection).toMatchObject({ sizes: { train: 90, valid: 10, test: 7 }, split: 'completed' })
    const without = datasetOf({ train: rows(100, 2), valid: rows(7, 2) }, new Random(1)).detection
    expect(without).toMatchObject({ sizes: { train: 100, valid: 7, test: 0 }, split: 'given' })
    expect(without.notes).toEqual(['the rows names no test part: there are no test scores'])
  })
})

test.each([
  ['flight', ['flight']],
  ['flight#airfare', ['flight', 'airfare', 'flight#airfare']],
  ['c#', ['c#']],
  ['#1', ['#1']],
])('labelSet(%s)', (label, labels) => {
  expect(labelSet(label)).toEqual(labels)
})
