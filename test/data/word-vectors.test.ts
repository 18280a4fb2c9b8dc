import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readVectors, WordTokenizer } from '../../src/data/index.js'
import { Embedding } from '../../src/layers/index.js'
import { Random } from '../../src/random/random.js'
import { openEngine } from '../tensor/engines.js'
import { file } from './files.js'

const glove = 'the 0.5 -1 2e-1\n. . . 1 2 3\nCat\t0 0 1\n'
const plain = ({ vectors }: Awaited<ReturnType<typeof readVectors>>) =>
  Object.fromEntries([...vectors].map(([word, vector]) => [word, [...vector]]))

test('GloVe, word2vec and fastText', async () => {
  const expected = { the: [0.5, -1, Math.fround(0.2)], '. . .': [1, 2, 3], Cat: [0, 0, 1] }
  expect(plain(await readVectors(file('glove.txt', glove)))).toEqual(expected)
  const word2vec = `3 3\n${glove.replaceAll('\n', ' \n')}`
  expect(plain(await readVectors(file('w2v.txt', word2vec)))).toEqual(expected)
  expect(plain(await readVectors(file('cc.en.vec.gz', gzipSync(word2vec))))).toEqual(expected)
})

test('keeps what is wanted, and the first vector of a word', async () => {
  const vectors = await readVectors(file('a.txt', 'a 1\nb 2\na 3\nbroken\n'), {
    wanted: (word) => word === 'a',
  })
  expect([vectors.size, plain(vectors)]).toEqual([1, { a: [1] }])
})

test('keeps the first words of a file beside the wanted ones', async () => {
  const text = '5 1\na 1\nb 2\nc 3\nd 4\ne 5\n'
  const wanted = (word: string) => word === 'd'
  const vectors = await readVectors(file('a.vec', text), { wanted, first: 2 })
  expect(plain(vectors)).toEqual({ a: [1], b: [2], d: [4] })
  const all = await readVectors(file('a.vec', text))
  expect(plain(all.select({ wanted, first: 2 }))).toEqual(plain(vectors))
})

test('under other names the word that has a name already counts, else the first', async () => {
  const vectors = await readVectors(file('a.txt', 'US 1\nus 2\nUs 3\nPARIS 4\nParis 5\n'))
  expect(plain(vectors.renamed((word) => word.toLowerCase()))).toEqual({ us: [2], paris: [4] })
})

test.each([
  ['a 1 2\nb 1\n', 'a.txt:2: expected a word and 2 numbers, found "b 1"'],
  ['a 1 2\nb 1 x\n', 'a.txt:2: expected a word and 2 numbers'],
  ['2 3\na 1 2 3\nb 1  3\n', 'a.txt:3: expected a word and 3 numbers'],
  ['a\n', 'a.txt:1: expected a word and 1 numbers, found "a"'],
  ['5 3\n', 'a.txt: expected words and their vectors, found none'],
])('%j is refused', async (text, message) => {
  await expect(readVectors(file('a.txt', text))).rejects.toThrow(message)
})

test('any vectors come back', async () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => `w${text.replace(/\s|\0/gu, '_')}`)
  const row = fc.tuple(
    word,
    fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 4, maxLength: 4 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(row, { selector: ([name]) => name, minLength: 1 }), async (rows) => {
      const text = rows.map(([name, values]) => [name, ...values].join(' ')).join('\n')
      const { vectors } = await readVectors(file('a.txt', text))
      expect([...vectors]).toEqual(
        rows.map(([name, values]) => [name, Float32Array.from(values, (value) => (value === 0 ? 0 : value))]),
      )
    }),
  )
})

test('load into any embedding; other rows stay', async () => {
  const tokenizer = WordTokenizer.train(['the cat sat'], { specials: ['<s>'] })
  const engine = await openEngine({ backend: 'wasm', threads: 1 })
  const embedding = new Embedding(tokenizer.size, 3, { engine, random: new Random(1) })
  const before = embedding.weight.data.slice()
  const vectors = await readVectors(file('glove.txt', glove), {
    wanted: (word) => tokenizer.id(word) !== undefined,
  })
  const table = embedding.weight.data.slice()
  expect(vectors.fill(table, (word) => tokenizer.id(word))).toBe(1)
  embedding.weight.set(table)
  const row = (tokenizer.id('the') ?? 0) * 3
  expect([...embedding.weight.data.slice(row, row + 3)]).toEqual([0.5, -1, Math.fround(0.2)])
  expect(embedding.weight.data.slice(0, row)).toEqual(before.slice(0, row))
  expect(embedding.weight.data.slice(row + 3)).toEqual(before.slice(row + 3))
  expect(() => vectors.fill(new Float32Array(4), () => 0)).toThrow('rows of 3 numbers, got 4 numbers')
  expect(() => vectors.fill(new Float32Array(6), () => 2)).toThrow(
    'expected rows from 0 to 1, got 2 for "the"',
  )
  await engine.dispose()
})
