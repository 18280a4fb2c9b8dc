import { describe, expect, it } from 'vitest'
import { DataError } from '../../src/errors.js'
import { ArpaModel, arpaLines, NgramModel } from '../../src/metrics/index.js'
import { Random } from '../../src/random/index.js'

// P(a | <s>) is given; P(b | a) backs off: 10^(-0.3 - 0.7); c is unknown.
const bigrams = `comments may stand here

\\data\\
ngram 1=5
ngram 2=2

\\1-grams:
-99\t<s>\t-0.2
-1.5\t<unk>
-0.5\ta\t-0.3
-0.7\tb
-0.9\t</s>

\\2-grams:
-0.1\t<s> a
-0.4 b </s>

\\end\\
`.split('\n')

describe('a model from an ARPA file', () => {
  it('takes what is given, backs off elsewhere, and knows one word for all others', () => {
    const model = ArpaModel.read(bigrams, 'toy.arpa')
    expect([model.order, model.initial, model.has('a'), model.has('c')]).toEqual([2, ['<s>'], true, false])
    const first = model.next(model.initial, 'a')
    expect(first.logProb / Math.LN10).toBeCloseTo(-0.1, 12)
    const second = model.next(first.state, 'b')
    expect(second.logProb / Math.LN10).toBeCloseTo(-0.3 - 0.7, 12)
    expect(model.end(second.state) / Math.LN10).toBeCloseTo(-0.4, 12)
    expect(model.logProb(['a', 'b']) / Math.LN10).toBeCloseTo(-0.1 - 1 - 0.4, 12)
    expect(model.logProb(['c']) / Math.LN10).toBeCloseTo(-0.2 - 1.5 - 0.9, 12)
  })

  it.each([1, 2, 3, 4])(
    'of order %i gives sentences the probabilities of the n-grams that it was written from',
    (order) => {
      const words = ['<unk>', '</s>', 'a', 'b', 'c', 'd']
      const random = new Random(4)
      const text = [1, ...Array.from({ length: 400 }, (_, i) => (i % 6 === 5 ? 1 : 2 + random.integer(3)))]
      const ngrams = NgramModel.of(text, { size: words.length, order, smoothing: 'kneserNey' })
      const model = ArpaModel.read(arpaLines(ngrams, { name: (token) => words[token], end: 1 }), 'ours.arpa')
      expect(model.order).toBe(order)
      for (let sentence = 0; sentence < 40; sentence++) {
        const tokens = Array.from({ length: random.integer(8) }, () => [0, 2, 3, 4, 5][random.integer(5)])
        const expected = ngrams.logProbs([...tokens, 1], [1]).reduce((a, b) => a + b)
        expect(model.logProb(tokens.map((token) => words[token]))).toBeCloseTo(expected, 4)
      }
    },
  )

  it('says where a file is wrong', () => {
    const changed = (from: string, to: string) =>
      ArpaModel.read(bigrams.join('\n').replace(from, to).split('\n'), 'toy.arpa')
    expect(() => changed('\\end\\', '')).toThrow('toy.arpa: expected \\end\\ at the end, found none')
    expect(() => changed('\\data\\', '')).toThrow(/expected an ARPA file/)
    expect(() => changed('ngram 2=2', 'ngram 2=3')).toThrow('expected 3 2-grams, as it says itself, found 2')
    expect(() => changed('ngram 2=2', 'bigrams: 2')).toThrow(/toy\.arpa:5: .*"bigrams: 2"/)
    expect(() => changed('\\2-grams:', '\\3-grams:')).toThrow(/toy\.arpa:14/)
    expect(() => changed('-0.7\tb', '0.7\tb')).toThrow(/toy\.arpa:11: expected log10 P, a word/)
    expect(() => changed('-0.1\t<s> a', '-0.1\t<s>')).toThrow(DataError)
    expect(() => changed('-0.7\tb', '-0.7\ta')).toThrow(/toy\.arpa:11: expected each of the 1-grams once.*a"/)
    expect(() => changed('-0.4 b </s>', '-0.4 <s> a')).toThrow(
      /toy\.arpa:16: expected each of the 2-grams once/,
    )
    expect(() => changed('-0.7\tb', '-0.7\tb\tinf')).toThrow(DataError)
  })

  it('takes words of blanks that separate nothing, log10 P of -inf and lines with returns', () => {
    const text = bigrams.join('\r\n').replace('-99', '-inf').replace('-0.7\tb', '-0.7\t\u00a0')
    const model = ArpaModel.read(text.replace('b </s>', '\u00a0 </s>').split('\n'), 'toy.arpa')
    expect(model.has('\u00a0')).toBe(true)
    expect(model.logProb(['\u00a0']) / Math.LN10).toBeCloseTo(-0.2 - 0.7 - 0.4, 12)
    expect(model.next([], '<s>').logProb).toBe(-Infinity)
  })
})
