import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DataError } from '../../src/errors.js'
import { type Engine, train } from '../../src/index.js'
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
