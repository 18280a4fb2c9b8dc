import { describe, expect, it, test } from 'vitest'
import type { DataFile } from '../../src/data/index.js'
import { readScoredUtterances, readUtterances } from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'

/** Files in memory: what they hold by their paths. Sounds are empty: nobody reads them here. */
function filesOf(contents: Readonly<Record<string, string>>): DataFile[] {
  return Object.entries(contents).map(([path, text]) => ({
    path,
    name: `set/${path}`,
    bytes: async () => new TextEncoder().encode(text),
  }))
}

const random = () => new Random(1).split('data')
const none = { valid: [] }

/** What was found: path, text, and the piece of the file. */
async function found(contents: Readonly<Record<string, string>>) {
  const {
    train,
    test: rest,
    format,
  } = await readUtterances(filesOf(contents), 'set', { random: random(), ...none })
  const rows = [...train, ...rest].map(({ file, text, from, to }) =>
    from === undefined ? [file.path, text] : [file.path, text, from, to],
  )
  return { format, rows: rows.sort((a, b) => String(a).localeCompare(String(b))) }
}

const lines = (...rows: string[]) => `${rows.join('\n')}\n`
const manifest = (rows: readonly object[]) => lines(...rows.map((row) => JSON.stringify(row)))

describe('readUtterances', () => {
  it('reads a manifest of NeMo, with pieces of files', async () => {
    const list = manifest([
      { audio_filepath: 'a.wav', duration: 2, text: ' turn  left ' },
      { audio_filepath: 'sub/b.flac', offset: 2.5, duration: 1.5, text: 'right' },
    ])
    expect(await found({ 'list.jsonl': list, 'a.wav': '', 'sub/b.flac': '' })).toEqual({
      format: 'JSON lines',
      rows: [
        ['a.wav', 'turn left'],
        ['sub/b.flac', 'right', 2.5, 4],
      ],
    })
  })

  it('reads tables: Common Voice, and pictures in a CSV', async () => {
    const voice = lines('client_id\tpath\tsentence\tage', '1\tx.mp3\tHe said "no"\t20', '2\ty.mp3\tYes.\t')
    expect(await found({ 'list.tsv': voice, 'clips/x.mp3': '', 'clips/y.mp3': '' })).toEqual({
      format: 'a table',
      rows: [
        ['clips/x.mp3', 'He said "no"'],
        ['clips/y.mp3', 'Yes.'],
      ],
    })
    const { rows } = await found({ 'lines.csv': lines('file,text', '1.png,"a, b"'), '1.png': '' })
    expect(rows).toEqual([['1.png', 'a, b']])
  })

  it('reads LJSpeech, whose last column counts and whose quotation marks mean nothing', async () => {
    const list = lines('LJ001-1|In 1450, "so|In fourteen fifty, "so', 'LJ001-2|and on|')
    expect(await found({ 'metadata.csv': list, 'wavs/LJ001-1.wav': '', 'wavs/LJ001-2.wav': '' })).toEqual({
      format: 'LJSpeech',
      rows: [
        ['wavs/LJ001-1.wav', 'In fourteen fifty, "so'],
        ['wavs/LJ001-2.wav', 'and on'],
      ],
    })
  })

  it('reads a folder of Kaldi, with segments', async () => {
    const folder = {
      'wav.scp': lines('call1 sounds/call1.wav', 'call2 sounds/call2.wav'),
      segments: lines('call1-a call1 2.5 4.25', 'call2-a call2 0 1'),
      text: lines('call1-a turn left', 'call2-a right'),
      'sounds/call1.wav': '',
      'sounds/call2.wav': '',
    }
    expect(await found(folder)).toEqual({
      format: 'Kaldi',
      rows: [
        ['sounds/call1.wav', 'turn left', 2.5, 4.25],
        ['sounds/call2.wav', 'right', 0, 1],
      ],
    })
    const { segments: _, ...whole } = { ...folder, text: lines('call1 turn left') }
    expect((await found(whole)).rows).toEqual([['sounds/call1.wav', 'turn left']])
  })

  it('reads LibriSpeech', async () => {
    const set = {
      '84/121/84-121.trans.txt': lines('84-121-0000 GO DO', '84-121-0001 YOU'),
      '84/121/84-121-0000.flac': '',
      '84/121/84-121-0001.flac': '',
    }
    expect(await found(set)).toEqual({
      format: 'LibriSpeech',
      rows: [
        ['84/121/84-121-0000.flac', 'GO DO'],
        ['84/121/84-121-0001.flac', 'YOU'],
      ],
    })
  })

  it("reads Audacity's label tracks", async () => {
    const set = { 'talk.wav': '', 'talk.txt': lines('0.5\t1.25\tturn left', '2.0\t2.0\tmark', '3\t4\t') }
    expect(await found(set)).toEqual({
      format: 'label tracks of Audacity',
      rows: [['talk.wav', 'turn left', 0.5, 1.25]],
    })
  })

  it('reads a text beside each file, and a folder per word', async () => {
    expect(await found({ 'a.png': '', 'a.gt.txt': 'Hello\n', 'b.png': '', 'b.txt': 'you' })).toEqual({
      format: 'a text beside each file',
      rows: [
        ['a.png', 'Hello'],
        ['b.png', 'you'],
      ],
    })
    expect(await found({ 'seven/1.wav': '', 'go_on/1.wav': '' })).toEqual({
      format: 'a folder per word',
      rows: [
        ['go_on/1.wav', 'go on'],
        ['seven/1.wav', 'seven'],
      ],
    })
  })

  test('parts are told by the names of lists and folders', async () => {
    const set = {
      'train.jsonl': manifest([{ file: 'a.wav', text: 'a' }]),
      'dev.jsonl': manifest([{ file: 'b.wav', text: 'b' }]),
      'test.jsonl': manifest([{ file: 'c.wav', text: 'c' }]),
      'a.wav': '',
      'b.wav': '',
      'c.wav': '',
    }
    const read = await readUtterances(filesOf(set), 'set', { random: random() })
    expect([read.train, read.valid, read.test].map((rows) => rows.map(({ text }) => text))).toEqual([
      ['a'],
      ['b'],
      ['c'],
    ])
    expect(read.split).toBe('given')
    const scored = await readScoredUtterances(filesOf(set), 'set')
    expect(scored.rows.map(({ text }) => text)).toEqual(['c'])
    const words = { 'train/yes/1.wav': '', 'train/no/1.wav': '', 'test/no/2.wav': '' }
    const folders = await readUtterances(filesOf(words), 'set', { random: random(), ...none })
    expect(folders.train).toHaveLength(2)
    expect(folders.test.map(({ file }) => file.path)).toEqual(['test/no/2.wav'])
  })

  it('holds a tenth out each, also where no two texts are alike', async () => {
    const named = (count: number, text: (i: number) => string, file = (i: number) => `${i}.wav`) => {
      const rows = Array.from({ length: count }, (_, i) => ({ file: file(i), offset: 1, text: text(i) }))
      const sounds = Object.fromEntries(rows.map((row) => [row.file, '']))
      return readUtterances(filesOf({ 'list.jsonl': manifest(rows), ...sounds }), 'set', { random: random() })
    }
    const different = await named(60, (i) => `text ${i}`)
    expect([different.train, different.valid, different.test].map(({ length }) => length)).toEqual([48, 6, 6])
    const words = await named(60, (i) => 'abcde'[i % 5])
    for (const part of [words.valid, words.test]) expect(new Set(part.map(({ text }) => text)).size).toBe(5)
    // pieces of one recording stay together
    const pieces = await named(
      60,
      (i) => `text ${i}`,
      (i) => `${i % 20}.wav`,
    )
    const filesIn = (part: typeof pieces.train) => new Set(part.map(({ file }) => file.path))
    expect(pieces.valid.length).toBeGreaterThan(0)
    for (const part of [pieces.valid, pieces.test])
      for (const path of filesIn(part)) expect(filesIn(pieces.train).has(path), path).toBe(false)
    const alone = await named(
      9,
      (i) => `text ${i}`,
      () => 'talk.wav',
    )
    expect(alone.train).toHaveLength(9)
    expect(alone.notes).toEqual(['set has too few recordings to hold any out for validation'])
  })

  it("takes Common Voice's parts rather than the lists that hold them all, and LibriSpeech's folders", async () => {
    const list = (...names: string[]) =>
      lines('path\tsentence', ...names.map((name) => `${name}.mp3\tsay ${name}`))
    const clips = Object.fromEntries('abcdef'.split('').map((name) => [`clips/${name}.mp3`, '']))
    const voice = {
      'validated.tsv': list('a', 'b', 'c'),
      'invalidated.tsv': list('d'),
      'train.tsv': list('a'),
      'dev.tsv': list('b'),
      'test.tsv': list('c'),
      ...clips,
    }
    const read = await readUtterances(filesOf(voice), 'set', { random: random() })
    expect([read.train, read.valid, read.test].map((rows) => rows.map(({ text }) => text))).toEqual([
      ['say a'],
      ['say b'],
      ['say c'],
    ])
    expect(read.notes).toEqual([
      'left out validated.tsv, invalidated.tsv of set: other lists name the parts',
      'left out 3 files without a text: clips/d.mp3, clips/e.mp3, clips/f.mp3',
    ])
    const libri = Object.fromEntries(
      ['train-clean-100', 'dev-clean', 'test-clean'].flatMap((folder) => [
        [`${folder}/1/1-1.trans.txt`, lines(`1-1-0 ${folder.toUpperCase()}`)],
        [`${folder}/1/1-1-0.flac`, ''],
      ]),
    )
    const parts = await readUtterances(filesOf(libri), 'set', { random: random() })
    expect([parts.train, parts.valid, parts.test].map((rows) => rows.map(({ text }) => text))).toEqual([
      ['TRAIN-CLEAN-100'],
      ['DEV-CLEAN'],
      ['TEST-CLEAN'],
    ])
  })

  it('takes the parts that a column of a table names', async () => {
    const table = lines('file_name,Text,split', 'a.wav,one,train', 'b.wav,two,test', 'c.wav,three,dev')
    const sounds = { 'a.wav': '', 'b.wav': '', 'c.wav': '' }
    const read = await readUtterances(filesOf({ 'list.csv': table, ...sounds }), 'set', { random: random() })
    expect([read.train, read.valid, read.test].map((rows) => rows.map(({ text }) => text))).toEqual([
      ['one'],
      ['three'],
      ['two'],
    ])
  })

  it('does not take a lone folder for a word, nor what begins with _', async () => {
    await expect(found({ 'list.csv': 'x,y\n1,2\n', 'wavs/1.wav': '', 'wavs/2.wav': '' })).rejects.toThrow(
      /expected sounds or pictures and what they say/,
    )
    const { rows } = await found({ 'yes/1.wav': '', 'no/1.wav': '', '_background_noise_/1.wav': '' })
    expect(rows.map(([path]) => path)).toEqual(['no/1.wav', 'yes/1.wav'])
  })

  test('a list finds files that lie elsewhere', async () => {
    const [list] = filesOf({ 'list.jsonl': manifest([{ file: '/far/a.wav', text: 'a' }]) })
    const far: DataFile = { path: 'a.wav', name: '/far/a.wav', bytes: async () => new Uint8Array() }
    const beside = async (path: string) => (path === '/far/a.wav' ? far : undefined)
    const { train } = await readUtterances([{ ...list, beside }], 'list.jsonl', {
      random: random(),
      ...none,
    })
    expect(train[0].file).toBe(far)
  })

  it('names all the files that are missing in one error', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => ({ file: `${i}.wav`, text: 'a' }))
    const error = await found({ 'list.jsonl': manifest(rows), '7.wav': '' }).catch((each: unknown) => each)
    expect(error).toBeInstanceOf(DataError)
    const { message } = error as DataError
    expect(message).toMatch(
      /^set\/list\.jsonl: expected all the files that it names, found 29 of 30 missing:\n {2}line 1: 0\.wav/,
    )
    expect(message).not.toContain('line 8:')
    expect(message).toContain('and 9 more')
  })

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'no list',
      { 'notes.md': 'hm' },
      /^set: expected sounds or pictures and what they say .* found 1 file of/,
    ],
    [
      'a manifest without a text',
      { 'a.jsonl': '{"file": "a.wav"}\n', 'a.wav': '' },
      /a\.jsonl:1: expected a text under "text", found none/,
    ],
    [
      'a manifest with a broken line',
      { 'a.jsonl': '{"file": "a.wav", "text": "a"}\n{"file"\n', 'a.wav': '' },
      /a\.jsonl:2: expected a JSON object/,
    ],
    [
      'a negative offset',
      { 'a.jsonl': '{"file": "a.wav", "text": "a", "offset": -1}\n', 'a.wav': '' },
      /a\.jsonl:1: expected seconds under "offset", found -1/,
    ],
    [
      'a command in Kaldi',
      { 'wav.scp': 'a sph2pipe a |\n', text: 'a b\n' },
      /wav\.scp:1: expected a file, found a command/,
    ],
    [
      'an unknown recording',
      { 'wav.scp': 'a a.wav\n', text: 'b words\n', 'a.wav': '' },
      /text:1: expected a name that set\/wav\.scp has, found "b"/,
    ],
    [
      'a segment that ends before it begins',
      { 'wav.scp': 'a a.wav\n', segments: 'u a 3 2\n', text: 'u words\n' },
      /segments:1: expected a recording, a begin and an end/,
    ],
    [
      'LibriSpeech without words',
      { 'a.trans.txt': 'a-1\n', 'a-1.flac': '' },
      /a\.trans\.txt:1: expected a text behind the name/,
    ],
  ])('refuses %s', async (_, contents, message) => {
    await expect(found(contents)).rejects.toThrow(DataError)
    await expect(found(contents)).rejects.toThrow(message)
  })
})
