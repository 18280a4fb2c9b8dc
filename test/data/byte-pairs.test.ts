import { Tokenizer as HuggingFace } from '@huggingface/tokenizers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BytePairs, BytePairTraining, trainBytePairs } from '../../src/data/index.js'
import { DataError, UsageError } from '../../src/errors.js'
import { Random } from '../../src/random/random.js'
import { readFixture } from '../fixture.js'

// Expected values: fixtures/byte-pairs.py (the Rust library tokenizers), and @huggingface/tokenizers in the test itself.
interface Case {
  size: number
  minimumCount: number
  specials: string[]
  texts: string[]
  tokenizer: { model: { vocab: Record<string, number>; merges: [string, string][] } }
  encoded: { text: string; ids: number[]; starts: number[]; ends: number[] }[]
}
const cases = readFixture<Case[]>('byte-pairs')

describe.each(cases)('a vocabulary of $size', ({ texts, tokenizer: saved, encoded, ...options }) => {
  const tokenizer = trainBytePairs(texts, options)
  const { vocab, merges } = saved.model

  test('has the merges that the reference implementation learns', () => {
    expect(
      tokenizer.merges.map(([left, right]) => [tokenizer.tokens[left], tokenizer.tokens[right]]),
    ).toEqual(merges)
    expect(Object.fromEntries(tokenizer.tokens.map((token, id) => [token, id]))).toEqual(vocab)
  })

  test('gives the same ids and places', () => {
    for (const { text, ...expected } of encoded) {
      const { ids, starts, ends } = tokenizer.encode(text)
      expect({ ids: [...ids], starts: [...starts], ends: [...ends] }, JSON.stringify(text)).toEqual(expected)
    }
  })

  test('is the same when read from the file that the reference implementation writes', () => {
    const read = BytePairs.fromJSON(saved, 'tokenizer.json')
    expect(read.toJSON()).toEqual(tokenizer.toJSON())
  })

  test('does not depend on the order of the texts', () => {
    expect(trainBytePairs([...texts].reverse(), options).toJSON()).toEqual(tokenizer.toJSON())
  })
})

const scripts = [
  'the cat sat on a mat and dogs wag their tails',
  'Jane visite l’Afrique en septembre, n’est-ce pas',
  'Straße überqueren größer Übung',
  'Съешь же ещё этих мягких французских булок',
  'Ξεσκεπάζω την ψυχοφθόρα βδελυγμία',
  '我们去学校学习汉语和历史',
  'いろはにほへと ちりぬるを カタカナ',
  '키스의 고유조건은 입술끼리',
  'نص حكيم له سر قاطع وذو شأن',
  'דג סקרן שט בים מאוכזב',
  'ऋषियों को सताने वाले दुष्ट',
  'เป็นมนุษย์สุดประเสริฐ',
  '😀 👍🏽 👩‍👩‍👧 🇫🇷 ❤️ 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🎉🎉🎉',
  "it's I'm they've 3.14 1,000 2024-05-17 ½ e\u0301 (x) \t…",
].map((line) => line.split(' '))

/** Lines that mix words of several scripts. */
function generatedLines(count: number): string[] {
  const random = new Random('lines')
  const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)]
  return Array.from({ length: count }, () => {
    const home = pick(scripts)
    return Array.from({ length: 1 + random.integer(12) }, () =>
      pick(random.uniform() < 0.8 ? home : pick(scripts)),
    ).join(pick([' ', ' ', ' ', '  ', '\t', '\n ']))
  })
}

describe('tokenizer.json', () => {
  const specials = ['<pad>', '<s>', '</s>']
  const tokenizer = trainBytePairs(generatedLines(400), { size: 900, specials })
  const json = JSON.parse(JSON.stringify(tokenizer))

  test('gives @huggingface/tokenizers the same ids and texts on 1,000 lines in many scripts', () => {
    const other = new HuggingFace(json, {})
    const lines = generatedLines(1000)
    for (const [index, line] of lines.entries()) {
      const text = index % 10 === 0 ? `<s>${line}</s>` : line
      const ids = [...tokenizer.encode(text).ids]
      expect(ids, text).toEqual(other.encode(text).ids)
      expect(tokenizer.decode(ids)).toBe(line)
    }
    expect(tokenizer.merges.length).toBeGreaterThan(500)
  })

  test('comes back as it was', () => {
    const again = BytePairs.fromJSON(json, 'tokenizer.json')
    expect(again.toJSON()).toEqual(tokenizer.toJSON())
    expect(again.specials).toEqual(specials)
    expect([again.id('<s>'), again.token(1), again.size]).toEqual([1, '<s>', tokenizer.size])
  })

  test('with merges as pairs and a blank before texts is read as @huggingface/tokenizers reads it', () => {
    const prefixed = structuredClone(json)
    prefixed.pre_tokenizer.add_prefix_space = true
    prefixed.model.merges = prefixed.model.merges.map((merge: string) => merge.split(' '))
    const other = new HuggingFace(prefixed, {})
    const read = BytePairs.fromJSON(prefixed, 'tokenizer.json')
    for (const line of ['the cat', ' the cat', 'é', '']) {
      const { ids, starts, ends } = read.encode(line)
      expect([...ids]).toEqual(other.encode(line).ids)
      expect(read.decode(ids)).toBe(line.trimStart())
      expect([starts[0] ?? 0, ends.at(-1) ?? 0]).toEqual([0, line.length])
    }
  })

  const damaged: [string, (file: typeof json) => void, string][] = [
    ['another model', (file) => (file.model.type = 'Unigram'), 'tokenizer.json: model: expected a BPE model'],
    [
      'a normalizer',
      (file) => (file.normalizer = { type: 'NFC' }),
      'tokenizer.json: normalizer: expected none',
    ],
    [
      'another pre-tokenizer',
      (file) => (file.pre_tokenizer = null),
      'tokenizer.json: pre_tokenizer: expected',
    ],
    ['a missing byte', (file) => delete file.model.vocab['!'], 'model.vocab: expected each id'],
    ['an id twice', (file) => (file.model.vocab['!'] = 7), 'model.vocab: expected each id'],
    ['a merge of unknown tokens', (file) => file.model.merges.push('q zzz'), 'expected two tokens that make'],
    [
      'a merge into nothing',
      (file) => file.model.merges.push('! !'),
      'expected two tokens that make a third',
    ],
    ['byte fallback', (file) => (file.model.byte_fallback = true), 'byte_fallback'],
    ['a word-wise special token', (file) => (file.added_tokens[0].lstrip = true), 'without single_word'],
    [
      'an added token that is common',
      (file) => (file.added_tokens[0].special = false),
      'expected a special token',
    ],
    ['no vocabulary', (file) => delete file.model.vocab, 'model.vocab: expected tokens and their ids'],
    ['no added token', (file) => (file.added_tokens = [1]), 'added_tokens[0]: expected a token'],
  ]
  test.each(damaged)('that holds %s is refused', (_, damage, message) => {
    const file = structuredClone(json)
    damage(file)
    expect(() => BytePairs.fromJSON(file, 'tokenizer.json')).toThrow(DataError)
    expect(() => BytePairs.fromJSON(file, 'tokenizer.json')).toThrow(message)
  })

  test('must be an object', () => {
    expect(() => BytePairs.fromJSON(3, 'a.json')).toThrow('a.json: expected the object of a tokenizer.json')
  })
})

