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
    ['half a row', [[1], ['a'], ['a']], { minimumRows: 0.5 }, 'minimumRows must be'],
  ])('refuses %s', (_, [given, targets, texts], options, message) => {
    const run = () =>
      scoresByLength(bleuMetric(), given as number[], targets as string[], texts as string[], options)
    expect(run).toThrow(UsageError)
    expect(run).toThrow(message)
  })
})
