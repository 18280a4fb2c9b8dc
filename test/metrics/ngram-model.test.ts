import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { NgramModel } from '../../src/metrics/ngram-model.js'
import { Random } from '../../src/random/index.js'

const random = new Random(3)
const text = Array.from({ length: 400 }, (_, i) => (random.uniform() < 0.6 ? i % 5 : random.integer(7)))

/** Witten and Bell's formula by searching the text, a context of falling length at a time. */
function oracle(history: readonly number[], token: number, size: number): number {
  const rest = () => (history.length === 0 ? 1 / size : oracle(history.slice(1), token, size))
  const places = text.flatMap((_, i) =>
    i >= history.length && history.every((seen, k) => text[i - history.length + k] === seen) ? [i] : [],
  )
  if (places.length === 0) return rest()
  const different = new Set(places.map((i) => text[i])).size
  const seen = places.filter((i) => text[i] === token).length
  return (seen + different * rest()) / (places.length + different)
}

describe.each([1, 2, 4])('an n-gram model of order %i', (order) => {
  const model = NgramModel.of(text, { size: 9, order })

  it('is what Witten and Bell say', () => {
    const unseen = [4, 0, 8, 2, 1, 1, 6, 7, 3, 4, 0, 1]
    const expected = unseen.map((token, i) =>
      Math.log(oracle([2, ...unseen.slice(0, i)].slice(order > 1 ? 1 - order : i + 1), token, 9)),
    )
    const found = model.logProbs(unseen, [2])
    for (const [i, logProb] of expected.entries()) expect(found[i]).toBeCloseTo(logProb, 12)
  })

  it('gives every token a share, all shares together 1', () => {
    for (const history of [[], [0], [0, 1, 2], [8, 8], [5, 0, 1, 2, 3]]) {
      const shares = Array.from({ length: 9 }, (_, token) => Math.exp(model.logProbs([token], history)[0]))
      expect(shares.every((share) => share > 0)).toBe(true)
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
    }
  })

  it('comes back from its plain numbers', () => {
    const copy = new NgramModel(JSON.parse(JSON.stringify(model.store()), reviveArrays))
    expect(copy.logProbs(text)).toEqual(model.logProbs(text))
  })
})

it('computes lower orders from the same counts', () => {
  const model = NgramModel.of(text, { size: 9, order: 4 })
  expect(model.logProbs(text, [1], 2)).toEqual(NgramModel.of(text, { size: 9, order: 2 }).logProbs(text, [1]))
})

it('counts a text with many different n-grams', () => {
  const long = Array.from({ length: 20_000 }, () => random.integer(500))
  const model = NgramModel.of(long, { size: 500, order: 3 })
  const pairs = new Set(long.slice(1).map((token, i) => long[i] * 500 + token))
  const { tokens, parents } = model.store().table
  expect(parents.filter((parent) => parent === 0)).toHaveLength(new Set(long).size)
  expect(parents.filter((parent) => parent > 0 && parents[parent - 1] === 0)).toHaveLength(pairs.size)
  expect(tokens).toHaveLength(parents.length)
})

it('refuses impossible tokens, sizes and damaged tables', () => {
  expect(() => NgramModel.of([0, 9], { size: 9, order: 2 })).toThrow(UsageError)
  expect(() => NgramModel.of([0, 1], { size: 9, order: 2 }).logProbs([1.5])).toThrow('position 0')
  expect(() => NgramModel.of([], { size: 9, order: 0 })).toThrow('order')
  const { table, ...options } = NgramModel.of(text, { size: 9, order: 2 }).store()
  const damaged = { ...table, parents: table.parents.map((parent) => parent + 1) }
  expect(() => new NgramModel({ ...options, table: damaged })).toThrow('damaged')
  const short = { ...table, counts: table.counts.slice(1) }
  expect(() => new NgramModel({ ...options, table: short })).toThrow('as many')
})

function reviveArrays(key: string, value: unknown): unknown {
  return ['tokens', 'parents', 'counts'].includes(key)
    ? Int32Array.from(Object.values(value as object))
    : value
}