describe('byte pairs', () => {
  const tokenizer = trainBytePairs(generatedLines(100), { size: 400, specials: ['<s>'] })

  test('any text comes back, and the places cover it in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { ids, starts, ends } = tokenizer.encode(text)
        if (!text.includes('<s>')) expect(tokenizer.decode(ids)).toBe(text)
        let covered = 0
        for (const i of ids.keys()) {
          expect(starts[i]).toBeLessThanOrEqual(covered)
          expect(ends[i]).toBeGreaterThanOrEqual(covered)
          covered = ends[i]
        }
        expect(covered).toBe(text.length)
      }),
    )
  })

  test('merging with the queue is the definition: the lowest rank first, from the left', () => {
    const ranks = new Map(tokenizer.merges.map(([left, right], rank) => [`${left} ${right}`, rank]))
    const slowly = (word: string): number[] => {
      const ids = Array.from(word, (letter) => tokenizer.id(letter) ?? -1)
      for (;;) {
        const pairs = ids.slice(1).map((id, i) => ranks.get(`${ids[i]} ${id}`) ?? Number.POSITIVE_INFINITY)
        const best = Math.min(...pairs)
        if (best === Number.POSITIVE_INFINITY) return ids
        const [left, right] = tokenizer.merges[best]
        const place = pairs.indexOf(best)
        ids.splice(place, 2, tokenizer.id(tokenizer.tokens[left] + tokenizer.tokens[right]) ?? -1)
      }
    }
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'aeihtnsrod'), { minLength: 1 }), (letters) => {
        expect([...tokenizer.encode(letters.join('')).ids]).toEqual(slowly(letters.join('')))
      }),
    )
  })

  test('special tokens in a text are taken as such, or as plain text', () => {
    const text = 'a<s>b'
    expect([...tokenizer.encode(text).ids]).toEqual([tokenizer.id('a'), 0, tokenizer.id('b')])
    expect([...tokenizer.encode(text).starts]).toEqual([0, 1, 4])
    const { ids } = tokenizer.encode(text, { specials: false })
    expect(ids).not.toContain(0)
    expect(tokenizer.decode(ids)).toBe(text)
    expect(tokenizer.decode([0, 0])).toBe('')
  })

  test('half a surrogate pair becomes the replacement character', () => {
    const { ids, starts, ends } = tokenizer.encode('a\ud83d')
    expect(tokenizer.decode(ids)).toBe('a\ufffd')
    expect([starts.at(-1), ends.at(-1)]).toEqual([1, 2])
  })

  test('a piece of 200,000 characters is no trouble', () => {
    const text = 'ab'.repeat(100_000)
    expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text)
  })

  test('texts may come one by one', () => {
    const training = new BytePairTraining({ size: 400, specials: ['<s>'] })
    for (const line of generatedLines(100)) training.add(line)
    expect(training.finish().toJSON()).toEqual(tokenizer.toJSON())
  })

  test('no merge makes a special token', () => {
    const { tokens } = trainBytePairs(['and and and or or', 'and<s>'], { size: 300, specials: ['and'] })
    expect(tokens.filter((token) => token.includes('and'))).toEqual(['and'])
  })

  test('refuses sizes and special tokens that cannot be', () => {
    expect(() => trainBytePairs([], { size: 256, specials: ['<s>'] })).toThrow(
      new UsageError(
        'BytePairs: size must be a whole number from 257 (256 bytes and 1 special tokens) to 2^24, got 256',
      ),
    )
    for (const specials of [[''], ['a'], ['<s>', '<s>']])
      expect(() => trainBytePairs([], { size: 500, specials })).toThrow('special tokens must be different')
    expect(() => tokenizer.decode([400])).toThrow('expected ids from 0 to 399, got 400')
  })
})
