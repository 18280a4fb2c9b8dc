import { describe, expect, test } from 'vitest'
import { DataError, NonFiniteError, UsageError } from '../../src/errors.js'
import { fitTemperature, NearestTexts, rankingScores, rankOf } from '../../src/metrics/index.js'

describe('ranks', () => {
  test('are counted from 1, equal scores in their order', () => {
    const scores = [0.2, 0.5, 0.5, 0.1]
    expect([0, 1, 2, 3].map((place) => rankOf(scores, place))).toEqual([3, 1, 2, 4])
    expect(rankOf(scores, -1)).toBe(Number.POSITIVE_INFINITY)
  })

  test('are refused where a score is no number: a broken model would be right every time', () => {
    const broken = [Number.NaN, Number.NaN, Number.NaN]
    for (const place of [2, -1]) expect(() => rankOf(broken, place)).toThrow(NonFiniteError)
    expect(() => rankOf([0.5, Number.NaN], 0)).toThrow('got NaN as score 2 of 2')
    expect(rankOf([Number.NEGATIVE_INFINITY, 0], 0)).toBe(2)
  })

  test('give recall and mean reciprocal rank', () => {
    const { recallAt1, recallAt3, mrr } = rankingScores([1, 2, 5, Number.POSITIVE_INFINITY])
    expect([recallAt1, recallAt3]).toEqual([0.25, 0.5])
    expect(mrr).toBeCloseTo((1 + 1 / 2 + 1 / 5) / 4, 12)
    expect(rankingScores([]).mrr).toBeNaN()
  })
})

describe('fitTemperature', () => {
  const sure = [
    [4, 0],
    [4, 0],
    [4, 0],
    [4, 0],
  ]

  test('makes a model as sure as it is right', () => {
    // 1 / (1 + e^(-4/T)) = 3/4 for T = 4 / ln 3
    expect(fitTemperature(sure, [0, 0, 0, 1])).toBeCloseTo(4 / Math.log(3), 4)
    expect(fitTemperature([[1], [1]], [0, 0])).toBeGreaterThan(0)
  })

  test('stays from 1/4 to 4, and is 1 without rows', () => {
    expect(fitTemperature(sure, [0, 0, 0, 0])).toBeCloseTo(0.25, 4)
    expect(fitTemperature(sure, [0, 0, 1, 1])).toBeCloseTo(4, 4)
    expect(fitTemperature([], [])).toBe(1)
  })

  test('refuses a class that is not there', () => {
    expect(() => fitTemperature(sure, [0, 0, 0, 2])).toThrow(UsageError)
    expect(() => fitTemperature(sure, [0])).toThrow(UsageError)
  })
})

describe('NearestTexts', () => {
  const texts = [
    ['how', 'are', 'you'],
    ['thanks', 'a', 'lot'],
    ['thanks', 'for', 'all'],
    ['how', 'old', 'are', 'you'],
  ]
  const nearest = NearestTexts.of(texts, ['fine', 'welcome', 'welcome', 'seven'])

  test('gives the label of the text whose TF-IDF vector is nearest', () => {
    expect(nearest.labels).toEqual(['welcome', 'fine', 'seven'])
    expect(nearest.rank(['how', 'are', 'you'])).toEqual(['fine', 'seven', 'welcome'])
    expect(nearest.rank(['old', 'thanks'])).toEqual(['seven', 'welcome', 'fine'])
    expect(nearest.rank(['thanks', 'lot', 'so', 'so'])[0]).toBe('welcome')
  })

  test('weighs rare words more, and repeated ones by their number, as scikit-learn does', () => {
    // TfidfVectorizer on "a b", "a c c": idf(a) = 1, idf(b) = idf(c) = ln(3/2) + 1 = 1.405465; the cosines with "a c" are
    // 1 / 1.724915² = 0.336097 and (1 + 2 · 1.405465²) / (1.724915 · 2.983509) = 0.961985
    const two = NearestTexts.of(
      [
        ['a', 'b'],
        ['a', 'c', 'c'],
      ],
      ['x', 'y'],
    )
    expect(two.rank(['a', 'c'])).toEqual(['y', 'x'])
    expect(two.rank(['a', 'b', 'b', 'c'])).toEqual(['x', 'y'])
    expect(two.rank(['b', 'c', 'c', 'c'])).toEqual(['y', 'x'])
  })

  test('without a known word the most frequent label comes first', () => {
    expect(nearest.rank([])).toEqual(['welcome', 'fine', 'seven'])
    expect(nearest.rank(['what'])).toEqual(['welcome', 'fine', 'seven'])
  })

  test('scores each label by the cosine of its nearest text', () => {
    // "thanks" is in both texts of "welcome", which weigh it alike; no text of the others has it
    const [welcome, fine, seven] = nearest.scores(['thanks'])
    expect([fine, seven]).toEqual([0, 0])
    expect(welcome).toBeGreaterThan(0.4)
    expect(nearest.scores(['how', 'are', 'you'])[1]).toBeCloseTo(1, 12)
  })

  test('comes back from JSON', () => {
    const again = NearestTexts.fromJSON(JSON.parse(JSON.stringify(nearest)), 'config.json')
    for (const words of [...texts, ['old', 'thanks'], []])
      expect(again.rank(words)).toEqual(nearest.rank(words))
  })

  test.each([
    null,
    { labels: ['a'], words: ['b'], texts: [] },
    { labels: ['a'], words: ['b'], texts: [[1, 0]] },
    { labels: ['a'], words: ['b'], texts: [[0, 1]] },
    { labels: ['a', 'a'], words: ['b'], texts: [[0, 0]] },
    { labels: ['a'], words: ['b'], texts: [[0, 'b']] },
  ])('refuses %j', (json) => {
    expect(() => NearestTexts.fromJSON(json, 'config.json')).toThrow(DataError)
    expect(() => NearestTexts.fromJSON(json, 'config.json')).toThrow(/^config\.json/)
  })

  test('needs texts', () => expect(() => NearestTexts.of([], [])).toThrow(UsageError))
})
