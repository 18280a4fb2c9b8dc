import { describe, expect, it } from 'vitest'
import type { Matrix, WordScorerOptions } from '../../src/decoding/index.js'
import { CtcSearch, wordScorer } from '../../src/decoding/index.js'
import { UsageError } from '../../src/errors.js'
import { ArpaModel, arpaLines, NgramModel } from '../../src/metrics/index.js'
import { Random } from '../../src/random/index.js'

const labels = ['', ' ', 'a', 'b', 'p', 'r', 'e', 'i']
const textOf = (found: readonly number[]) => found.map((label) => labels[label]).join('')

/** Steps that say the letters of a text, some of them unsure: [letter, what it may be instead, P of that]. */
function saying(text: string, doubts: Readonly<Record<number, readonly [string, number]>> = {}): Matrix {
  const rows = Array.from(text).flatMap((letter, i) => {
    const row = new Array(labels.length).fill(0.001)
    const [other, share] = doubts[i] ?? ['', 0]
    row[labels.indexOf(letter)] += 0.99 * (1 - share)
    if (share > 0) row[labels.indexOf(other)] += 0.99 * share
    const blank = new Array(labels.length).fill(0.001)
    blank[0] = 0.99
    return [row, blank]
  })
  return { shape: [rows.length, labels.length], data: rows.flat().map(Math.log) }
}

/** A bigram model of a text of words, by way of an ARPA file. */
function arpaOf(sentences: readonly string[]): ArpaModel {
  const words = ['<unk>', '</s>', ...new Set(sentences.flatMap((sentence) => sentence.split(' ')))]
  const tokens = sentences.flatMap((sentence) => [
    ...sentence.split(' ').map((word) => words.indexOf(word)),
    1,
  ])
  const ngrams = NgramModel.of([1, ...tokens], { size: words.length, order: 2 })
  return ArpaModel.read(arpaLines(ngrams, { name: (token) => words[token], end: 1 }), 'lm.arpa')
}

function decoded(steps: Matrix, options: Partial<WordScorerOptions<readonly string[]>> = {}): string {
  const scorer = wordScorer({ labels, ...options })
  return textOf(new CtcSearch({ scorer }).push(steps).best()[0].labels)
}

describe('what words add to a search', () => {
  it('a language model prefers the sentence that makes sense', () => {
    const model = arpaOf(['a pear', 'a pear', 'pair a'])
    const doubtful = saying('a pair', { 3: ['e', 0.45], 4: ['a', 0.45] })
    expect(decoded(doubtful)).toBe('a pair')
    expect(decoded(doubtful, { model, weight: 1 })).toBe('a pear')
    expect(decoded(saying('a pair'), { model, weight: 1 })).toBe('a pair') // without a doubt
  })

  it('adds the weighted ln P of the words and of the end, and the bonus', () => {
    const model = arpaOf(['a pear', 'pear a', 'bar'])
    const search = new CtcSearch({
      scorer: wordScorer({ labels, model, weight: 0.7, wordBonus: 0.3 }),
      width: 50,
    })
    for (const { labels: found, logProb, score } of search.push(saying('a pear')).best(20)) {
      const words = textOf(found)
        .split(' ')
        .filter((word) => word !== '')
      expect(score - logProb).toBeCloseTo(0.7 * model.logProb(words) + 0.3 * words.length, 9)
    }
  })

  it('a list of words leaves no others', () => {
    expect(decoded(saying('a pabr'))).toBe('a pabr')
    const words = ['a', 'pair', 'pear', 'bear']
    const random = new Random(5)
    const noise: Matrix = {
      shape: [40, labels.length],
      data: Array.from({ length: 40 * labels.length }, () => random.normal() - 3),
    }
    for (const steps of [saying('a pabr'), saying('ppp bear'), noise]) {
      const found = decoded(steps, { words })
      expect(found.split(' ').every((word) => word === '' || words.includes(word))).toBe(true)
    }
  })

  it('hot words come out of doubt and nothing else does; what was lent to other words is taken back', () => {
    const steps = saying('a rabbi', { 3: ['e', 0.3], 4: ['i', 0.3] })
    expect(decoded(steps)).toBe('a rabbi')
    expect(decoded(steps, { hotWords: { reibi: 5 } })).toBe('a reibi')
    expect(decoded(saying('a rabbi'), { hotWords: { reibi: 5 } })).toBe('a rabbi')
    const search = new CtcSearch({ scorer: wordScorer({ labels, hotWords: { rabbit: 8 } }) })
    const [best] = search.push(steps).best()
    expect(best.score).toBeCloseTo(best.logProb, 9)
  })

  it('works with pieces of words', () => {
    const pieces = ['', ' a', ' pe', 'ar', 'ir']
    const rows = [1, 0, 2, 3].map((label) => pieces.map((_, k) => Math.log(k === label ? 0.9 : 0.025)))
    const steps = { shape: [4, 5], data: rows.flat() }
    const model = arpaOf(['a pear'])
    const [best] = new CtcSearch({ scorer: wordScorer({ labels: pieces, model }) }).push(steps).best()
    expect(best.labels).toEqual([1, 2, 3])
    expect(best.score - best.logProb).toBeCloseTo(0.5 * model.logProb(['a', 'pear']), 9)
  })

  it('any word is a word, also one that objects inherit; weight 0 asks no model', () => {
    const spelled = ['', ' ', ...new Set('constructor')]
    const rows = Array.from('constructor ').flatMap((letter) =>
      [letter, ''].map((said) => spelled.map((label) => (label === said ? 0.9 : 0.01))),
    )
    const steps = { shape: [rows.length, spelled.length], data: rows.flat().map(Math.log) }
    const model = arpaOf(['a pear'])
    for (const options of [{}, { model, weight: 0 }]) {
      const [best] = new CtcSearch({ scorer: wordScorer({ labels: spelled, ...options }) }).push(steps).best()
      expect(best.labels.map((label) => spelled[label]).join('')).toBe('constructor ')
      expect(best.score).toBeCloseTo(best.logProb, 9)
    }
    const few = new CtcSearch({ scorer: wordScorer({ labels: ['', ' '] }) })
    expect(() => few.push(steps)).toThrow(/one of the 2 labels/)
  })

  it('needs the boundary that it is given; without any, each text is one word', () => {
    const alone = wordScorer({ labels: ['', 'a', 'b'], words: ['ab'] })
    const { state } = alone.next(alone.initial, 1)
    expect(alone.end(state)).toBe(-Infinity)
    expect(alone.end(alone.next(state, 2).state)).toBe(0)
    expect(() => wordScorer({ labels: ['', 'a'], boundary: ' ' })).toThrow(UsageError)
    expect(() => wordScorer({ labels: ['', 'a'], boundary: '|' })).toThrow(/boundary "\|"/)
  })
})
