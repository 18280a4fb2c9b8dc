import { describe, expect, test } from 'vitest'
import { readFiles, readRows } from '../../src/data/index.js'
import { Random } from '../../src/random/random.js'
import { files } from './files.js'

const random = () => new Random(1).split('data')
const read = (contents: Record<string, string>, options: { prefix?: string } = {}) =>
  readFiles(files(contents), 'set', { random: random(), ...options })

/** Lines `label text`, n of each label. */
const lines = (n: number, labels = ['0', '1']) =>
  Array.from({ length: n }, (_, i) => labels.map((label) => `${label} text ${i} of ${label}`))
    .flat()
    .join('\n')

describe('seq.in and label', () => {
  test('in train, valid and test folders, with other things beside them', async () => {
    const pair = (text: string, label: string) => ({ text, label })
    const parts = { train: pair('a b\nc d\n', 'x\ny\n'), dev: pair('e\n', 'x\n'), test: pair('f\n', 'x#z') }
    const contents: Record<string, string> = { 'SOURCE.md': 'about', 'iob/train.iob': 'x' }
    for (const [part, { text, label }] of Object.entries(parts)) {
      contents[`${part}/seq.in`] = text
      contents[`${part}/label`] = label
    }
    const { train, valid, test, detection } = await read(contents)
    expect(train.map((row) => [row.text, row.label])).toEqual([
      ['a b', 'x'],
      ['c d', 'y'],
    ])
    expect([valid[0].text, test[0].label]).toEqual(['e', 'x#z'])
    expect(detection).toMatchObject({ format: 'seq.in and label, line by line', split: 'given', labels: 2 })
    expect(detection.notes).toEqual(['left out 1 other file of set'])
  })

  test('refuses a different number of lines and empty ones', async () => {
    await expect(read({ 'seq.in': 'a\nb\n', label: 'x\n' })).rejects.toThrow(
      'label:2: expected as many labels as seq.in has texts (2), found 1',
    )
    await expect(read({ 'seq.in': 'a\n\nb\n', label: 'x\ny\nx\n' })).rejects.toThrow(
      'seq.in:2: expected a text, found an empty line',
    )
    await expect(read({ 'seq.in': 'a\nc\nb\n', label: 'x\n\nx\n' })).rejects.toThrow(
      'label:2: expected a label, found an empty line',
    )
  })
})

describe('files named by parts', () => {
  test('of several sets the first in the alphabet is taken, and a prefix chooses', async () => {
    const contents: Record<string, string> = {}
    for (const part of ['train', 'dev', 'test']) {
      contents[`stsa.binary.${part}`] = lines(4)
      contents[`stsa.fine.${part}`] = lines(4, ['0', '1', '2'])
      contents[`trees/${part}.txt`] = '(3 (2 It) (4 works))\n'
    }
    const { detection } = await read(contents)
    expect(detection).toMatchObject({
      source: 'stsa.binary.*',
      sizes: { train: 8, valid: 8, test: 8 },
      split: 'given',
    })
    expect(detection.notes).toEqual([
      'set holds 3 sets; took stsa.binary.*, not stsa.fine.*, trees/*.txt (the option prefix chooses)',
    ])
    expect((await read(contents, { prefix: 'stsa.fine' })).detection).toMatchObject({
      source: 'stsa.fine.*',
      labels: 3,
    })
    await expect(read(contents, { prefix: 'sst' })).rejects.toThrow(
      'set: expected files that begin with "sst", found stsa.binary.*, stsa.fine.*, trees/*.txt',
    )
  })

  test('the columns found in the training rows hold for the others', async () => {
    const { test, detection } = await read({
      'train.csv':
        'wording,kind\nhi there you,greet\nhello to you,greet\nbye for now,bye\nsee you soon,bye\n',
      'test.csv': 'wording,kind\nhi,greet\n',
    })
    expect(test).toEqual([{ text: 'hi', label: 'greet', file: 'test.csv', line: 2 }])
    expect(detection.split).toBe('completed')
    expect(detection.sizes).toEqual({ train: 3, valid: 1, test: 1 })
  })

  test('folders named by parts hold files of records', async () => {
    const { detection } = await read({
      'train/a.txt': '__label__x one\n',
      'train/b.txt': '__label__y two\n',
      'test/c.txt': '__label__x three\n',
    })
    expect(detection).toMatchObject({ source: '*/', sizes: { train: 2, valid: 0, test: 1 } })
  })

  test('a folder per intent, as Snips publishes them', async () => {
    const json = (intent: string, ...texts: string[]) =>
      JSON.stringify({ [intent]: texts.map((text) => ({ data: [{ text }] })) })
    const { train, valid, detection } = await read({
      'PlayMusic/train_PlayMusic.json': json('PlayMusic', 'play a song', 'play it'),
      'PlayMusic/validate_PlayMusic.json': json('PlayMusic', 'play on'),
      'GetWeather/train_GetWeather.json': json('GetWeather', 'will it rain'),
      'GetWeather/validate_GetWeather.json': json('GetWeather', 'is it cold'),
    })
    expect([train.length, valid.length]).toEqual([3, 2])
    expect(detection.source).toBe('+/*_+.json')
  })

  test('a word of a file name is no part when nothing stands beside it', async () => {
    const { labels } = await read({
      'train_ticket.txt': 'book a train\na train please\n',
      'hotel.txt': 'book a room\na room please\n',
    })
    expect(labels).toEqual(['hotel', 'train_ticket'])
  })
})

