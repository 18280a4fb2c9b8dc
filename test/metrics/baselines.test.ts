import { describe, expect, test } from 'vitest'
import { DataError, UsageError } from '../../src/errors.js'
import { majority, NaiveBayes } from '../../src/metrics/index.js'

test('majority', () => {
  expect(majority(['b', 'a', 'b'])).toBe('b')
  expect(majority(['b', 'a'])).toBe('a')
  expect(() => majority([])).toThrow(UsageError)
})

describe('NaiveBayes', () => {
  const train = {
    texts: [
      ['good', 'good', 'film'],
      ['good', 'fun'],
      ['bad', 'film'],
    ],
    labels: ['1', '1', '0'],
  }

  test('scores are those of the formula', () => {
    const bayes = NaiveBayes.of(train)
    expect(bayes.labels).toEqual(['0', '1'])
    // Four words; class 0: film 1, bad 1 (sum 2 + 4); class 1: good 2, film 1, fun 1 (sum 4 + 4). "good" counts once, "so" is unknown.
    const [zero, one] = bayes.scores(['so', 'good', 'good', 'film'])
    expect(zero).toBeCloseTo(Math.log((1 / 3) * (1 / 6) * (2 / 6)), 12)
    expect(one).toBeCloseTo(Math.log((2 / 3) * (3 / 8) * (2 / 8)), 12)
    expect(bayes.predict(['good', 'film'])).toBe('1')
    expect(bayes.predict(['bad'])).toBe('0')
    expect(bayes.predict([])).toBe('1')
  })

  test('smoothing is an argument or chosen on other rows', () => {
    expect(NaiveBayes.of(train, 0.5).scores(['bad'])[1]).toBeCloseTo(
      Math.log((2 / 3) * (0.5 / (4 + 4 * 0.5))),
      12,
    )
    expect(NaiveBayes.chosen(train, { texts: [], labels: [] }).smoothing).toBe(1)
    // One text of the rare class: only with little smoothing does its word outweigh the prior.
    const texts = [...Array.from({ length: 9 }, (_, i) => ['a', `w${i}`]), ['rare', 'a']]
    const labels = [...Array.from({ length: 9 }, () => 'often'), 'seldom']
    const valid = { texts: [['rare', 'a']], labels: [['seldom', 'other']] }
    expect(NaiveBayes.of({ texts, labels }).predict(['rare', 'a'])).toBe('often')
    const chosen = NaiveBayes.chosen({ texts, labels }, valid)
    expect(chosen.smoothing).toBeLessThan(1)
    expect(chosen.predict(['rare', 'a'])).toBe('seldom')
  })

  test('comes back from JSON', () => {
    const bayes = NaiveBayes.of(train, 0.2)
    const again = NaiveBayes.fromJSON(JSON.parse(JSON.stringify(bayes)), 'metrics.json')
    expect(again.scores(['good', 'bad'])).toEqual(bayes.scores(['good', 'bad']))
    expect(again.smoothing).toBe(0.2)
  })

  test.each([
    null,
    {},
    { smoothing: 0, labels: ['a'], words: [], texts: [1], counts: [] },
    { smoothing: 1, labels: ['a', 'a'], words: [], texts: [1, 1], counts: [] },
    { smoothing: 1, labels: ['a'], words: ['x'], texts: [1], counts: [1, 1] },
    { smoothing: 1, labels: ['a'], words: ['x'], texts: [1], counts: [0] },
  ])('refuses %j', (json) => {
    expect(() => NaiveBayes.fromJSON(json, 'metrics.json')).toThrow(DataError)
  })

  test('refuses nothing to learn from and lists that do not fit', () => {
    expect(() => NaiveBayes.of({ texts: [], labels: [] })).toThrow(UsageError)
    expect(() => NaiveBayes.of({ texts: [['a']], labels: [] })).toThrow(
      'NaiveBayes: expected lists of one length, got 1 and 0',
    )
  })
})
