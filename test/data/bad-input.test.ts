import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { invalidByte } from '../../src/data/decode.js'
import { datasetOf, readFiles, Words } from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'
import { Random } from '../../src/random/random.js'
import { file, files, rows } from './files.js'

const random = () => new Random(1)

describe('bad input', () => {
  test.each([
    ['an empty file', 'a.jsonl', '', 'a.jsonl: expected labelled texts, found an empty file'],
    ['a blank file', 'a.csv', ' \n\n', 'a.csv:1: expected labelled texts, found nothing but white space'],
    [
      'a header without rows',
      'a.csv',
      'text,label\n',
      'a.csv: expected rows with a text and a label, found none',
    ],
    [
      'a row without a label',
      'a.jsonl',
      '{"text":"a","label":"x"}\n{"text":"b"}\n',
      'a.jsonl:2: expected a label in "label", found nothing',
    ],
    [
      'a row with a blank label',
      'a.csv',
      'text,label\na,x\nb, \n',
      'a.csv:3: expected a label in "label", found " "',
    ],
    [
      'a row that ends before its label',
      'a.csv',
      'text,label\na,x\nb\n',
      'a.csv:3: expected a label in "label", found nothing',
    ],
    [
      'an empty text',
      'a.jsonl',
      '{"text":"a","label":"x"}\n{"text":"","label":"y"}\n',
      'a.jsonl:2: expected a text in "text", found an empty text',
    ],
    [
      'a text that is no text',
      'a.jsonl',
      '{"text":{"a":1},"label":"x"}\n',
      'a.jsonl:1: expected a text in "text", found an object with a',
    ],
    [
      'a broken line',
      'a.jsonl',
      '{"text":"a","label":"x"}\n{"text":\n',
      'a.jsonl:2: expected a JSON object such as {"text": "…", "label": "…"}, found "{\\"text\\":"',
    ],
    [
      'a line that is no object',
      'a.jsonl',
      '{"text":"a","label":"x"}\n[1]\n',
      'a.jsonl:2: expected a JSON object such as {"text": "…", "label": "…"}, found a list of 1',
    ],
    [
      'a comma in a text',
      'a.csv',
      'text,label\na,x\nhi, there,y\n',
      'a.csv:3: expected 2 columns (quote a text that holds the delimiter), found 3: "hi |  there | y"',
    ],
    [
      'an unclosed quote',
      'a.csv',
      'text,label\na,x\n"b,y\n',
      'a.csv:3: expected rows of delimited values, found a quotation mark that opens here and is never closed',
    ],
    [
      'columns that say nothing',
      'a.csv',
      '1,2\n3,4\n',
      'a.csv:1: expected a column with texts and one with labels (such as text and label), found 1, 2; name the columns with the options text and label',
    ],
    ['binary data', 'model.dat', 'a\nb\0c', 'model.dat:2: expected text, found binary data (a zero byte)'],
  ])('%s', async (_, name, text, message) => {
    const reading = rows(name, text)
    await expect(reading).rejects.toThrow(DataError)
    await expect(reading).rejects.toThrow(message)
  })

  test('one class only', async () => {
    const text = 'text,label\na,x\nb,x\n'
    await expect(readFiles([file('a.csv', text)], 'a.csv', { random: random() })).rejects.toThrow(
      'a.csv: expected at least two labels to tell apart, found only "x" in all 2 training rows',
    )
  })

  test('a label in test that is unknown in train is kept and reported', async () => {
    const contents = {
      'train.csv': 'text,label\na,x\nb,y\nc,x\nd,y\n',
      'test.csv': 'text,label\ne,z\nf,x#z\ng,x\n',
    }
    const { test, detection, labels } = await readFiles(files(contents), 'set', { random: random() })
    expect(test.map((row) => row.label)).toEqual(['z', 'x#z', 'x'])
    expect(labels).toEqual(['x', 'y'])
    expect(detection.notes).toEqual([
      '1 row of the test part has a label that no training row has (z): counted as wrong',
    ])
  })

  test('no training rows', async () => {
    const parts = { test: [{ text: 'a', label: 'x' }] }
    expect(() => datasetOf(parts, random())).toThrow('the rows: expected training rows, found none')
    expect(() => datasetOf({ all: [{ text: ' ', label: 'x' }] }, random())).toThrow(
      'rows[0]: expected a text, found none',
    )
    await expect(readFiles([], 'set', { random: random() })).rejects.toThrow(
      'set: expected labelled texts, found no file',
    )
  })

  test('nothing that could hold texts', async () => {
    const contents = { 'README.md': 'x', 'model.safetensors': 'y' }
    await expect(readFiles(files(contents), 'set', { random: random() })).rejects.toThrow(
      'set: expected labelled texts, found no file that could hold any',
    )
  })
})

