import { describe, expect, test } from 'vitest'
import { tagMask } from '../../src/decoding/index.js'
import { ShapeError, UsageError } from '../../src/errors.js'
import type { EncodedWord, TaggerOptions } from '../../src/models/index.js'
import { SequenceTagger, WordEncoder } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine } from '../../src/tensor/index.js'
import { gradientCheck } from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'

const names = ['O', 'B-a', 'I-a', 'B-b']
const word = (row: number, ...characters: number[]): EncodedWord => ({
  rows: Int32Array.of(row),
  characters: Int32Array.from(characters),
})
const words = [word(1, 3, 2), word(0, 4), word(2, 1, 1, 5), word(3, 2, 3)]
const texts = [[words[0], words[1], words[2]], [words[3]], [words[2], words[0]]]
const targets = { tags: [[1, 2, 0], [3], [0, 1]], labels: [[0], [1, 2], []] }

function taggerOf(engine: Engine, options: Partial<TaggerOptions<EncodedWord>> = {}) {
  const random = new Random('tagger')
  return new SequenceTagger<EncodedWord>({
    ...{ engine, random, tags: names.length, labels: 3, bidirectional: true },
    layers: [{ cell: 'gru', size: 3 }],
    embedding: new WordEncoder({
      engine,
      random: random.split('embedding'),
      words: { count: 4, size: 3 },
      characters: { count: 6, size: 2, cell: 'lstm', units: 2 },
    }),
    ...options,
  })
}

const allPaths = (length: number): number[][] =>
  length === 0 ? [[]] : allPaths(length - 1).flatMap((path) => names.map((_, tag) => [...path, tag]))

// -log P of a path
const pathLoss = (tagger: SequenceTagger<EncodedWord>, text: readonly EncodedWord[], path: number[]) =>
  tagger.loss({ ...tagger.forward([text]), logits: undefined }, { tags: [path] }).item()

const logOfSum = (values: ArrayLike<number>) =>
  Math.log(Array.from(values, Math.exp).reduce((sum, value) => sum + value, 0))

onEveryBackend((engine) => {
  test.each([true, false])(
    'with CRF %s a stream says what forward says of the tokens so far, bit for bit',
    (crf) => {
      const tagger = taggerOf(engine(), { crf, bidirectional: false })
      const stream = tagger.stream()
      const [text] = texts
      for (const [step, token] of text.entries()) {
        stream.push(token)
        const whole = engine().scope(() => {
          const { emissions, logits } = tagger.forward([text.slice(0, step + 1)])
          return [emissions.data.data.slice(), logits?.data.slice()]
        })
        expect(
          stream.judge(({ emissions, logits }) => [emissions.data.data.slice(), logits?.data.slice()]),
        ).toEqual(whole)
      }
      stream.dispose()
    },
  )

  test('a text gives the same bits alone and among others', () => {
    const tagger = taggerOf(engine())
    engine().scope(() => {
      const { logits } = tagger.forward(texts)
      for (const [i, text] of texts.entries())
        expect(tagger.forward([text]).logits?.data).toEqual(logits?.data.subarray(3 * i, 3 * i + 3))
    })
  })
})

describe('in double precision', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1, real: 'float64' })

  test.each([true, false])('with CRF %s gradients are those of differences', (crf) => {
    const tagger = taggerOf(engine(), { crf })
    const loss = () => tagger.loss(tagger.forward(texts), targets, { labelWeight: 0.7, smoothing: 0.1 })
    expect(gradientCheck(engine(), loss, Object.values(tagger.parameters()))).toBeLessThan(1e-6)
  })

  test('the loss of a softmax is -log P of the tags per text, and of the labels of those that have any', () => {
    const tagger = taggerOf(engine())
    engine().scope(() => {
      const output = tagger.forward(texts)
      let expected = 0
      for (const [i, text] of texts.entries()) {
        const { emissions, logits } = tagger.forward([text])
        for (const [step, tag] of targets.tags[i].entries()) {
          const row = emissions.data.data.subarray(4 * step, 4 * step + 4)
          expected += (logOfSum(row) - row[tag]) / 3
        }
        for (const label of targets.labels[i])
          expected +=
            (logOfSum(logits?.data ?? []) - (logits?.data[label] ?? 0)) / targets.labels[i].length / 2
      }
      expect(tagger.loss(output, targets).item()).toBeCloseTo(expected, 10)
    })
  })

  test('spellings are read once each, and equal ones give equal vectors', () => {
    const { embedding } = taggerOf(engine())
    engine().scope(() => {
      const both = embedding.forward([words[0], { ...words[1], characters: words[0].characters }]).data
      const alone = embedding.forward([words[0]]).data
      expect(both.subarray(0, 7)).toEqual(alone)
      expect(both.subarray(7 + 3)).toEqual(alone.subarray(3))
    })
    expect(() => engine().scope(() => embedding.forward([word(1)]))).toThrow(UsageError)
  })

  test('decoding keeps to the mask', () => {
    const tagger = taggerOf(engine())
    tagger.tags.bias?.set([0, 0, 9, 0]) // would begin with I-a
    engine().scope(() => {
      for (const [first] of tagger.decode(tagger.forward(texts), tagMask(names)))
        expect(names[first]).not.toBe('I-a')
    })
  })

  test.each([true, false])('with CRF %s the probability of a run is that of enumeration', (crf) => {
    const tagger = taggerOf(engine(), { crf })
    const runs = [
      { sequence: 0, start: 0, tags: [1], closedTo: [2] },
      { sequence: 2, start: 0, tags: [1, 2], closedTo: [2] },
      { sequence: 0, start: 1, tags: [1, 2] },
      { sequence: 1, start: 0, tags: [3] },
    ]
    engine().scope(() => {
      const output = tagger.forward(texts)
      const found = tagger.probabilities(output, runs)
      for (const [i, { sequence, start, tags, closedTo = [] }] of runs.entries()) {
        const paths = allPaths(texts[sequence].length)
        const weights = paths.map((path) => Math.exp(-pathLoss(tagger, texts[sequence], path)))
        const holds = (path: readonly number[]) =>
          tags.every((tag, k) => path[start + k] === tag) && !closedTo.includes(path[start + tags.length])
        const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
        expect(sum(weights)).toBeCloseTo(1, 10)
        expect(found[i]).toBeCloseTo(sum(weights.filter((_, k) => holds(paths[k]))), 10)
      }
      expect(tagger.probabilities(output, [])).toHaveLength(0)
      const beyond = [{ sequence: 1, start: 1, tags: [0] }]
      expect(() => tagger.probabilities(output, beyond)).toThrow('run 0 has 1 tags from step 1')
    })
  })

  test('refuses what cannot be', () => {
    const tagger = taggerOf(engine())
    expect(() => tagger.stream()).toThrow(/bidirectional model cannot stream/)
    engine().scope(() => {
      expect(() => tagger.forward([[]])).toThrow(ShapeError)
      const output = tagger.forward(texts)
      expect(() => tagger.loss(output, { ...targets, labels: [[0], [3], []] })).toThrow('got 3 in row 1')
    })
    const forward = taggerOf(engine(), { bidirectional: false })
    const stream = forward.stream()
    expect(() => stream.judge(() => 0)).toThrow('no step yet')
    const other = taggerOf(engine(), { bidirectional: false, tags: 3 }).stream()
    other.push(words[0])
    expect(() => stream.restore(other.snapshot())).toThrow('snapshot is of another model')
    stream.dispose()
    expect(() => stream.push(words[0])).toThrow('has ended')
  })
})
