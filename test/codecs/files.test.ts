import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { writeAtomically } from '../../src/codecs/files.js'
import { UnrolledError } from '../../src/errors.js'

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-files-'))
afterAll(() => fs.rmSync(work, { recursive: true, force: true }))

const text = (content: string) => new TextEncoder().encode(content)
const inside = (folder: string) =>
  Object.fromEntries(
    fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]),
  )

it('writes and overwrites, leaving nothing else', () => {
  const folder = fs.mkdtempSync(path.join(work, 'x'))
  const write = (content: string) =>
    writeAtomically(
      ['a', 'b'].map((name) => ({ path: path.join(folder, name), bytes: text(name + content) })),
    )
  write('1')
  fs.writeFileSync(path.join(folder, 'a.tmp'), 'left over from a crash, and longer than what follows')
  write('2')
  expect(inside(folder)).toEqual({ a: 'a2', b: 'b2' })
})

it('changes no file when one of them cannot be written, names that one and removes the temporaries', () => {
  const folder = fs.mkdtempSync(path.join(work, 'x'))
  fs.writeFileSync(path.join(folder, 'a'), 'old')
  const missing = path.join(folder, 'missing/b')
  const files = [path.join(folder, 'a'), missing].map((place) => ({ path: place, bytes: text('new') }))
  expect(() => writeAtomically(files)).toThrow(UnrolledError)
  expect(() => writeAtomically(files)).toThrow(`${missing}: could not be written: ENOENT`)
  expect(inside(folder)).toEqual({ a: 'old' })
})

it('names the file that stands in the way of a rename', () => {
  const folder = fs.mkdtempSync(path.join(work, 'x'))
  fs.mkdirSync(path.join(folder, 'a/full'), { recursive: true })
  expect(() => writeAtomically([{ path: path.join(folder, 'a'), bytes: text('new') }])).toThrow(
    /\/a: could not be written/,
  )
  expect(fs.readdirSync(folder)).toEqual(['a'])
})
