import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CharacterGrams, fnv1a, Vocabulary, WordFeatures } from '../../src/data/index.js'
import { DataError, UsageError } from '../../src/errors.js'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('Vocabulary', () => {
  const texts = [
    ['b', 'a', 'c'],
    ['b', 'a'],
    ['b', 'd'],
  ]

  test('orders by count, then by code units, with 0 for the unknown', () => {
    const vocabulary = Vocabulary.of(texts)
    expect(vocabulary.words).toEqual(['b', 'a', 'c', 'd'])
    expect(vocabulary.counts).toEqual([3, 2, 1, 1])
    expect(vocabulary.size).toBe(5)
    expect([...vocabulary.ids(['b', 'x', 'd'])]).toEqual([1, 0, 4])
    expect([vocabulary.word(1), vocabulary.word(0), vocabulary.word(9)]).toEqual(['b', undefined, undefined])
    expect([vocabulary.count(1), vocabulary.count(0), vocabulary.count(9)]).toEqual([3, 0, 0])
    expect(Vocabulary.of([...texts].reverse())).toEqual(vocabulary)
  })

  test('extended keeps its ids and counts the new words as never seen', () => {
    const vocabulary = Vocabulary.of(texts).extended(['x', 'a', 'y', 'x'])
    expect(vocabulary.words).toEqual(['b', 'a', 'c', 'd', 'x', 'y'])
    expect([...vocabulary.ids(['b', 'x', 'y'])]).toEqual([1, 5, 6])
    expect(vocabulary.count(5)).toBe(0)
    expect(Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)), 'here')).toEqual(vocabulary)
  })

  test('leaves out rare words and all beyond a size', () => {
    expect(Vocabulary.of(texts, { minimumCount: 2 }).words).toEqual(['b', 'a'])
    expect(Vocabulary.of(texts, { maximumSize: 1 }).words).toEqual(['b'])
  })

  test('comes back from JSON, whatever the words', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string({ unit: 'binary' }))), (random) => {
        const vocabulary = Vocabulary.of(random)
        const again = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)), 'vocabulary')
        expect(again).toEqual(vocabulary)
        for (const [index, word] of vocabulary.words.entries()) expect(again.id(word)).toBe(index + 1)
      }),
    )
  })

  test.each([
    [null, 'config.json: expected an object with words and counts, found null'],
    [{ words: 'a' }, 'config.json: expected a list of words under "words", found "a"'],
    [
      { words: ['a'], counts: [-1] },
      'config.json: expected a list of counts under "counts", found a list of 1',
    ],
    [{ words: ['a'], counts: [] }, 'config.json: expected as many counts as words (1), found 0'],
    [{ words: ['a', 'a'], counts: [1, 1] }, 'config.json: expected different words, found one of them twice'],
  ])('refuses %j', (json, message) => {
    expect(() => Vocabulary.fromJSON(json, 'config.json')).toThrow(DataError)
    expect(() => Vocabulary.fromJSON(json, 'config.json')).toThrow(message)
  })
})

describe('CharacterGrams', () => {
  test('hashes as FNV-1a does, bytes above 127 as fastText does', () => {
    // http://www.isthe.com/chongo/src/fnv/test_fnv.c
    expect(fnv1a(bytes(''))).toBe(0x811c9dc5)
    expect(fnv1a(bytes('a'))).toBe(0xe40c292c)
    expect(fnv1a(bytes('foobar'))).toBe(0xbf9cf968)
    // (2166136261 ^ 0xffffffc3) * 16777619 mod 2^32, then the same with 0xffffffa9
    const signed = (hash: bigint, byte: number) =>
      ((hash ^ (0xffffff00n | BigInt(byte))) * 16777619n) & 0xffffffffn
    expect(fnv1a(bytes('é'))).toBe(Number(signed(signed(2166136261n, 0xc3), 0xa9)))
  })

  test('takes 3 to 5 characters between < and >', () => {
    const rows = (...grams: string[]) => grams.map((gram) => fnv1a(bytes(gram)) % 1000)
    const grams = new CharacterGrams({ buckets: 1000 })
    expect([...grams.of('time')]).toEqual(
      rows('<ti', '<tim', '<time', 'tim', 'time', 'time>', 'ime', 'ime>', 'me>'),
    )
    expect([...grams.of('é😂')]).toEqual(rows('<é😂', '<é😂>', 'é😂>'))
    expect([...grams.of('a')]).toEqual(rows('<a>'))
    expect([...new CharacterGrams({ buckets: 1000, shortest: 4 }).of('a')]).toEqual([])
  })

  test('has an end for words without one', () => {
    expect(new CharacterGrams().of('x'.repeat(1_000_000)).length).toBeLessThan(200)
    expect(new CharacterGrams({ buckets: 0 }).of('word')).toHaveLength(0)
  })

  test('refuses what makes no sense', () => {
    expect(() => new CharacterGrams({ buckets: -1 })).toThrow(UsageError)
    expect(() => new CharacterGrams({ shortest: 4, longest: 3 })).toThrow(
      'CharacterGrams: longest must be a whole number of at least 4, got 3',
    )
  })
})

describe('WordFeatures', () => {
  const features = new WordFeatures(Vocabulary.of([['play', 'music']]), new CharacterGrams({ buckets: 50 }))

  test('a word is its own row and those of its pieces, an unknown one row 0 and pieces', () => {
    expect(features.rows).toBe(53)
    const known = features.of('play')
    const unknown = features.of('plays')
    expect([known[0], unknown[0]]).toEqual([features.vocabulary.id('play'), 0])
    for (const row of known.subarray(1)) expect(row).toBeGreaterThanOrEqual(3)
    expect([...unknown.subarray(1, 4)]).toEqual([...known.subarray(1, 4)]) // <pl <pla <play
  })

  test('bags hold the mean of the rows of each word', () => {
    const { indices, offsets, weights } = features.bag(['play', 'it', 'play'], (index) => index === 2)
    const [first, second] = [features.of('play').length, features.of('it').length]
    expect([...offsets]).toEqual([0, first, first + second, 2 * first + second])
    expect([...indices.subarray(first, first + second)]).toEqual([...features.of('it')])
    expect([indices[0], indices[first + second]]).toEqual([features.vocabulary.id('play'), 0])
    expect([...indices.subarray(1, first)]).toEqual([...indices.subarray(first + second + 1)])
    for (let word = 0; word < 3; word++)
      expect(
        weights.subarray(offsets[word], offsets[word + 1]).reduce((sum, weight) => sum + weight),
      ).toBeCloseTo(1, 5)
    expect(features.bag([])).toEqual({
      indices: new Int32Array(0),
      offsets: new Int32Array(1),
      weights: new Float32Array(0),
    })
  })

  test('come back from JSON', () => {
    const again = WordFeatures.fromJSON(JSON.parse(JSON.stringify(features)), 'config.json')
    expect(again.bag(['play', 'jazz'])).toEqual(features.bag(['play', 'jazz']))
    expect(() => WordFeatures.fromJSON({ words: [], counts: [] }, 'config.json')).toThrow(
      'config.json: expected a whole number of at least 1 under "grams.shortest", found nothing',
    )
  })
})
