import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunksOf } from '../../src/codecs/index.js'
import { UsageError } from '../../src/errors.js'
import {
  accuracyMetric,
  align,
  alignmentText,
  type BleuOptions,
  bleu,
  bleuMetric,
  bleuTokenizers,
  bootstrap,
  type ChrfOptions,
  characterErrorRate,
  chrf,
  chrfMetric,
  type Edit,
  errorRateMetric,
  exactMatch,
  exactMatchMetric,
  pairedBootstrap,
  spanMetric,
  spanScores,
  tagScores,
  wordErrorRate,
} from '../../src/metrics/index.js'
import { Random } from '../../src/random/random.js'
import { readFixture } from '../fixture.js'

// Expected values: fixtures/text-metrics.py (sacrebleu, jiwer, seqeval, the rules of conlleval.pl).
interface Report {
  readonly [type: string]: Record<'precision' | 'recall' | 'f1-score' | 'support', number>
}
interface Fixture {
  translation: {
    predicted: string[]
    references: string[][]
    bleu: {
      options: BleuOptions
      score: number
      precisions: number[]
      brevityPenalty: number
      predictedLength: number
      referenceLength: number
      signature: string
    }[]
    chrf: { options: ChrfOptions; score: number; name: string; signature: string }[]
  }[]
  tokens: { text: string; '13a': string[]; intl: string[]; char: string[]; none: string[] }[]
  significance: {
    references: string[]
    first: string[]
    draws: number[]
    samples: number
    cases: { metric: 'bleu' | 'chrf'; second: string[]; scores: [number, number, number][]; pValue: number }[]
  }
  errors: {
    reference: string
    predicted: string
    wer: number
    cer: number
    wordErrors: number
    characterErrors: number
  }[]
  spans: {
    gold: string[][]
    predicted: string[][]
    report: Report
    accuracy: number
    chunks: [string, number, number][][]
  }[]
}
const fixture = readFixture<Fixture>('text-metrics')

describe('BLEU', () => {
  test.each(fixture.tokens)('cuts $text as sacrebleu', ({ text, ...expected }) => {
    for (const name of ['13a', 'intl', 'char', 'none'] as const)
      expect(bleuTokenizers[name](text.trimEnd()), name).toEqual(expected[name])
  })

  test.each(fixture.translation)('equals sacrebleu: $predicted', ({ predicted, references, bleu: cases }) => {
    for (const { options, score, precisions, signature, ...expected } of cases) {
      const found = bleu(references, predicted, options)
      const name = JSON.stringify(options)
      expect(found, name).toMatchObject({
        predictedLength: expected.predictedLength,
        referenceLength: expected.referenceLength,
        signature: `${signature}|implementation:unrolled`,
      })
      expect(found.score, name).toBeCloseTo(score, 10)
      expect(found.brevityPenalty, name).toBeCloseTo(expected.brevityPenalty, 12)
      for (const [i, precision] of precisions.entries())
        expect(found.precisions[i], name).toBeCloseTo(precision, 10)
    }
  })

  test('is not fooled by unknown options and lists of unequal length', () => {
    expect(() => bleu(['a'], ['a'], { tokenizer: '13' as never })).toThrow(
      new UsageError('bleu: tokenizer must be one of 13a, intl, char, none, got 13; did you mean 13a?'),
    )
    expect(() => bleu(['a'], ['a'], { smoothing: 'Exp' as never })).toThrow('did you mean exp?')
    expect(() => bleu(['a'], ['a'], { maximumOrder: 0 })).toThrow('maximumOrder')
    expect(() => bleu(['a'], ['a', 'b'])).toThrow('BLEU: expected lists of one length, got 1 and 2')
    expect(() => bleu([[]], ['a'])).toThrow('at least one reference')
  })
})

describe('chrF', () => {
  test.each(fixture.translation)('equals sacrebleu: $predicted', ({ predicted, references, chrf: cases }) => {
    for (const { options, score, name, signature } of cases) {
      const found = chrf(references, predicted, options)
      expect(found.score, JSON.stringify(options)).toBeCloseTo(score, 10)
      expect(found.name).toBe(name)
      expect(found.signature).toBe(`${signature}|implementation:unrolled`)
    }
  })

  test('refuses orders that are none', () => {
    expect(() => chrf(['a'], ['a'], { characterOrder: 0 })).toThrow(UsageError)
    expect(() => chrf(['a'], ['a'], { beta: 0 })).toThrow('beta must be positive, got 0')
  })
})

