import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { bleu, bleuMetric, bootstrap, exactMatchMetric, scoresByLength } from '../../src/metrics/index.js'
import { Random } from '../../src/random/index.js'

const random = new Random('by length')
const sentence = (words: number) =>
  Array.from({ length: words }, () => 'abcdefgh'[random.integer(8)]).join(' ')
const lengths = Array.from({ length: 300 }, () => 1 + random.integer(37))
const gold = lengths.map(sentence)
const predicted = gold.map((text) => (random.uniform() < 0.3 ? text.replace(/\S/, 'x') : text))

describe('scoresByLength', () => {
  it('scores each bin as a set of its own: BLEU of the bin, not the mean of its sentences', () => {
    const bins = scoresByLength(bleuMetric(), lengths, gold, predicted)
    expect(bins.map(({ from, to }) => [from, to])).toEqual([
      ...[
        [1, 5],
        [6, 10],
        [11, 15],
        [16, 20],
        [21, 25],
        [26, 30],
        [31, 35],
        [36, 40],
      ],
    ])
    expect(bins.reduce((sum, { rows }) => sum + rows, 0)).toBe(300)
    for (const { from, to, rows, score, low } of bins) {
      const own = [...lengths.keys()].filter((row) => lengths[row] >= from && lengths[row] <= to)
      expect(rows).toBe(own.length)
      const texts = [gold, predicted].map((list) => own.map((row) => list[row]))
      expect(score).toBeCloseTo(bleu(texts[0], texts[1]).score, 10)
      expect(low).toBeUndefined()
    }
  })

  it('gives the interval that bootstrap gives for the rows of a bin', () => {
    const options = { width: 40, samples: 50 }
    const [bin] = scoresByLength(bleuMetric(), lengths, gold, predicted, {
      ...options,
      random: new Random(3),
    })
    const { low, high, score } = bootstrap(bleuMetric(), gold, predicted, {
      random: new Random(3),
      samples: 50,
    })
    expect(bin).toEqual({ from: 1, to: 40, rows: 300, score, low, high })
  })

  it('joins bins with few rows with the next, the last with the one before', () => {
    const few = [1, 2, 2, 2, 3, 9, 9, 9, 14]
    const texts = few.map(String)
    const boundsOf = (options: object) =>
      scoresByLength(exactMatchMetric(), few, texts, texts, options).map(({ from, to, rows }) => [
        from,
        to,
        rows,
      ])
    expect(boundsOf({ width: 1, minimumRows: 1 })).toEqual([
      [1, 1, 1],
      [2, 2, 3],
      [3, 3, 1],
      [4, 9, 3],
      [10, 14, 1],
    ])
    expect(boundsOf({ width: 1, minimumRows: 3 })).toEqual([
      [1, 2, 4],
      [3, 14, 5],
    ])
    expect(boundsOf({ width: 5 })).toEqual([[1, 15, 9]])
    expect(boundsOf({ minimumRows: 1, width: 5 })).toEqual([
      [1, 5, 5],
      [6, 10, 3],
      [11, 15, 1],
    ])
  })

  it('puts rows without a length into a bin of their own, and none below 0', () => {
    const few = [0, 0, 1, 3, 12]
    const boundsOf = (options: object) =>
      scoresByLength(exactMatchMetric(), few, few.map(String), few.map(String), options).map(
        ({ from, to, rows }) => [from, to, rows],
      )
    expect(boundsOf({ width: 5, minimumRows: 1 })).toEqual([
      [0, 0, 2],
      [1, 5, 2],
      [6, 15, 1],
    ])
    expect(boundsOf({ width: 5 })).toEqual([[0, 15, 5]])
  })

  it('takes many rows and far lengths', () => {
    const many = Array.from({ length: 200_000 }, (_, row) => 1 + (row % 3))
    many[7] = 1e9
    const texts = many.map(String)
    expect(
      scoresByLength(exactMatchMetric(), many, texts, texts, { width: 1 }).map(({ from, to, rows }) => [
        from,
        to,
        rows,
      ]),
    ).toEqual([
      [1, 1, 66_667],
      [2, 2, 66_666],
      [3, 1e9, 66_667],
    ])
    expect(scoresByLength(exactMatchMetric(), many, texts, texts)).toHaveLength(1)
  })

  it('with the effective order BLEU of short texts that are all right is 100', () => {
    const short = ['yes', 'no thanks', 'a red hat', 'a man in a red hat sits']
    const words = short.map((text) => text.split(' ').length)
    const scores = (options: object) =>
      scoresByLength(bleuMetric(options), words, short, short, {
        width: 3,
        minimumRows: 1,
        random: new Random(1),
      }).map(({ score, low }) => [score, low])
    expect(scores({})[0]).toEqual([0, 0])
    const [few, many] = scores({ effectiveOrder: true })
    for (const value of [...few, ...many]) expect(value).toBeCloseTo(100, 9)
  })

  it('finds a width of its own for every range', () => {
    for (const [from, to, width] of [
      [3, 3, 1],
      [2, 9, 1],
      [1, 16, 2],
      [4, 38, 5],
      [1, 80, 10],
      [100, 900, 200],
    ]) {
      const all = Array.from({ length: to - from + 1 }, (_, i) => from + i)
      const texts = all.map(String)
      const bins = scoresByLength(exactMatchMetric(), all, texts, texts, { minimumRows: 1 })
      expect(bins.length).toBeLessThanOrEqual(8)
      for (const bin of bins) expect(bin.to - bin.from + 1).toBe(width)
    }
  })

  it.each([
    ['no rows', [[], [], []], {}, 'at least one'],
    ['too few lengths', [[1], ['a', 'b'], ['a', 'b']], {}, 'got 1 lengths for 2 rows'],
    ['a width of 0', [[1], ['a'], ['a']], { width: 0 }, 'width must be a whole number'],
    ['a length below 0', [[-1], ['a'], ['a']], {}, 'lengths of at least 0, got -1 for row 0'],
    [
      'no length',
      [
        [1, Number.NaN],
        ['a', 'b'],
        ['a', 'b'],
      ],
      {},
      'got NaN for row 1',
    ],
    ['half a row', [[1], ['a'], ['a']], { minimumRows: 0.5 }, 'minimumRows must be'],
  ])('refuses %s', (_, [given, targets, texts], options, message) => {
    const run = () =>
      scoresByLength(bleuMetric(), given as number[], targets as string[], texts as string[], options)
    expect(run).toThrow(UsageError)
    expect(run).toThrow(message)
  })
})
