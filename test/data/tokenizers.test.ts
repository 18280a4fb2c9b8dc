import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CharacterTokenizer,
  type Tokenizer,
  tokenizerFromJSON,
  trainBytePairs,
  Vocabulary,
  Words,
  WordTokenizer,
} from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'

const texts = ["It's the cat 的 猫.", 'the end 👍🏽', 'CAFE\u0301 İstanbul']
const specials = ['<s>', '</s>']

// What every tokenizer promises, whatever its kind.
const kinds: Record<string, Tokenizer> = {
  characters: CharacterTokenizer.train(texts, { specials }),
  words: WordTokenizer.train(texts, { specials }),
  'byte pairs': trainBytePairs(texts, { size: 280, specials }),
}

describe.each(Object.entries(kinds))('a tokenizer of %s', (_, tokenizer) => {
  test('has ids from 0 on, and names for them', () => {
    expect(tokenizer.specials).toEqual(specials)
    for (const special of specials) expect(tokenizer.token(tokenizer.id(special) ?? -1)).toBe(special)
    for (let id = 0; id < tokenizer.size; id++) expect(tokenizer.id(tokenizer.token(id) ?? '')).toBe(id)
    expect(tokenizer.token(tokenizer.size)).toBeUndefined()
    expect(tokenizer.id('no such token')).toBeUndefined()
  })

  test('leaves special tokens out of texts', () => {
    const [begin, end] = specials.map((special) => tokenizer.id(special) ?? -1)
    const { ids } = tokenizer.encode('the')
    expect(tokenizer.decode([begin, ...ids, end])).toBe('the')
  })

  test('says where each token stands, in order and inside the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { ids, starts, ends } = tokenizer.encode(text)
        expect([starts.length, ends.length]).toEqual([ids.length, ids.length])
        for (const [i, id] of ids.entries()) {
          expect(id).toBeLessThan(tokenizer.size)
          expect(starts[i]).toBeGreaterThanOrEqual(i === 0 ? 0 : starts[i - 1])
          expect(ends[i]).toBeGreaterThan(starts[i])
          expect(ends[i]).toBeLessThanOrEqual(text.length)
        }
      }),
    )
  })

  test('comes back from JSON', () => {
    const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)), 'x')
    expect(again.toJSON()).toEqual(tokenizer.toJSON())
    expect(again.encode(texts.join(' '))).toEqual(tokenizer.encode(texts.join(' ')))
  })
})

test('characters are code points, unknown ones U+FFFD', () => {
  const tokenizer = CharacterTokenizer.train(['aab👍'])
  const { ids, starts, ends } = tokenizer.encode('b👍?a')
  expect([[...ids], [...starts], [...ends]]).toEqual([
    [2, 3, 0, 1],
    [0, 1, 3, 4],
    [1, 3, 4, 5],
  ])
  expect(tokenizer.decode(ids)).toBe('b👍\ufffda')
})

test('unknown words are <unk>', () => {
  const tokenizer = WordTokenizer.train(['a b'], { lowerCase: false })
  expect(tokenizer.decode(tokenizer.encode('A b').ids)).toBe('<unk> b')
})

test('texts in tokens stay as they are, and their <unk> is unknown', () => {
  const text = 'mr. <unk> is n @-@ year-old \u00a0 N ’s'
  const tokenizer = WordTokenizer.train([text], { boundaries: 'blanks', lowerCase: false })
  const { ids } = tokenizer.encode(text)
  expect(tokenizer.decode(ids)).toBe('mr. <unk> is n @-@ year-old N ’s')
  expect(ids[1]).toBe(0)
  const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)), 'x')
  expect(again.encode(text)).toEqual(tokenizer.encode(text))
})

describe('Words.spans', () => {
  const words = new Words()
  const pieces = (text: string) =>
    words.spans(text).map(({ word, start, end }) => [word, text.slice(start, end)])

  test('leads from normalised words back to the text', () => {
    expect(pieces('It’s a CAFE\u0301, İstanbul\u200b won’t 12:30…')).toEqual([
      ['it', 'It'],
      ["'s", '’s'],
      ['a', 'a'],
      ['café', 'CAFE\u0301'],
      [',', ','],
      ['i̇stanbul', 'İstanbul'],
      ['wo', 'wo'],
      ["n't", 'n’t'],
      ['12', '12'],
      [':', ':'],
      ['30', '30'],
      ['…', '…'],
    ])
  })

  test('gives the whole piece where characters change with their neighbours', () => {
    expect(pieces('x \u1112\u1161\u11ab-a')).toEqual([
      ['x', 'x'],
      ['한', '\u1112\u1161\u11ab-a'],
      ['-', '\u1112\u1161\u11ab-a'],
      ['a', '\u1112\u1161\u11ab-a'],
    ])
  })

  test('has the words of `of`', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(words.spans(text).map(({ word }) => word)).toEqual(words.of(text))
      }),
    )
  })
})

describe('special words of a vocabulary', () => {
  test('come first, with count 0, even when texts hold them', () => {
    const vocabulary = Vocabulary.of([['a', '<s>', 'a']], { specials: ['</s>', '<s>'] })
    expect(vocabulary.words).toEqual(['</s>', '<s>', 'a'])
    expect(vocabulary.counts).toEqual([0, 0, 2])
    expect(Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)), 'v')).toEqual(vocabulary)
    expect(() => Vocabulary.of([], { specials: ['x', 'x'] })).toThrow('special words must be different')
    const damaged = { words: ['a'], counts: [1], specials: ['b'] }
    expect(() => Vocabulary.fromJSON(damaged, 'v')).toThrow('v: expected the first words under "specials"')
  })
})

test('what is no tokenizer is refused', () => {
  for (const json of [3, {}, { type: 'words', options: 1, vocabulary: 1 }, { type: 'characters' }])
    expect(() => tokenizerFromJSON(json, 'config.json: tokenizer')).toThrow(DataError)
})