describe('encodings', () => {
  const bytes = (...pieces: (string | number[])[]) =>
    Uint8Array.from(pieces.flatMap((piece) => (typeof piece === 'string' ? [...Buffer.from(piece)] : piece)))

  test('invalid UTF-8 names the line and the byte', async () => {
    const text = bytes('text,label\nfine,x\ncaf', [0xe9], ',y\n')
    await expect(rows('a.csv', text)).rejects.toThrow(
      'a.csv:3: expected UTF-8, found byte 0xe9 at offset 21, which is not valid there; save it as UTF-8, or give the encoding latin1',
    )
    expect((await rows('a.csv', text, { encoding: 'latin1' }))[1]).toMatchObject({ text: 'café', label: 'y' })
  })

  test('UTF-16 is called by its name', async () => {
    await expect(rows('a.csv', Buffer.from('\ufefftext,label\n', 'utf16le'))).rejects.toThrow(
      'it begins like UTF-16',
    )
  })

  test('the first invalid byte is found where TextDecoder finds one', () => {
    const interesting = fc.constantFrom(
      0x41,
      0x80,
      0xbf,
      0xc1,
      0xc3,
      0xe0,
      0xa0,
      0xed,
      0x9f,
      0xf0,
      0x90,
      0xf4,
      0x8f,
      0xf5,
      0xff,
      0xe2,
      0x82,
      0xac,
    )
    fc.assert(
      fc.property(
        fc
          .uint8Array({ maxLength: 12 })
          .chain((tail) =>
            fc.array(interesting, { maxLength: 12 }).map((head) => Uint8Array.from([...head, ...tail])),
          ),
        (input) => {
          const offset = invalidByte(input)
          const decodes = (part: Uint8Array) => {
            try {
              new TextDecoder('utf-8', { fatal: true }).decode(part)
              return true
            } catch {
              return false
            }
          }
          expect(decodes(input)).toBe(offset < 0)
          if (offset >= 0) expect(decodes(input.subarray(0, offset))).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('a line of 1 MB', () => {
  const long = 'word '.repeat(200_000)
  const withoutBlanks = 'é!x'.repeat(333_000)
  test.each([
    ['a.jsonl', (text: string) => `{"text":"${text}","label":"x"}\n`],
    ['a.json', (text: string) => `[{"text":"${text}","label":"x"}]`],
    ['a.csv', (text: string) => `text,label\n"${text}",x\n`],
    ['a.tsv', (text: string) => `text\tlabel\n${text}\tx\n`],
    ['a.txt', (text: string) => `__label__x ${text}\n`],
    ['a.yml', (text: string) => `nlu:\n- intent: x\n  examples: |\n    - ${text}\n`],
    ['stsa.train', (text: string) => `1 ${text}\n0 b\n`],
  ])('%s is read', async (name, write) => {
    for (const text of [long, withoutBlanks]) {
      const start = performance.now()
      const [row] = await rows(name, write(text))
      expect(row.text).toBe(text.trim())
      expect(new Words().of(row.text).length).toBeGreaterThan(1000)
      expect(performance.now() - start).toBeLessThan(10_000)
    }
  })

  test.each(['[', '{', '"', '[a](', '- ', ',', 'a:', '&a *a ', '\t', '#'])(
    'made of %j ends',
    async (mark) => {
      const text = mark.repeat(Math.floor(200_000 / mark.length))
      for (const name of ['a.json', 'a.jsonl', 'a.csv', 'a.tsv', 'a.txt', 'a.yml']) {
        const start = performance.now()
        for (const content of [text, `nlu:\n- intent: x\n  examples: |\n    - ${text}\n`])
          await rows(name, content).catch((error) => expect(error).toBeInstanceOf(DataError))
        expect(performance.now() - start).toBeLessThan(10_000)
      }
    },
  )
})

describe('anything at all', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"text"',
    '"label"',
    ':',
    ',',
    '"a"',
    '1',
    'null',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '- ',
    'nlu:',
    'intent: x',
    '  examples: |',
    '&a',
    '*a',
    '!!map',
    '? ',
    '__label__',
    '__label__x',
    'text',
    'label',
    '"',
    "'",
    '#',
    '|',
    '>',
    'é',
    '\u2028',
    '%',
    '---',
    '"intents"',
    '"utterances"',
    '"data"',
    '__proto__',
    '0 ',
    '<<: ',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
  )
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    text.map((string) => new TextEncoder().encode(string)),
  )
  test.each(['a.jsonl', 'a.json', 'a.csv', 'a.tsv', 'a.yml', 'a.txt', 'a.ft', 'stsa.binary.train'])(
    'in %s gives rows or a DataError',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(content, async (bytes) => {
          try {
            for (const row of await rows(name, bytes)) {
              expect(row.text.trim()).not.toBe('')
              expect(row.label.trim()).not.toBe('')
            }
          } catch (error) {
            if (!(error instanceof DataError)) throw error
          }
        }),
        { numRuns: 1500 },
      )
    },
  )
})
