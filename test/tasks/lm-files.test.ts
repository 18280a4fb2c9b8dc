import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DataError } from '../../src/errors.js'
import { filesOf } from '../../src/formats/files.js'
import { type Engine, train } from '../../src/index.js'
import { Random } from '../../src/random/index.js'
import { lmFiles } from '../../src/tasks/lm-files.js'
import { openEngine } from '../tensor/engines.js'
import { easyLines, smallText } from './lm-text.js'

// text in files is read anew for each pass; what comes out is what the same text in memory gives
let engine: Engine
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-lm-files-'))
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(async () => {
  await engine.dispose()
  fs.rmSync(work, { recursive: true, force: true })
})

// more than one piece of a file, with characters of several bytes and long words
const lines = easyLines(6000).map((line, i) => (i % 7 === 0 ? `${line} Ünglaublich-lange-${i % 3} 👍` : line))
const settings = { ...smallText, train: { ...smallText.train, epochs: 1, seconds: null } }

it.each(['characters', 'words', 'pieces'] as const)('reads %s in files as in memory', async (tokens) => {
  const folder = path.join(work, tokens)
  fs.mkdirSync(folder)
  fs.writeFileSync(path.join(folder, 'a.txt'), `${lines.slice(0, 4000).join('\r\n')}\r\n`)
  fs.writeFileSync(path.join(folder, 'b.txt.gz'), gzipSync(lines.slice(4000, 5000).join('\n')))
  fs.writeFileSync(path.join(folder, 'c.txt'), lines.slice(5000).join('\n'))
  const text = { tokens, vocabulary: tokens === 'pieces' ? 300 : 50 }
  const learn = (data: string | readonly string[], out: string) =>
    train({ task: 'lm', data, out: path.join(work, out), engine, text, ...settings })
  const fromFiles = await learn(folder, `${tokens}-files`)
  const inMemory = await learn(lines, `${tokens}-memory`)
  const { tensors, config } = inMemory.store()
  expect(fromFiles.store().config).toEqual(config)
  for (const [name, { data }] of Object.entries(fromFiles.store().tensors))
    expect(Buffer.from(data.buffer, data.byteOffset, data.byteLength)).toEqual(
      Buffer.from(tensors[name].data.buffer, tensors[name].data.byteOffset, tensors[name].data.byteLength),
    )
  const read = (out: string) => JSON.parse(fs.readFileSync(path.join(work, out, 'metrics.json'), 'utf8'))
  const { seconds: _, train: found, ...scores } = read(`${tokens}-files`)
  const { seconds: __, train: expected, ...others } = read(`${tokens}-memory`)
  expect(scores).toEqual(others)
  expect(found.rows).toBe(expected.rows)
  for (const model of [fromFiles, inMemory]) model.dispose()
})

it('finds no text in blank files', async () => {
  const blank = path.join(work, 'blank.txt')
  fs.writeFileSync(blank, '\n \n'.repeat(50_000))
  await expect(train({ task: 'lm', data: blank, engine })).rejects.toThrow(DataError)
  await expect(train({ task: 'lm', data: blank, engine })).rejects.toThrow('expected text to learn from')
})

it.skipIf(process.platform === 'win32')('reads a pipe, which gives its text once', async () => {
  const pipe = path.join(work, 'pipe.txt')
  execFileSync('mkfifo', [pipe])
  const out = path.join(work, 'piped')
  const piped = { ...settings, text: { tokens: 'words' as const }, valid: 'none' as const }
  const [model] = await Promise.all([
    train({ task: 'lm', data: pipe, out, engine, ...piped }),
    fs.promises.writeFile(pipe, lines.join('\n')),
  ])
  const { train: found, test } = JSON.parse(fs.readFileSync(path.join(out, 'metrics.json'), 'utf8'))
  expect(found.rows + test.rows).toBe(lines.length)
  model.dispose()
})

it.each([
  ['a line more', 'one\n', 'longer.txt: expected 6000 lines of .*, found 6001 lines of'],
  ['a word more', 'one ', 'wordier.txt: expected 6000 lines of .*, found 6000 lines of'],
])('refuses a file that changes while it is read: %s', async (_, before, message) => {
  const file = path.join(work, message.slice(0, message.indexOf(':')))
  fs.writeFileSync(file, lines.join('\n'))
  const named = { root: file, data: await filesOf(file) }
  const { data } = await lmFiles.read(named, { random: new Random(1), read: { encoding: 'utf-8' } })
  const again = async () => {
    let count = 0
    for await (const block of data.source ?? []) count += block.length
    return count
  }
  expect(await again()).toBe(data.source?.length)
  fs.writeFileSync(file, before + lines.join('\n'))
  const refusal = again()
  await expect(refusal).rejects.toThrow(DataError)
  await expect(refusal).rejects.toThrow(new RegExp(message))
})
