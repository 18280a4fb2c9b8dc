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
import { datePairs } from './pairs.js'
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
    const translate = { task: 'translate', data: datePairs, train: { epochs: 0 }, engine } as const
    await expect(train({ ...translate, vectors: at('three.txt') })).rejects.toThrow(
      'unknown setting "vectors"',
    )
    const vectors = new WordVectors(1, new Map())
    await expect(train({ ...translate, vectors })).rejects.toThrow(
      'translate has no use for ready-made vectors',
    )
  })
})