describe('references without number', () => {
  test('a different number per row is said in the signature', () => {
    const { signature, score } = bleu(['a b', ['a b', 'c d']], ['a b', 'c d'], { maximumOrder: 2 })
    expect(signature).toContain('nrefs:var|')
    expect(score).toBeCloseTo(100, 10)
  })
})

describe('bootstrap', () => {
  const { references, first, draws, samples, cases } = fixture.significance

  test.each(cases)('finds the p-value of sacrebleu from the same draws: $metric $pValue', (expected) => {
    let place = 0
    const random = { integer: () => draws[place++] }
    const metric = expected.metric === 'bleu' ? bleuMetric() : chrfMetric()
    const found = pairedBootstrap(metric, references, first, expected.second, { random, samples })
    expect(place).toBe(draws.length)
    expect(found.pValue).toBe(expected.pValue)
    for (const [i, system] of [found.first, found.second].entries()) {
      const [score, mean, halfWidth] = expected.scores[i] // sacrebleu computes the samples in single precision
      expect(system.score).toBeCloseTo(score, 10)
      expect(system.mean).toBeCloseTo(mean, 3)
      expect((system.high - system.low) / 2).toBeCloseTo(halfWidth, 3)
    }
    expect(found.difference).toBe(found.second.score - found.first.score)
    expect(found.differenceLow).toBeLessThanOrEqual(found.differenceHigh)
  })

  test('gives the interval of the difference, which is narrower than those of the systems where they err alike', () => {
    const gold = Array.from({ length: 400 }, () => 'x')
    // 70 % and 75 % right; the better one is wrong only where the other is, too
    const worse = gold.map((_, row) => (row % 20 < 6 ? 'y' : 'x'))
    const better = gold.map((_, row) => (row % 20 < 5 ? 'y' : 'x'))
    const found = pairedBootstrap(accuracyMetric, gold, worse, better, { random: new Random(1) })
    const { first, difference, differenceLow, differenceHigh, pValue } = found
    expect(difference).toBeCloseTo(0.05, 12)
    // a share of 5 % of 400 rows, each a difference of 1
    const width = 1.96 * Math.sqrt((0.05 * 0.95) / 400)
    expect(differenceLow).toBeCloseTo(0.05 - width, 2)
    expect(differenceHigh).toBeCloseTo(0.05 + width, 2)
    expect(differenceHigh - differenceLow).toBeLessThan(0.6 * (first.high - first.low))
    expect(pValue).toBeLessThan(0.01)
  })

  test('gives the same numbers for the same seed, and the alone interval of a pair', () => {
    const options = () => ({ random: new Random(7), samples: 100 })
    const pair = pairedBootstrap(chrfMetric(), references, first, references, options())
    expect(pairedBootstrap(chrfMetric(), references, first, references, options())).toEqual(pair)
    expect(bootstrap(chrfMetric(), references, first, options())).toEqual(pair.first)
    const other = bootstrap(chrfMetric(), references, first, { random: new Random(8), samples: 100 })
    expect(other.mean).not.toBe(pair.first.mean)
  })

  test('covers the share of right rows about as the normal approximation does', () => {
    const gold = Array.from({ length: 400 }, () => 'x')
    const predicted = gold.map((_, row) => (row % 4 === 0 ? 'y' : 'x'))
    const { score, low, high } = bootstrap(exactMatchMetric(), gold, predicted, { random: new Random(1) })
    const width = 1.96 * Math.sqrt((0.75 * 0.25) / 400)
    expect(score).toBe(0.75)
    expect(Math.abs(low - (0.75 - width))).toBeLessThan(0.01)
    expect(Math.abs(high - (0.75 + width))).toBeLessThan(0.01)
  })

  test('takes every metric', () => {
    const random = new Random(1)
    const wer = bootstrap(errorRateMetric(), ['a b', 'c d'], ['a b', 'c x'], { random, samples: 10 })
    expect(wer.score).toBe(0.25)
    const gold = [chunksOf(['B-X', 'O']), chunksOf(['B-Y', 'O'])]
    expect(bootstrap(spanMetric, gold, gold, { random, samples: 10 })).toEqual({
      score: 1,
      mean: 1,
      low: 1,
      high: 1,
    })
  })

  test('refuses to resample nothing', () => {
    expect(() => bootstrap(bleuMetric(), [], [], { random: new Random(1) })).toThrow('at least one row')
    expect(() => bootstrap(bleuMetric(), ['a'], ['a'], { random: new Random(1), samples: 0 })).toThrow(
      'samples',
    )
  })
})

