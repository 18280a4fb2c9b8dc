import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { NgramModel } from '../../src/metrics/ngram-model.js'
import { Random } from '../../src/random/index.js'

const random = new Random(3)
const text = Array.from({ length: 400 }, (_, i) => (random.uniform() < 0.6 ? i % 5 : random.integer(7)))

type Counting = (ngram: readonly number[]) => number

const placesOf = (ngram: readonly number[]) =>
  [...text.keys()].filter((i) => ngram.every((token, k) => text[i + k] === token))
const times: Counting = (ngram) => placesOf(ngram).length
const predecessors: Counting = (ngram) =>
  new Set(placesOf(ngram).flatMap((i) => (i > 0 ? [text[i - 1]] : []))).size

/** All different n-grams of a length in the text. */
function gramsOf(length: number): number[][] {
  const found = text.slice(0, text.length - length + 1).map((_, i) => text.slice(i, i + length))
  return [...new Map(found.map((ngram) => [ngram.join(' '), ngram])).values()]
}

/** The formulas of the two smoothings by searching the text, a context of falling length at a time. */
const oracles = {
  wittenBell(history: readonly number[], token: number, size: number): number {
    const rest = history.length === 0 ? 1 / size : oracles.wittenBell(history.slice(1), token, size)
    const counts = Array.from({ length: size }, (_, next) => times([...history, next]))
    const total = counts.reduce((a, b) => a + b, 0)
    if (total === 0) return rest
    const different = counts.filter((count) => count > 0).length
    return (counts[token] + different * rest) / (total + different)
  },
  kneserNey(history: readonly number[], token: number, size: number, count: Counting = times): number {
    const shorter = () => oracles.kneserNey(history.slice(1), token, size, predecessors)
    const rest = history.length === 0 ? 1 / size : shorter()
    const counts = Array.from({ length: size }, (_, next) => count([...history, next]))
    const total = counts.reduce((a, b) => a + b, 0)
    if (total === 0) return rest
    const all = gramsOf(history.length + 1).map(count)
    const [once, twice] = [1, 2].map((wanted) => all.filter((found) => found === wanted).length)
    const discount = once > 0 && twice > 0 ? once / (once + 2 * twice) : 0.5
    const different = counts.filter((found) => found > 0).length
    return (Math.max(0, counts[token] - discount) + discount * different * rest) / total
  },
}

const kinds = (['wittenBell', 'kneserNey'] as const).flatMap((smoothing) =>
  [1, 2, 4].map((order) => ({ smoothing, order })),
)

describe.each(kinds)('an n-gram model of order $order, $smoothing', ({ smoothing, order }) => {
  const model = NgramModel.of(text, { size: 9, order, smoothing })

  it('is what the formula says', () => {
    const unseen = [4, 0, 8, 2, 1, 1, 6, 7, 3, 4, 0, 1]
    const longest = Array.from({ length: order - 1 }, () => 2) // as long a history as it looks at
    const all = [...longest, ...unseen]
    const found = model.logProbs(unseen, longest)
    for (const [i, token] of unseen.entries()) {
      const history = all.slice(i, i + order - 1)
      expect(found[i]).toBeCloseTo(Math.log(oracles[smoothing](history, token, 9)), 12)
    }
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

  it('computes lower orders from the same counts', () => {
    const lower = NgramModel.of(text, { size: 9, order: 1, smoothing })
    const found = model.logProbs(text, [1], 1)
    for (const [i, logProb] of lower.logProbs(text, [1]).entries()) expect(found[i]).toBeCloseTo(logProb, 12)
  })
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
