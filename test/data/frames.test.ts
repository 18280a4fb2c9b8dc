import { describe, expect, it } from 'vitest'
import { safetensors } from '../../src/codecs/index.js'
import { keyOf, type VideoRow } from '../../src/data/frames.js'
import { readVideoFiles } from '../../src/data/index.js'
import { readFrames, readVideos } from '../../src/data/read-frames.js'
import { DataError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'

const random = () => new Random(1)
const fileOf = (path: string, content: string | Uint8Array, beside: Record<string, Uint8Array> = {}) => ({
  path,
  name: path,
  bytes: async () => (typeof content === 'string' ? new TextEncoder().encode(content) : content),
  beside: async (named: string) => (beside[named] ? fileOf(named, beside[named]) : undefined),
})
const lines = (...rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n')
const tensor = (shape: number[], name = 'frames') =>
  safetensors.encode({
    [name]: {
      dtype: 'F32',
      shape,
      data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i),
    },
  })

describe('readVideoFiles', () => {
  it('reads JSON lines, with frames in files beside them', async () => {
    const content = lines(
      {
        frames: [
          [0, 1],
          [2, 3],
        ],
        label: 'up',
      },
      { frames: 'b.safetensors', label: 'down' },
    )
    const file = fileOf('train.jsonl', content, { 'b.safetensors': tensor([3, 2]) })
    const test = [fileOf('test.jsonl', lines({ frames: [[5, 5]], label: 'up' }))]
    const found = await readVideoFiles([file], 'clips', { random: random(), valid: [], test })
    expect(found.train.map(({ frames }) => frames.map((frame) => Array.from(frame)))).toEqual([
      [
        [0, 1],
        [2, 3],
      ],
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
    ])
    expect(found.detection).toMatchObject({ sizes: { train: 2, valid: 0, test: 1 }, labels: 2 })
    expect(found.detection.rows[0]).toMatchObject({ text: '2 frames of 2 numbers', label: 'up' })
  })

  it('takes the parts that names tell, and scores the test part', async () => {
    const part = (name: string) => fileOf(`${name}.jsonl`, lines({ frames: [[1], [2]], labels: ['a', name] }))
    const files = ['train', 'valid', 'test'].map(part)
    const found = await readVideoFiles(files, 'clips', { random: random() })
    expect(found.valid).toEqual([{ frames: [[1], [2]], labels: ['a', 'valid'] }])
    expect((await readVideos(files, 'clips')).rows).toEqual([{ frames: [[1], [2]], labels: ['a', 'test'] }])
  })

  it.each([
    [
      'a frame of another size',
      { frames: [[1, 2], [1]], label: 'a' },
      'x.jsonl:1: frame 2: expected 2 numbers, as in the first frame, found 1',
    ],
    [
      'a text among numbers',
      { frames: [[1, 'b']], label: 'a' },
      'x.jsonl:1: frame 1: expected a number in place 2, found "b"',
    ],
    ['no frames', { frames: [], label: 'a' }, 'x.jsonl:1: expected frames: a list of lists of numbers'],
    ['no label', { frames: [[1]] }, 'x.jsonl:1: expected a label, or labels of the frames, found nothing'],
    [
      'too few labels',
      { frames: [[1], [2]], labels: ['a'] },
      'x.jsonl:1: expected 2 labels, one for each frame, found a list of 1',
    ],
    [
      'a number beyond what networks count in',
      { frames: [[1, -1e39]], label: 'a' },
      'x.jsonl:1: frame 1: expected a number from -1e30 to 1e30 in place 2, found -1e+39',
    ],
  ])('refuses %s', async (_, row, message) => {
    const reading = readVideoFiles([fileOf('x.jsonl', lines(row))], 'x', { random: random() })
    await expect(reading).rejects.toThrow(DataError)
    await expect(reading).rejects.toThrow(message)
  })

  it('names all files with frames that are not there at once', async () => {
    const rows = Array.from({ length: 30 }, (_, k) => ({ frames: `${k}.safetensors`, label: 'a' }))
    const reading = (some: readonly unknown[]) =>
      readVideoFiles([fileOf('x.jsonl', lines(...some))], 'x', { random: random() })
    await expect(reading(rows.slice(0, 2))).rejects.toThrow(
      /found 2 missing:\n {2}0\.safetensors \(x\.jsonl:1\)\n {2}1\.safetensors \(x\.jsonl:2\)$/,
    )
    await expect(reading(rows)).rejects.toThrow(/found 30 missing:[\s\S]*and 10 more$/)
  })

  it('refuses videos that differ, by line', async () => {
    const reading = (second: object) =>
      readVideoFiles([fileOf('x.jsonl', lines({ frames: [[1]], label: 'a' }, second))], 'x', {
        random: random(),
      })
    await expect(reading({ frames: [[1, 2]], label: 'b' })).rejects.toThrow(
      'x.jsonl:2: expected frames of 1 numbers',
    )
    await expect(reading({ frames: [[1]], labels: ['b'] })).rejects.toThrow(
      'x.jsonl:2: expected a label of the whole',
    )
    await expect(readVideoFiles([fileOf('x.jsonl', '{')], 'x', { random: random() })).rejects.toThrow(
      'x.jsonl:1: expected JSON',
    )
  })
})

describe('keyOf', () => {
  it('is short, and the same for equal videos only', () => {
    const frames = [new Float32Array(2048), Float32Array.from({ length: 2048 }, (_, i) => i / 7)]
    const text = (some: VideoRow['frames']) => keyOf({ frames: some, label: 'a' }).text
    expect(text(frames).length).toBeLessThan(30)
    expect(text(frames.map((frame) => [...frame]))).toBe(text(frames))
    expect(text([...frames].reverse())).not.toBe(text(frames))
    expect(text([[1], [2]])).not.toBe(text([[1, 2]]))
  })
})

describe('readFrames', () => {
  it('reads the frames of one video', async () => {
    expect(await readFrames(fileOf('a.json', '[[1, 2], [3, 4]]'))).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(await readFrames(fileOf('a.json', '{"frames": [[1]], "label": "x"}'))).toEqual([[1]])
    expect((await readFrames(fileOf('a.safetensors', tensor([4, 3], 'anything')))).length).toBe(4)
    await expect(readFrames(fileOf('a.safetensors', tensor([4])))).rejects.toThrow(
      'a.safetensors: expected frames [frames, features] in F32 or F64, found F32 of the shape [4]',
    )
  })
})
