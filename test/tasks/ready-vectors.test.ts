import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { train as trainInPage } from '../../src/browser.js'
import { WordVectors } from '../../src/data/index.js'
import { DataError, UsageError } from '../../src/errors.js'
import { type Engine, load, type TextRow, train } from '../../src/index.js'
import type { Tensor } from '../../src/tensor/index.js'
import type { TrainEvent } from '../../src/train/index.js'
import { openEngine } from '../tensor/engines.js'
import { easyLines } from './lm-text.js'
import { slotRows } from './tag-rows.js'

let engine: Engine
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-vectors-'))
const at = (name: string) => path.join(work, name)
const model = { embeddingSize: 3, hiddenSize: 4 }
/** Nothing is learned: the tables hold what was put into them. */
const still = { epochs: 1, learningRate: 0 }

beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  // vocabularies write "rome" and "anna", so those in capitals are other words' vectors; "tokyo" stands in no row
  fs.writeFileSync(at('three.txt'), 'ROME 9 9 9\nrome 1 2 3\nTokyo 4 5 6\nanna 7 8 9\nANNA 0 0 0\n')
})
afterAll(async () => {
  await engine.dispose()
  fs.rmSync(work, { recursive: true, force: true })
})

function expectRow(table: Tensor, row: number | undefined, expected: readonly number[]): void {
  const [, size] = table.shape
  const found = [...table.data.subarray((row ?? -1) * size, ((row ?? -1) + 1) * size)]
  expect(found).toHaveLength(expected.length)
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5)
}

describe('words begin as the vectors of a file', () => {
  it('in tag, also words that no training text holds', async () => {
    const notices: string[] = []
    const on = (event: TrainEvent) => event.type === 'notice' && notices.push(event.message)
    const options = { data: slotRows, vectors: at('three.txt'), model, train: still, engine, on }
    const tagger = await train({ task: 'tag', ...options })
    const table = tagger.parameters()['embedding.words.weight']
    const { vocabulary } = tagger.reader.features
    expectRow(table, vocabulary.id('rome'), [1, 2, 3])
    expectRow(table, vocabulary.id('tokyo'), [4, 5, 6])
    expect(vocabulary.count(vocabulary.id('tokyo'))).toBe(0)
    expect(notices).toEqual([
      `3 of the table's ${table.shape[0].toLocaleString('en')} rows begin as ready-made vectors`,
    ])
  })

  it('in classify, from vectors in memory, in Node and in a page', async () => {
    const rows = ['a', 'b'].flatMap((label) =>
      ['rome', 'Oslo'].map((word) => ({ text: `${label} ${word}`, label })),
    )
    const vectors = new WordVectors(
      3,
      new Map([
        ['Oslo', Float32Array.of(1, 2, 3)],
        ['oslo', Float32Array.of(3, 2, 1)],
      ]),
    )
    const parts = { train: rows, valid: [], test: [] }
    const options = { task: 'classify', data: parts, vectors, model, train: still, engine } as const
    for (const classifier of [await train(options), await trainInPage(options)]) {
      const table = classifier.parameters()['embedding.weight']
      expectRow(table, classifier.reader.features.vocabulary.id('oslo'), [3, 2, 1])
    }
  })

  it('in lm, for the tokens that there are', async () => {
    const text = { tokens: 'words', minimumCount: 1, lowerCase: true } as const
    const sizes = { ...model, tied: false }
    const options = { data: easyLines(200), vectors: at('three.txt'), text, model: sizes, engine }
    const small = { ...still, streams: 2, window: 8 }
    const lm = await train({ task: 'lm', ...options, train: small })
    expectRow(lm.network.embedding.weight, lm.lines.tokenizer.id('anna'), [7, 8, 9])
    expect(lm.lines.known('tokyo')).toBeUndefined()
  })
})

