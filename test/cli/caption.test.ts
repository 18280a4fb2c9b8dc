import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Image } from '../../src/codecs/index.js'
import { safetensors, writePng } from '../../src/codecs/index.js'
import { poolingModel } from '../data/onnx.js'
import { sceneRows } from '../tasks/caption-scenes.js'
import { CommandLine, lastJson } from './command.js'

const unrolled = new CommandLine()
afterAll(() => unrolled.dispose())

const rows = sceneRows(80)
let training: Awaited<ReturnType<CommandLine['run']>>

beforeAll(async () => {
  const lines: string[] = []
  for (const [k, { image, captions }] of rows.entries()) {
    unrolled.file(`scenes/images/${k}.png`, await writePng(image as Image))
    lines.push(
      JSON.stringify({ image: `${k}.png`, captions, split: k < 60 ? 'train' : k < 70 ? 'val' : 'test' }),
    )
  }
  unrolled.file('scenes/captions.jsonl', lines.join('\n'))
  training = await unrolled.run([
    ...['train', 'caption', '--data', 'scenes', '--out', 'model', '--json', '--set', 'model.filters=4'],
    ...['model.grid=4', 'model.hiddenSize=16', 'train.epochs=4', 'train.learningRate=0.01'],
  ])
}, 60_000)

describe('unrolled train caption', () => {
  it('shows the images with their captions and prints one JSON object as the last line', () => {
    expect(training.stderr).toContain(`0.png → ${rows[0].captions[0]}`)
    expect(training.code).toBe(0)
    expect(lastJson(training.stdout)).toMatchObject({
      task: 'caption',
      train: { rows: 60 },
      valid: { rows: 10 },
      test: { rows: 10, bleu: expect.any(Number), exactMatch: expect.any(Number) },
      baselines: { mostFrequent: expect.any(Number), nearestPicture: expect.any(Number) },
    })
  })

  it('lists all images that are not there, and leaves no folder', async () => {
    unrolled.file('gaps.jsonl', '{"image":"x.png","caption":"a"}\n{"image":"y.png","caption":"b"}\n')
    const { code, stderr } = await unrolled.run(['train', 'caption', '--data', 'gaps.jsonl', '--out', 'dead'])
    expect(code).toBe(2)
    expect(stderr).toContain('found 2 missing:')
    expect(stderr).toContain('x.png (gaps.jsonl:1)')
    expect(stderr).toContain('y.png (gaps.jsonl:2)')
    expect(unrolled.has('dead')).toBe(false)
  })
})

