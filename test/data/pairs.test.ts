import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type DataFile,
  pairSources,
  readFiles,
  readPairFiles,
  streamLines,
  streamText,
  textFiles,
} from '../../src/data/index.js'
import { Random } from '../../src/random/random.js'
import { file, files } from './files.js'

const random = new Random(1)
const bytesOf = (text: string) => new TextEncoder().encode(text)

/** A file whose bytes come in pieces of `size`. */
function streamed(path: string, bytes: Uint8Array, size: number): DataFile {
  return {
    ...file(path, bytes),
    bytes: () => Promise.reject(new Error('read at once')),
    async *stream() {
      for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
    },
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** All pairs of the only source among some files. */
async function pairs(given: readonly DataFile[], options: Parameters<typeof pairSources>[2] = {}) {
  const [source] = pairSources(given, 'root', options)
  return (await all(source.read())).map((pair) => pair && [pair.source, pair.target])
}

describe('lines', () => {
  const lines = fc.array(
    fc.string({ unit: 'binary' }).map((text) => text.replace(/[\n\r\0\ufeff\ud800-\udfff]/g, '')),
  )

  test('come one by one, whatever the pieces of bytes, packed or not', async () => {
    await fc.assert(
      fc.asyncProperty(lines, fc.integer({ min: 1, max: 7 }), fc.boolean(), async (texts, size, packed) => {
        const bytes = bytesOf(texts.join('\n'))
        const given = packed ? streamed('a.txt.gz', gzipSync(bytes), size) : streamed('a.txt', bytes, size)
        const found = await all(streamLines(given))
        const expected = texts.at(-1) === '' ? texts.slice(0, -1) : texts // no line after the last line feed
        expect(found.map(({ text }) => text)).toEqual(expected)
        expect(found.map(({ line }) => line)).toEqual(expected.map((_, i) => i + 1))
      }),
      { numRuns: 50 },
    )
  })

  test('of files with CRLF, a mark at the beginning, UTF-16 or latin1', async () => {
    const texts = async (given: DataFile, encoding?: 'latin1') =>
      (await all(streamLines(given, encoding))).map(({ text }) => text)
    expect(await texts(file('a', '\ufeffa\r\n\r\nb\r\n'))).toEqual(['a', '', 'b'])
    expect(await texts(file('a', new Uint8Array(Buffer.from('\ufeffaé\nb', 'utf16le'))))).toEqual(['aé', 'b'])
    expect(await texts(file('a', new Uint8Array([0xe9, 0x0a])), 'latin1')).toEqual(['é'])
    expect(await texts(file('a', ''))).toEqual([])
  })

  test('that are no text are refused with their place', async () => {
    const bad = new Uint8Array([...bytesOf('a\nb\nc'), 0xff])
    await expect(all(streamLines(streamed('a.txt', bad, 2)))).rejects.toThrow('a.txt:3: expected utf-8 text')
    await expect(all(streamLines(streamed('a.txt', bytesOf('a\nb\0'), 1)))).rejects.toThrow(
      'a.txt:2: expected text',
    )
    const half = bytesOf('é').subarray(0, 1)
    await expect(all(streamText(file('a.txt', half)))).rejects.toThrow('a.txt:1: expected utf-8 text')
  })

  test('of a damaged .gz file are refused', async () => {
    const packed = gzipSync(bytesOf('hello '.repeat(1000)))
    for (const bytes of [bytesOf('no gzip'), packed.subarray(0, 20)])
      await expect(all(streamLines(file('a.gz', bytes)))).rejects.toThrow('a.gz: expected gzip data')
    const failing = { ...file('a.gz', packed), bytes: () => Promise.reject(new Error('gone')) }
    await expect(all(streamLines(failing))).rejects.toThrow('gone')
  })

  test('may be left early', async () => {
    let closed = false
    const endless: DataFile = {
      ...file('a.txt', ''),
      async *stream() {
        try {
          for (;;) yield bytesOf('x\n')
        } finally {
          closed = true
        }
      },
    }
    for await (const { line } of streamLines(endless)) if (line === 10) break
    expect(closed).toBe(true)
  })
})

test('labelled texts are read from .gz files too', async () => {
  const rows = Array.from({ length: 20 }, (_, i) => `{"text": "t${i}", "label": "${i % 2}"}`).join('\n')
  const { train, detection } = await readFiles([file('a.jsonl.gz', gzipSync(rows))], 'a.jsonl.gz', { random })
  expect([train.length, detection.format]).toEqual([16, 'JSON lines'])
})

describe('plain text files', () => {
  test('are sorted into parts', () => {
    const {
      train,
      valid,
      test: last,
      all: rest,
    } = textFiles(
      files({
        'ptb.train.txt': '',
        'ptb.valid.txt': '',
        'ptb.test.txt.gz': '',
        'README.md': '',
        'b/more.txt': '',
      }),
      'ptb',
    )
    const paths = (list: readonly DataFile[] = []) => list.map(({ path }) => path)
    expect([train, valid, last, rest].map(paths)).toEqual([
      ['ptb.train.txt'],
      ['ptb.valid.txt'],
      ['ptb.test.txt'],
      ['b/more.txt'],
    ])
    expect(textFiles(files({ 'input.md': '' }), 'input.md').all?.length).toBe(1)
    expect(() => textFiles(files({ 'a.png': '', 'b.png': '' }), 'root')).toThrow('root: expected text files')
  })
})

describe('parallel files', () => {
  const contents = {
    'train.de': 'eins\nzwei\n\ndrei\n',
    'train.en': 'one\ntwo\nblank\nthree\n',
    'train.fr': 'un\n',
    'val.de': 'vier\n',
    'val.en': 'four\n',
    'test_2016.de': 'sechs\n',
    'test_2016.en': 'six\n',
    'test_2017.de': 'sieben\n',
    'test_2017.en': 'seven\n',
  }

  test('are told by the endings that the options name', async () => {
    const data = await readPairFiles(files(contents), 'multi30k', { source: 'de', target: 'en', random })
    expect(data.train.map(({ source, target, line }) => [source, target, line])).toEqual([
      ['eins', 'one', 1],
      ['zwei', 'two', 2],
      ['drei', 'three', 4],
    ])
    expect(data.detection).toMatchObject({
      format: 'parallel lines, train.de and .en',
      sizes: { train: 3, valid: 1, test: 1 },
      notes: [
        'the test part is parallel lines, test_2016.de and .en, not parallel lines, test_2017.de and .en (the option test chooses)',
        'parallel lines, train.de and .en: left out 1 pairs of which a text is blank or missing',
      ],
    })
    expect(data.test[0].target).toBe('six')
    const { test: other } = await readPairFiles(files(contents), 'multi30k', {
      source: 'de',
      target: 'en',
      random,
      test: files({ 'x.de': 'sieben', 'x.en': 'seven' }),
    })
    expect(other[0].target).toBe('seven')
  })

  test('must have as many lines', async () => {
    const read = (a: string, b: string) => pairs(files({ 'a.src': a, 'a.tgt': b }))
    expect(await read('a\nb\n', 'c\nd')).toEqual([
      ['a', 'c'],
      ['b', 'd'],
    ])
    await expect(read('a\nb\nc\n', 'd\n')).rejects.toThrow(
      'a.tgt:2: expected as many lines as a.src (3), found 1',
    )
    await expect(read('a\n', 'd\ne\n')).rejects.toThrow(
      'a.src:2: expected as many lines as a.tgt (2), found 1',
    )
  })

  test('must be named where it is not clear', () => {
    expect(() => pairSources(files(contents), 'multi30k')).toThrow(
      'multi30k: expected pairs of texts: .tsv, .jsonl or .tmx files, or two files whose endings the options source and target name (train.de, train.en), found files ending in de, en, fr',
    )
  })
})

describe('pairs in one file', () => {
  test('with tabs', async () => {
    expect(await pairs([file('fra.txt', 'Go.\tVa !\tCC-BY\n"Hi"\tSalut "\n\n\tnichts\n')])).toEqual([
      ['Go.', 'Va !'],
      ['"Hi"', 'Salut "'],
      undefined,
    ])
    expect(await pairs([file('a.tsv', 'id\ttgt\tsrc\n1\tb\ta\n')])).toEqual([['a', 'b']])
    expect(await pairs([file('a.tsv', 'de\ten\nja\tyes\n')], { source: 'en', target: 'de' })).toEqual([
      ['yes', 'ja'],
    ])
    expect(await pairs([file('a.tsv', '1\tx\ty\n')], { source: '3', target: '2' })).toEqual([['y', 'x']])
    await expect(pairs([file('a.tsv', 'a\tb\nc\n')])).rejects.toThrow(
      'a.tsv:2: expected a source and a target',
    )
    await expect(pairs([file('a.tsv', 'a\tb\n')], { source: 'x' })).rejects.toThrow(
      'a.tsv:1: expected a column "x", found a, b',
    )
  })

  test('as JSON lines', async () => {
    const lines = '{"src": "a", "tgt": "b"}\n\n{"translation": {"src": "c", "tgt": "d"}}\n'
    expect(await pairs([file('a.jsonl', lines)])).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    const languages = { source: 'de', target: 'en' }
    expect(await pairs([file('a.jsonl', '{"translation": {"de": "ja", "en": "yes"}}')], languages)).toEqual([
      ['ja', 'yes'],
    ])
    await expect(pairs([file('a.jsonl', '{"de": "ja", "en": 3}')], languages)).rejects.toThrow(
      'a.jsonl:1: expected texts under de and en, found an object with de, en',
    )
    await expect(pairs([file('a.jsonl', '[1]')])).rejects.toThrow('a.jsonl:1: expected a JSON object')
  })

  test('is cut into parts', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => `s${i}\tt${i}`).join('\n')
    const {
      detection,
      train,
      valid,
      test: last,
    } = await readPairFiles([file('a.tsv', lines)], 'a.tsv', { random })
    expect(detection).toMatchObject({ format: 'TSV, a.tsv', split: 'automatic' })
    expect(new Set([...train, ...valid, ...last].map(({ source }) => source)).size).toBe(20)
    await expect(readPairFiles([file('a.tsv', '\n')], 'a.tsv', { random })).rejects.toThrow(
      'a.tsv: expected training rows',
    )
  })
})