describe('both sides of a translation begin as vectors', () => {
  const german: Record<string, string> = { Rome: 'Rom', anna: 'Anna', here: 'hier', old: 'alt', new: 'neu' }
  const words = Object.keys(german)
  const pairs = Array.from({ length: 40 }, (_, i) => {
    const source = [words[i % 5], words[(i * 3 + 1) % 5], words[(i >> 2) % 5]]
    return { source: source.join(' '), target: source.map((word) => german[word]).join(' ') }
  })
  const text = { source: 'words', target: 'words', lowerCase: true } as const
  const options = { task: 'translate', data: pairs, text, model, train: still } as const
  const targetVectors = new WordVectors(
    3,
    new Map([
      ['rom', Float32Array.of(5, 5, 5)],
      ['wien', Float32Array.of(6, 6, 6)],
    ]),
  )

  it('from a file and from memory; the frequent words of the sources are known, also after saving', async () => {
    const files = { vectors: at('three.txt'), targetVectors }
    const trained = await train({ ...options, ...files, out: at('translator'), engine })
    const loaded = await load<'translate'>(at('translator'), { engine })
    for (const { network, tokens } of [trained, loaded]) {
      const { source, target } = tokens
      expectRow(network.embedding.weight, source.tokenizer.id('rome'), [1, 2, 3])
      expectRow(network.embedding.weight, source.tokenizer.id('tokyo'), [4, 5, 6])
      expectRow(network.decoder.embedding.weight, target.tokenizer.id('rom'), [5, 5, 5])
      expect(target.tokenizer.id('wien')).toBeUndefined()
      expect(network.embedding.weight.shape[0]).toBe(source.size)
    }
    expect(loaded.predict('Tokyo here')).toEqual(trained.predict('Tokyo here'))
    const inPage = await trainInPage({ ...options, targetVectors, engine })
    expectRow(inPage.network.decoder.embedding.weight, inPage.tokens.target.tokenizer.id('rom'), [5, 5, 5])
    expect(inPage.tokens.source.tokenizer.id('tokyo')).toBeUndefined()
  })

  it('which must be the same when a training goes on', async () => {
    fs.writeFileSync(at('cities.txt'), 'rome 1 2 3\ntokyo 4 5 6\n')
    const stop = new AbortController()
    const on = (event: TrainEvent) => event.type === 'batch' && event.step === 1 && stop.abort()
    const long = { ...still, epochs: 2, batchSize: 4 }
    const cut = { ...options, train: long, vectors: at('cities.txt'), out: at('cut-translator'), engine }
    await expect(train({ ...cut, signal: stop.signal, on })).rejects.toThrow('Interrupted')
    fs.writeFileSync(at('cities.txt'), 'rome 1 2 3\nkyoto 4 5 6\n')
    await expect(train({ ...cut, resume: true })).rejects.toThrow(UsageError)
    fs.writeFileSync(at('cities.txt'), 'rome 1 2 3\ntokyo 4 5 6\n')
    const { tokens } = await train({ ...cut, resume: true })
    expect(tokens.source.tokenizer.id('tokyo')).toBeGreaterThan(0)
  })

  it('in one table where both share it, which no words are added to', async () => {
    const shared = { ...options, text: { ...text, shared: true }, vectors: at('three.txt'), engine } as const
    const { network, tokens } = await train(shared)
    expectRow(network.embedding.weight, tokens.target.tokenizer.id('rome'), [1, 2, 3])
    expect(tokens.source.tokenizer.id('tokyo')).toBeUndefined()
    const both = train({ ...shared, targetVectors })
    await expect(both).rejects.toThrow('targetVectors: text.shared=true has one table for both sides')
  })

  it('where its tokens are words, and as long as the vectors', async () => {
    const characters = { ...options, text: { source: 'characters', target: 'words' }, engine } as const
    const refused = train({ ...characters, vectors: at('three.txt') })
    await expect(refused).rejects.toThrow(UsageError)
    await expect(refused).rejects.toThrow(
      'vectors: expected tokens that are words, got text.source=characters; set it to words',
    )
    const pieces = { ...options, text: { source: 'words', target: 'pieces' }, engine } as const
    await expect(train({ ...pieces, targetVectors })).rejects.toThrow('got text.target=pieces; set it')
    const wide = train({ ...options, targetVectors, model: { ...model, embeddingSize: 8 }, engine })
    await expect(wide).rejects.toThrow('the ready-made vectors have 3 numbers, the words 8; set it to 3')
  })
})

