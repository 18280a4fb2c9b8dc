import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DataError } from '../../src/errors.js'
import { filesOf, readDataset, readExamples } from '../../src/formats/files.js'
import { Random } from '../../src/random/random.js'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'unrolled-data-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const random = () => new Random(1).split('data')

async function write(path: string, content: string | Uint8Array): Promise<string> {
  const full = join(root, path)
  await mkdir(dirname(full), { recursive: true })
  await writeFile(full, content)
  return full
}

describe('readDataset', () => {
  test('reads a file, splits it and says what it found', async () => {
    const lines = Array.from({ length: 50 }, (_, i) =>
      JSON.stringify({ text: `text ${i}`, label: i % 2 ? 'x' : 'y' }),
    )
    const path = await write('one/intents.jsonl', lines.join('\n'))
    const { train, valid, test, detection } = await readDataset(path, { random: random() })
    expect([train.length, valid.length, test.length]).toEqual([40, 5, 5])
    expect(detection).toEqual({
      format: 'JSON lines',
      source: 'intents.jsonl',
      columns: { text: 'text', label: 'label', header: true },
      sizes: { train: 40, valid: 5, test: 5 },
      split: 'automatic',
      rows: [0, 1, 2].map((i) => ({ text: `text ${i}`, label: i % 2 ? 'x' : 'y', file: path, line: i + 1 })),
      labels: 2,
      notes: [],
    })
    expect(await readDataset(path, { random: random() })).toEqual(
      await readDataset(path, { random: random() }),
    )
  })

  test('reads a folder with parts, past hidden files and links to folders', async () => {
    for (const [part, rows] of [
      ['train', 'a\tx\nb\ty\nc\tx\nd\ty\n'],
      ['dev', 'e\tx\n'],
      ['test', 'f\ty\n'],
    ])
      await write(`two/${part}.tsv`, rows)
    await write('two/.cache/train.tsv', 'broken')
    await symlink(join(root, 'two'), join(root, 'two', 'again'))
    await symlink(join(root, 'two', 'dev.tsv'), join(root, 'two', 'valid2.lnk'))
    const { detection } = await readDataset(join(root, 'two'), { random: random() })
    expect(detection).toMatchObject({
      format: 'TSV',
      source: '*.tsv',
      sizes: { train: 4, valid: 1, test: 1 },
      split: 'given',
    })
    expect((await readExamples(join(root, 'two'))).examples.map((row) => row.text)).toEqual(['f'])
  })

  test('reads validation and test rows from elsewhere', async () => {
    const path = await write('three/a.csv', 'text,label\na,x\nb,y\nc,x\nd,y\n')
    const valid = await write('three/b.csv', 'label,text\nx,e\n')
    const { detection } = await readDataset(path, { random: random(), valid, test: join(root, 'three') })
    expect(detection.sizes).toEqual({ train: 4, valid: 1, test: 5 })
  })

  test('names a missing file, the nearest that exists, an empty file and an empty folder', async () => {
    const path = await write('four/intents.csv', '')
    await mkdir(join(root, 'four', 'nothing'))
    const missing = join(root, 'four', 'intent.csv')
    const reading = readDataset(missing, { random: random() })
    await expect(reading).rejects.toThrow(DataError)
    await expect(reading).rejects.toThrow(
      `${missing}: expected a file or a folder with data, found none; did you mean ${path}?`,
    )
    await expect(readDataset(join(path, 'x'), { random: random() })).rejects.toThrow('found none')
    await expect(readDataset(path, { random: random() })).rejects.toThrow(
      `${path}: expected labelled texts, found an empty file`,
    )
    await expect(readDataset(join(root, 'four', 'nothing'), { random: random() })).rejects.toThrow(
      'found an empty folder',
    )
  })

  test('names the file and the line of invalid UTF-8', async () => {
    const path = await write('five/a.csv', Buffer.from('text,label\ncaf\xe9,x\nb,y\n', 'latin1'))
    await expect(readDataset(path, { random: random() })).rejects.toThrow(
      `${path}:2: expected UTF-8, found byte 0xe9 at offset 14`,
    )
    const { examples } = await readExamples(path, { encoding: 'latin1' })
    expect(examples[0].text).toBe('café')
  })
})

describe('what is written is read', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    .map((value) => value.replace(/\0/g, '').trim())
    .filter((value) => value !== '')
  const inLine = text.map((value) => value.replace(/[\r\n\t]/g, ' ').trim()).filter((value) => value !== '')
  const label = fc.stringMatching(/^[a-z]{1,8}$/)
  const cell = (value: string) => `"${value.replace(/"/g, '""')}"`
  const writers: Record<string, (rows: [string, string][]) => string> = {
    'rows.jsonl': (rows) =>
      rows.map(([value, name]) => JSON.stringify({ text: value, label: name })).join('\n'),
    'rows.csv': (rows) => ['text,label', ...rows.map((row) => row.map(cell).join(','))].join('\r\n'),
    'rows.json': (rows) => JSON.stringify(rows),
    'rows.ft': (rows) => rows.map(([value, name]) => `__label__${name} ${value}`).join('\n'),
    'rows.tsv': (rows) => ['text\tlabel', ...rows.map((row) => row.join('\t'))].join('\n'),
    'rows.yml': (rows) =>
      `nlu:\n${rows.map(([value, name]) => `- intent: "${name}"\n  examples:\n    - text: ${JSON.stringify(value)}\n`).join('')}`,
  }

  test.each(Object.keys(writers))('%s', async (name) => {
    const value =
      name.endsWith('.ft') || name.endsWith('.tsv')
        ? inLine.filter((one) => !/["]|__label__/.test(one))
        : text
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(value, label), { minLength: 1, maxLength: 8 }), async (rows) => {
        const path = await write(`round/${name}`, writers[name](rows))
        const { examples } = await readExamples(path)
        const expected = name === 'rows.yml' ? rows.filter(([one]) => !/[[\]]/.test(one)) : rows
        fc.pre(expected.length === rows.length)
        expect(examples.map((row) => [row.text, row.label])).toEqual(rows)
      }),
      { numRuns: 150 },
    )
  })
})

test('a file finds those that it names, from its folder or by their whole path', async () => {
  await write('named/list.txt', 'sounds/a.bin')
  const sound = await write('named/sounds/a.bin', Uint8Array.of(1, 2, 3))
  const [list] = await filesOf(join(root, 'named/list.txt'))
  for (const path of ['sounds/a.bin', sound])
    expect([...((await (await list.beside?.(path))?.bytes()) ?? [])]).toEqual([1, 2, 3])
  for (const path of ['a.bin', 'sounds', '/nowhere']) expect(await list.beside?.(path), path).toBe(undefined)
})