const tmx = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4">
  <header srclang="en" segtype="sentence" adminlang="en" datatype="x" o-tmf='a>b'/>
  <!-- isn't <tu> -->
  <body>
    <tu tuid="1">
      <note>not this</note>
      <tuv xml:lang="fr-FR"><seg>Bonjour &amp; bienvenue <bpt i="1">&lt;b></bpt>ici<ept i="1">&lt;/b></ept> !</seg></tuv>
      <tuv xml:lang="EN-gb"><seg>Hello &#38; <hi>welcome</hi>
        here&#x21;</seg></tuv>
    </tu>
    <tu><tuv xml:lang="en"><seg>only one</seg></tuv></tu>
    <tu><tuv lang="en"><seg><![CDATA[a < b]]></seg></tuv><tuv xml:lang="de"><seg>x</seg></tuv><tuv xml:lang="fr"><seg>y</seg></tuv></tu>
  </body>
</tmx>
`

describe('TMX', () => {
  const expected = [['Hello & welcome here!', 'Bonjour & bienvenue ici !'], undefined, ['a < b', 'y']]

  test('is read in pieces of any size', async () => {
    for (const size of [1, 7, 100, 10_000])
      expect(await pairs([streamed('a.tmx', bytesOf(tmx), size)], { target: 'fr' }), String(size)).toEqual(
        expected,
      )
    expect(await pairs([file('a.tmx.gz', gzipSync(tmx))], { source: 'en', target: 'fr' })).toEqual(expected)
  })

  test('in UTF-16, in any direction, with the languages of its first unit', async () => {
    const wide = new Uint8Array(Buffer.from(`\ufeff${tmx}`, 'utf16le'))
    expect(await pairs([file('a.tmx', wide)])).toEqual([expected[0], undefined, undefined])
    const [first] = await pairs([file('a.tmx', tmx)], { source: 'fr', target: 'en' })
    expect(first).toEqual(['Bonjour & bienvenue ici !', 'Hello & welcome here!'])
    const lines = await all(pairSources([file('a.tmx', tmx)], 'root')[0].read())
    expect(lines[0]?.line).toBe(7)
  })

  test.each([
    ['<html></html>', 'a.tmx:1: expected <tmx>, found <html>'],
    ['<tmx>\n<tu></body>', 'a.tmx:2: expected </tu>, found </body>'],
    ['<tmx>\n<body>', 'a.tmx:2: expected </body>, found the end of the file'],
    ['<tmx a=b></tmx>', 'a.tmx:1: expected a tag such as <tuv xml:lang="en">, found "<tmx a=b>"'],
    ['<tmx>&nbsp;</tmx>', 'expected one of the entities &amp;'],
    ['<tmx>a & b</tmx>', 'expected one of the entities'],
    ['<tmx><tu><tuv></tuv></tu></tmx>', 'a.tmx:1: expected a language (xml:lang) in <tuv>, found none'],
    ['<tmx></tmx>', 'a.tmx: expected units with the languages of a source and of a target, found none'],
    ['<tmx></tmx><', 'expected a complete document, found the end of the file'],
    ['</tmx>', 'expected no closing tag'],
    ['', 'a.tmx: expected a TMX document, found none'],
  ])('%j is refused', async (text, message) => {
    await expect(pairs([file('a.tmx', text)])).rejects.toThrow(message)
  })

  test('without the languages asked for is refused', async () => {
    await expect(pairs([file('a.tmx', tmx)], { source: 'en', target: 'it' })).rejects.toThrow(
      'a.tmx: expected units with the languages en and it, found fr-FR, EN-gb, en, de, fr',
    )
  })

  test('with a tag that never ends is given up', async () => {
    const text = `<tmx ${'x'.repeat(3_000_000)}`
    await expect(pairs([streamed('a.tmx', bytesOf(text), 60_000)])).rejects.toThrow(
      'expected the end of what begins here',
    )
  })
})