describe('unrolled caption', () => {
  it('prints the captions of images, the best first', async () => {
    const { stdout, code } = await unrolled.run([
      'caption',
      'model',
      'scenes/images/1.png',
      'scenes/images/2.png',
      '--best',
      '2',
    ])
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(6)
    expect(lines[0]).toBe('scenes/images/1.png')
    expect(lines[1]).toMatch(/^ {2}\S.* -\d\.\d\d$/)
  })

  it('prints one JSON object per image, and draws where it looked over the image', async () => {
    const args = [
      'caption',
      'model',
      'scenes/images/1.png',
      '--json',
      '--attention',
      '--out',
      'map.svg',
      '--width',
      '1',
    ]
    const { stdout, code } = await unrolled.run(args)
    expect(code).toBe(0)
    const { file, captions } = lastJson(stdout) as {
      file: string
      captions: { text: string; attention: { rows: number; weights: number[][] } }[]
    }
    expect(file).toBe('scenes/images/1.png')
    expect(captions[0].attention.rows).toBe(4)
    const svg = unrolled.read('map.svg').toString()
    expect(svg).toContain('data:image/png;base64')
    expect(svg.match(/<use /g)).toHaveLength(captions[0].attention.weights.length)
    const shown = await unrolled.run(['caption', 'model', 'scenes/images/1.png', '--attention'])
    expect(shown.stdout).toMatch(/┌─{8}┐/)
  })

  it('reads an image from standard input as predict does, and inspects it', async () => {
    const folder = await unrolled.run(['predict', 'model', 'scenes', '--json']) // captions.jsonl lies there too
    expect([folder.code, folder.stdout.trimEnd().split('\n').length]).toEqual([0, rows.length])
    const told = await unrolled.run(['predict', 'model', 'scenes/images/3.png', '--json'])
    expect(lastJson(told.stdout)).toMatchObject({ file: 'scenes/images/3.png', caption: expect.any(String) })
    const { stdout, code } = await unrolled.run([
      'inspect',
      'model',
      'scenes/images/3.png',
      '--out',
      'look.html',
    ])
    expect(code).toBe(0)
    expect(stdout).toContain('What was looked at for each word')
    expect(unrolled.read('look.html').toString()).toContain('What was looked at for each word')
  })

  it('learns from what a network in ONNX sees, and describes images by it', async () => {
    unrolled.file('eye.onnx', poolingModel(16, { output: [1, 3, 8, 8] }))
    const told = ['eye.onnx', 'scenes/images', '--out', 'scenes/seen.safetensors', '--json']
    const { stdout, stderr } = await unrolled.run(['features', ...told])
    expect(stderr).toBe('')
    expect(lastJson(stdout)).toEqual({ out: 'scenes/seen.safetensors', images: 80 })
    const { tensors } = safetensors.decode(new Uint8Array(unrolled.read('scenes/seen.safetensors')))
    expect(tensors['7.png'].shape).toEqual([64, 3])
    const learned = await unrolled.run([
      ...[
        'train',
        'caption',
        '--data',
        'scenes/captions.jsonl',
        '--out',
        'seeing',
        '--set',
        'train.epochs=1',
      ],
      ...['model.hiddenSize=8', 'read.features=seen.safetensors'],
    ])
    expect(learned.code).toBe(0)
    const args = [
      'caption',
      'seeing',
      'scenes/images/7.png',
      '--extractor',
      'eye.onnx',
      '--json',
      '--out',
      'eye.svg',
    ]
    const described = await unrolled.run(args)
    expect(described.stderr).toBe('')
    expect(lastJson(described.stdout)).toMatchObject({ captions: [{ text: expect.any(String) }] })
    expect(unrolled.read('eye.svg').toString()).toContain('data:image/png;base64')
    const scaled = await unrolled.run([
      ...args.slice(0, -2),
      '--mean',
      '0,0,0',
      '--deviation',
      '0.01,0.01,0.01',
    ])
    expect(scaled.stderr).toBe('')
    expect(scaled.stdout).not.toBe(described.stdout)
    const wrong = await unrolled.run([...args, '--side', 'wide'])
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('--side: expected a number, got "wide"'),
    ])
    unrolled.file('other/7.png', await writePng(rows[8].image as Image))
    const both = ['eye.onnx', 'scenes/images/7.png', 'other/7.png', '--out', 'both.safetensors']
    const equal = await unrolled.run(['features', ...both])
    expect([equal.code, equal.stderr]).toEqual([
      2,
      expect.stringContaining('got scenes/images/7.png and other/7.png, both 7.png'),
    ])
    expect(unrolled.has('both.safetensors')).toBe(false)
    const without = await unrolled.run(['caption', 'seeing', 'scenes/images/7.png'])
    expect(without.stderr).toContain('expected features of 3 numbers a region, got an image')
  })

  it('scores a folder, and says what is wrong', async () => {
    const scored = await unrolled.run(['evaluate', 'model', 'scenes', '--json', '--set', 'decode.width=1'])
    expect(lastJson(scored.stdout)).toMatchObject({ rows: 10 })
    unrolled.file('notes.txt', 'hello')
    const bad = await unrolled.run(['caption', 'model', 'notes.txt'])
    expect([bad.code, bad.stderr]).toEqual([
      2,
      expect.stringContaining('notes.txt: expected a PNG or JPEG image'),
    ])
    const features = safetensors.encode({ x: { dtype: 'F32', shape: [2, 3], data: new Float32Array(6) } })
    unrolled.file('x.safetensors', features)
    const other = await unrolled.run(['caption', 'model', 'x.safetensors'])
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining('expected an image, got features'),
    ])
    const set = await unrolled.run(['caption', 'model', 'scenes/images/1.png', '--set', 'model.cell=gru'])
    expect([set.code, set.stderr]).toEqual([2, expect.stringContaining('expected a setting of the search')])
  })
})
