import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { UnrolledError } from '../../src/errors.js'
import { FrameCache } from '../../src/formats/frame-cache.js'

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-frames-'))
afterAll(() => fs.rmSync(work, { recursive: true, force: true }))

const bytes = Uint8Array.of(1, 2, 3)
const filesIn = (folder: string) =>
  fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())

it('computes frames once for the same bytes and settings, and anew for others or a damaged file', async () => {
  const folder = path.join(work, 'cache')
  const cache = new FrameCache(folder)
  let computed = 0
  const frames = (from: Uint8Array, key: string) =>
    cache.frames(from, key, async () => {
      computed++
      return Float32Array.of(0.5, -1e-30, 7)
    })
  expect([...(await frames(bytes, 'a'))]).toEqual([...Float32Array.of(0.5, -1e-30, 7)])
  expect([...(await frames(bytes, 'a'))]).toEqual([...Float32Array.of(0.5, -1e-30, 7)])
  expect(computed).toBe(1)
  await frames(bytes, 'b')
  await frames(Uint8Array.of(1, 2), 'a')
  expect(computed).toBe(3)
  expect(filesIn(folder)).toHaveLength(3)
  for (const { parentPath, name } of filesIn(folder)) {
    const file = path.join(parentPath, name)
    fs.writeFileSync(file, fs.readFileSync(file).subarray(0, -1))
  }
  expect([...(await frames(bytes, 'a'))]).toEqual([...Float32Array.of(0.5, -1e-30, 7)])
  expect(computed).toBe(4)
})

it('says where it cannot write', () => {
  fs.writeFileSync(path.join(work, 'file'), '')
  expect(() => new FrameCache(path.join(work, 'file/cache'))).toThrow(UnrolledError)
})