describe('a word that no training text holds', () => {
  const animals = ['dog', 'cat', 'hen', 'cow', 'pig', 'fox']
  const fruits = ['plum', 'pear', 'lime', 'kiwi', 'fig', 'date']
  const rows = [...animals.map((word) => [word, 'animal']), ...fruits.map((word) => [word, 'fruit'])].flatMap(
    ([word, label]) =>
      ['a', 'the', 'my', 'that'].map((article): TextRow => ({ text: `${article} ${word}`, label })),
  )
  const options = {
    task: 'classify',
    data: { train: rows, valid: [], test: [] },
    text: { gramBuckets: 0 },
    model: { embeddingSize: 4, hiddenSize: 8, wordDropout: 0 },
    train: { epochs: 20, learningRate: 0.02, averaging: 0.9 },
  } as const

  it('is understood by its vector, also after saving', async () => {
    const line = (word: string, sign: number, i: number) => `${word} ${sign} ${sign} ${i / 10} ${-i / 10}`
    const lines = [
      ...[...animals, 'zebra'].map((word, i) => line(word, 1, i)),
      ...[...fruits, 'quince'].map((word, i) => line(word, -1, i)),
    ]
    fs.writeFileSync(at('kinds.vec'), `${lines.length} 4\n${lines.join('\n')}\n`)
    const trained = await train({ ...options, vectors: at('kinds.vec'), out: at('model'), engine })
    const loaded = await load(at('model'), { engine })
    for (const classifier of [trained, loaded]) {
      expect(classifier.predict('a zebra')[0]).toMatchObject({ label: 'animal' })
      expect(classifier.predict('a quince')[0]).toMatchObject({ label: 'fruit' })
    }
    const run = JSON.parse(fs.readFileSync(at('model/run.json'), 'utf8'))
    expect(run.vectors).toBe(at('kinds.vec'))
  })

  it('must be the same when a training goes on', async () => {
    fs.writeFileSync(at('more.vec'), 'dog 1 1 1 1\nzebra 1 1 1 1\n')
    const stop = new AbortController()
    const on = (event: TrainEvent) => event.type === 'batch' && event.step === 3 && stop.abort()
    const cut = { ...options, vectors: at('more.vec'), out: at('cut'), engine }
    await expect(train({ ...cut, signal: stop.signal, on })).rejects.toThrow('Interrupted')
    fs.writeFileSync(at('more.vec'), 'dog 1 1 1 1\nquagga 1 1 1 1\n')
    await expect(train({ ...cut, resume: true })).rejects.toThrow(UsageError)
    fs.writeFileSync(at('more.vec'), 'dog 1 1 1 1\nzebra 1 1 1 1\n')
    const resumed = await train({ ...cut, resume: true })
    expect(resumed.reader.features.vocabulary.id('zebra')).toBeGreaterThan(0)
  })
})

describe('refused are', () => {
  const options = { task: 'tag', data: slotRows, train: still } as const

  it('vectors of another size', async () => {
    const wide = train({ ...options, vectors: at('three.txt'), model: { embeddingSize: 16 }, engine })
    await expect(wide).rejects.toThrow(UsageError)
    await expect(wide).rejects.toThrow(
      'model.embeddingSize: the ready-made vectors have 3 numbers, the words 16; set it to 3',
    )
  })

  it('a file that is not there, and a folder', async () => {
    await expect(train({ ...options, vectors: at('four.txt'), engine })).rejects.toThrow(DataError)
    fs.mkdirSync(at('folder'))
    for (const name of ['a', 'b']) fs.writeFileSync(at(`folder/${name}.txt`), 'x 1\n')
    await expect(train({ ...options, vectors: at('folder'), engine })).rejects.toThrow(
      'expected a file, got the folder',
    )
  })

  it('vectors for a task that has no use for them', async () => {
    const tag = { task: 'tag', data: slotRows, train: still, engine } as const
    await expect(train({ ...tag, targetVectors: at('three.txt') })).rejects.toThrow(
      'unknown setting "targetVectors"',
    )
    const targetVectors = new WordVectors(1, new Map())
    await expect(train({ ...tag, targetVectors })).rejects.toThrow(
      'targetVectors: the task tag has no use for ready-made vectors',
    )
  })
})