describe('error rates', () => {
  test.each(fixture.errors)('equal those of jiwer: $reference | $predicted', (expected) => {
    const { reference, predicted } = expected
    const words = wordErrorRate([reference], [predicted])
    expect(words.rate).toBeCloseTo(expected.wer, 12)
    expect(words.substitutions + words.deletions + words.insertions).toBe(expected.wordErrors)
    const characters = characterErrorRate([reference], [predicted])
    expect(characters.rate).toBeCloseTo(expected.cer, 12)
    expect(characters.substitutions + characters.deletions + characters.insertions).toBe(
      expected.characterErrors,
    )
  })

  const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 7 })

  test('the alignment leads from one text to the other in as few edits as the recursive definition', () => {
    const distance = (a: readonly string[], b: readonly string[]): number => {
      if (a.length === 0 || b.length === 0) return a.length + b.length
      const [restA, restB] = [a.slice(1), b.slice(1)]
      if (a[0] === b[0]) return distance(restA, restB)
      return 1 + Math.min(distance(restA, b), distance(a, restB), distance(restA, restB))
    }
    fc.assert(
      fc.property(letters, letters, (a, b) => {
        const edits = align(a, b)
        const side = (name: 'reference' | 'predicted') =>
          edits.map((edit: Edit) => edit[name]).filter((token) => token !== undefined)
        expect(side('reference')).toEqual(a)
        expect(side('predicted')).toEqual(b)
        expect(edits.filter(({ kind }) => kind !== 'equal').length).toBe(distance(a, b))
      }),
    )
  })

  test('are summed over the set, take the nearest reference and may ignore case', () => {
    expect(wordErrorRate(['a b c', 'd'], ['a b c', 'x']).rate).toBe(0.25)
    expect(wordErrorRate([['a b', 'x y z']], ['x y c'])).toMatchObject({ rate: 1 / 3, substitutions: 1 })
    expect(wordErrorRate(['A b'], ['a B'], { lowerCase: true }).rate).toBe(0)
    expect(wordErrorRate(['a'], ['a b c']).rate).toBe(2)
    expect(wordErrorRate([''], ['']).rate).toBeNaN()
    expect(characterErrorRate(['👍👍'], ['👍']).rate).toBe(0.5)
  })

  test('the alignment is printed in columns', () => {
    const { alignments } = wordErrorRate(['the cat sat on the mat'], ['the bat sat the mat now'])
    expect(alignmentText(alignments[0])).toBe(
      [
        'reference  the cat sat on the mat ***',
        'predicted  the bat sat ** the mat now',
        '               S       D          I',
      ].join('\n'),
    )
  })
})

describe('exact match', () => {
  test('compares whole texts, white space aside', () => {
    expect(exactMatch(['a  b', ['c', 'd'], 'E'], [' a b\n', 'd', 'e'])).toBeCloseTo(2 / 3, 15)
    expect(exactMatch(['E'], ['e'], { lowerCase: true })).toBe(1)
    expect(exactMatch([], [])).toBeNaN()
  })
})

describe('spans', () => {
  test.each(fixture.spans.map((item, index) => ({ index, ...item })))(
    'equal those of conlleval and seqeval: $index',
    ({ gold, predicted, report, accuracy, chunks }) => {
      expect(gold.map((tags) => chunksOf(tags).map(({ type, start, end }) => [type, start, end]))).toEqual(
        chunks,
      )
      const found = tagScores(gold, predicted)
      expect(found.accuracy).toBeCloseTo(accuracy, 12)
      const { 'micro avg': micro, ...types } = report
      expect(found.types.map(({ type }) => type)).toEqual(Object.keys(types).sort())
      for (const { type, ...scores } of [{ type: 'micro avg', ...found }, ...found.types]) {
        const expected = type === 'micro avg' ? micro : types[type]
        expect(scores.precision).toBeCloseTo(expected.precision, 12)
        expect(scores.recall).toBeCloseTo(expected.recall, 12)
        expect(scores.f1).toBeCloseTo(expected['f1-score'], 12)
        expect(scores.support).toBe(expected.support)
      }
    },
  )

  test('nothing predicted and nothing there scores 0, as conlleval prints it', () => {
    expect(spanScores([[]], [[]])).toEqual({
      precision: 0,
      recall: 0,
      f1: 0,
      support: 0,
      predicted: 0,
      types: [],
    })
    expect(() => tagScores([['O']], [['O', 'O']])).toThrow(
      'tagScores: sentence 1: expected lists of one length',
    )
  })
})