describe('labels by folders and files', () => {
  test('a folder per label, a file per example, inside folders of parts', async () => {
    const contents: Record<string, string> = { 'imdb.vocab': 'the', 'train/unsup/1.txt': 'no label' }
    for (const part of ['train', 'test'])
      for (const label of ['pos', 'neg'])
        for (let i = 0; i < 5; i++)
          contents[`${part}/${label}/${i}.txt`] = `a ${label} text\nnumber ${i} of ${part}`
    const { train, detection } = await read(contents)
    expect(detection).toMatchObject({
      format: 'a folder per label, an example per file',
      sizes: { train: 9, valid: 1, test: 10 },
    })
    expect(train.find((row) => row.label === 'pos')?.text).toMatch(/^a pos text\nnumber \d of train$/)
  })

  test('a file per label, an example per line', async () => {
    const { detection, train } = await read({
      'greet.txt': 'hi\nhello\n\nhey\n',
      'bye.txt': 'ciao\nbye bye\nsee you',
    })
    expect(detection).toMatchObject({ format: 'a file per label, an example per line', labels: 2 })
    expect(train.every((row) => row.line > 0)).toBe(true)
    expect(detection.sizes).toEqual({ train: 4, valid: 1, test: 1 })
  })

  test('a folder per label with one file of examples each, below another folder', async () => {
    const { labels, detection } = await read({
      'intents/greet/examples.txt': 'hi\nhello',
      'intents/bye/examples.txt': 'ciao\nbye',
    })
    expect(labels).toEqual(['bye', 'greet'])
    expect(detection.format).toBe('a folder per label, an example per line')
  })

  test('text files that look like records are no label files', async () => {
    const { labels } = await read({ 'a.txt': '__label__x one\n__label__y two', 'b.txt': '__label__x three' })
    expect(labels).toEqual(['x', 'y'])
  })
})

test('Rasa folders: files without examples are left out', async () => {
  const { detection } = await read({
    'domain.yml': 'intents:\n- greet\n',
    'data/nlu.yml': 'nlu:\n- intent: greet\n  examples: |\n    - hi\n    - hey\n',
    'data/more.yml': 'nlu:\n- intent: bye\n  examples: |\n    - ciao\n    - bye\n',
    'data/stories.yml': 'stories:\n- story: x\n',
  })
  expect(detection).toMatchObject({ format: 'Rasa NLU YAML', source: '*.yml', labels: 2 })
  expect(detection.notes).toContain('left out 2 files of set without labelled texts')
})

test('Rasa: an intent may have more examples than fit on the stack', async () => {
  const many = Array.from({ length: 150_000 }, (_, i) => `    - hi ${i}\n`).join('')
  const { detection } = await read({
    'nlu.yml': `nlu:\n- intent: greet\n  examples: |\n${many}- intent: bye\n  examples: |\n    - ciao\n    - bye\n`,
  })
  expect(Object.values(detection.sizes).reduce((sum, size) => sum + size)).toBe(150_002)
})

test('other files for validation and test', async () => {
  const { detection } = await readFiles(files({ 'a.txt': lines(10) }), 'a.txt', {
    random: random(),
    valid: files({ 'v.txt': lines(2) }),
    test: files({ 'stsa.binary.test': lines(3), 'stsa.binary.train': lines(9) }),
  })
  expect(detection).toMatchObject({ split: 'given', sizes: { train: 20, valid: 4, test: 6 } })
})

test('rows to be scored on: the test part, otherwise everything', async () => {
  const parts = { 'train.txt': lines(5), 'test.txt': lines(2) }
  expect((await readRows(files(parts), 'set')).examples).toHaveLength(4)
  expect((await readRows(files({ 'some.txt': lines(5) }), 'set')).examples).toHaveLength(10)
})
