import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { streamLines, textFiles } from '../../src/data/index.js'
import { filesOf, readPairDataset, readTaggedDataset } from '../../src/formats/files.js'
import { Random } from '../../src/random/random.js'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'unrolled-texts-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const random = () => new Random(1).split('data')

async function write(path: string, content: string | Uint8Array): Promise<string> {
  const full = join(root, path)
  await mkdir(dirname(full), { recursive: true })
  await writeFile(full, content)
  return full
}

test('tagged texts are read from folders, parts from paths', async () => {
  await write('tagged/train.conll', 'Oslo B-city\nis O\n')
  await write('tagged/README.md', '# about')
  const valid = await write('more/a.conll', 'Rome B-city\n')
  const { types, detection } = await readTaggedDataset(join(root, 'tagged'), { random: random(), valid })
  expect(types).toEqual(['city'])
  expect(detection).toMatchObject({
    format: 'CoNLL, 2 columns, IOB2 (BIO) tags',
    sizes: { train: 1, valid: 1 },
  })
})

test('pairs are read from packed parallel files', async () => {
  await write('pairs/train.de.gz', gzipSync('eins\nzwei\n'))
  await write('pairs/train.en.gz', gzipSync('one\ntwo\n'))
  const last = await write('other.tsv', 'de\ten\ndrei\tthree\n')
  const languages = { source: 'de', target: 'en', random: random() }
  const { train, test: rows } = await readPairDataset(join(root, 'pairs'), { ...languages, test: last })
  expect([...train, ...rows].length).toBe(2)
  const damaged = await write('bad/train.en.gz', 'no gzip')
  await write('bad/train.de', 'eins\n')
  await expect(readPairDataset(dirname(damaged), languages)).rejects.toThrow(`${damaged}: expected gzip data`)
})

test('plain text is streamed from disk', async () => {
  const text = Array.from({ length: 30_000 }, (_, i) => `line ${i} ${'é'.repeat(i % 7)}`).join('\n')
  await write('plain/a.train.txt', text)
  const gone = await write('plain/b.valid.txt', 'x')
  const { train = [], valid = [] } = textFiles(await filesOf(join(root, 'plain')), 'plain')
  const lines: string[] = []
  for await (const line of streamLines(train[0])) lines.push(line.text)
  expect(lines.join('\n')).toBe(text)
  await rm(gone)
  await expect(streamLines(valid[0]).next()).rejects.toThrow(`${gone}: expected a file, found none`)
})
