import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Sound, writePng, writeWav } from '../../src/codecs/index.js'
import { printedRows } from '../tasks/print.js'
import { toneRows } from '../tasks/tones.js'
import { CommandLine, lastJson } from './command.js'

const unrolled = new CommandLine()
afterAll(() => unrolled.dispose())

const rows = toneRows(140)
const settings = [
  '--set',
  ...['sound.bands=12', 'text.unit=characters', 'model.hiddenSize=16', 'model.layers=1', 'model.filters=12'],
  ...[
    'model.filterWidth=3',
    'model.dropout=0',
    'train.epochs=12',
    'train.batchSize=8',
    'train.learningRate=0.01',
  ],
]
/** A manifest of some of the rows. */
const manifest = (begin: number, end: number) =>
  rows
    .slice(begin, end)
    .map(({ text }, place) => `${JSON.stringify({ audio_filepath: `wav/${begin + place}.wav`, text })}\n`)
    .join('')

let training: Awaited<ReturnType<CommandLine['run']>>
beforeAll(async () => {
  for (const [place, { input }] of rows.entries())
    unrolled.file(`data/wav/${place}.wav`, writeWav(input as Sound))
  unrolled.file('data/train.jsonl', manifest(0, 100))
  unrolled.file('data/valid.jsonl', manifest(100, 120))
  unrolled.file('data/test.jsonl', manifest(120, 140))
  const cached = ['--set', 'read.cache=frames']
  training = await unrolled.run([
    ...['train', 'transcribe', '--data', 'data', '--out', 'model', '--json'],
    ...settings,
    ...cached,
  ])
}, 60_000)

describe('unrolled train transcribe', () => {
  it('shows the rows, prints one JSON object, and keeps the frames where it is told', () => {
    expect(training.stderr).toMatch(new RegExp(`wav/0\\.wav → ${rows[0].text}`))
    expect(training.code).toBe(0)
    const { test, baselines } = lastJson(training.stdout)
    expect(test).toMatchObject({ rows: 20, wer: expect.any(Number), exactMatch: expect.any(Number) })
    expect(test).toHaveProperty('cer')
    expect((test as { cer: number }).cer).toBeLessThan(0.15)
    expect(baselines).toMatchObject({ silence: 1, mostFrequent: expect.any(Number) })
    const kept = fs.readdirSync(path.join(unrolled.work, 'frames'), { recursive: true })
    expect(kept.filter((name) => String(name).endsWith('.f32'))).toHaveLength(100)
  })

  it('learns the same from kept frames', async () => {
    const args = ['train', 'transcribe', '--data', 'data', '--out', 'again', '--json', ...settings]
    const again = await unrolled.run([...args, '--set', 'read.cache=frames'])
    const without = (stdout: string) => ({ ...lastJson(stdout), seconds: 0, out: '' })
    expect(without(again.stdout)).toEqual(without(training.stdout))
  }, 60_000)

  it('names all files that are missing, and leaves no folder', async () => {
    unrolled.file(
      'holes/list.jsonl',
      '{"audio_filepath": "a.wav", "text": "a"}\n{"audio_filepath": "b.wav", "text": "b"}\n',
    )
    const { code, stderr } = await unrolled.run(['train', 'transcribe', '--data', 'holes', '--out', 'none'])
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^error: holes\/list\.jsonl: .* found 2 of 2 missing:\n {2}line 1: a\.wav\n {2}line 2: b\.wav/,
    )
    expect(fs.existsSync(path.join(unrolled.work, 'none'))).toBe(false)
  })

  it('says which file is cut short', async () => {
    unrolled.file('cut/list.jsonl', manifest(0, 3))
    const whole = writeWav(rows[0].input as Sound)
    for (const [place, bytes] of [whole, whole.subarray(0, 500), whole].entries())
      unrolled.file(`cut/wav/${place}.wav`, bytes)
    const { code, stderr } = await unrolled.run([
      'train',
      'transcribe',
      '--data',
      'cut',
      '--out',
      'none',
      '--valid',
      'none',
    ])
    expect(code).toBe(2)
    expect(stderr).toMatch(/error: cut\/wav\/1\.wav: /)
  })
})

describe('unrolled transcribe', () => {
  it('writes what files say, for people and as JSON, with times and several texts', async () => {
    const plain = await unrolled.run([
      'transcribe',
      'model',
      'data/wav/121.wav',
      'data/wav/122.wav',
      '--times',
    ])
    expect(plain.code).toBe(0)
    expect(plain.stdout).toContain('data/wav/121.wav\n')
    expect(plain.stdout).toMatch(/ {4}\d\.\d\d – \d\.\d\d {2}[abc]+\n/)
    const json = await unrolled.run(['transcribe', 'model', 'data/wav/121.wav', '--best', '2', '--json'])
    const { file, transcripts } = lastJson(json.stdout) as { file: string; transcripts: { text: string }[] }
    expect(file).toBe('data/wav/121.wav')
    expect(transcripts).toHaveLength(2)
    expect(plain.stdout).toContain(`  ${transcripts[0].text}\n`)
    const hot = ['--hot', 'cab=1000', '--width', '200', '--json']
    const expected = await unrolled.run(['transcribe', 'model', 'data/wav/121.wav', ...hot])
    expect(lastJson(expected.stdout)).toMatchObject({ transcripts: [{ text: 'cab' }] })
  })

  it('answers predict and inspect as other tasks do', async () => {
    const predict = await unrolled.run(['predict', 'model', 'data/wav/121.wav', '--json'])
    expect(lastJson(predict.stdout)).toMatchObject({
      file: 'data/wav/121.wav',
      transcript: expect.any(String),
    })
    const inspect = await unrolled.run(['inspect', 'model', 'data/wav/121.wav', '--json'])
    expect(inspect.code).toBe(0)
    expect(lastJson(inspect.stdout)).toMatchObject({ verdict: expect.any(Object) })
  })

  it('refuses other files', async () => {
    unrolled.file('line.png', await writePng(printedRows(1)[0].input as never))
    for (const [file, message] of [
      ['line.png', /line\.png: expected a sound, got a picture/],
      ['data/train.jsonl', /data\/train\.jsonl: expected a sound file/],
      ['nowhere.wav', /nowhere\.wav: expected a file or a folder/],
    ] as const) {
      const { code, stderr } = await unrolled.run(['transcribe', 'model', file])
      expect(code, file).toBe(2)
      expect(stderr).toMatch(message)
    }
    const weight = await unrolled.run(['transcribe', 'model', 'data/wav/1.wav', '--lm-weight', '2'])
    expect(weight.stderr).toMatch(/--lm-weight needs --lm/)
    const folder = await unrolled.run(['transcribe', 'model', 'data', '--json'])
    expect(folder.code).toBe(0)
    expect(folder.stdout.trim().split('\n')).toHaveLength(rows.length)
    const chat = await unrolled.run(['chat', 'model'])
    expect(chat.code).toBe(2)
    expect(chat.stderr).toContain('try: unrolled predict model FILE')
  })
})

describe('unrolled evaluate --alignments', () => {
  it('writes what differs, row by row', async () => {
    const { code, stdout } = await unrolled.run(['evaluate', 'model', 'data', '--alignments', 'errors.jsonl'])
    expect(code).toBe(0)
    expect(stdout).toContain('without a search')
    const lines = fs.readFileSync(path.join(unrolled.work, 'errors.jsonl'), 'utf8').trim().split('\n')
    const aligned = lines.map((line) => JSON.parse(line) as { file: string; target: string; errors: number })
    expect(aligned.map(({ target }) => target)).toEqual(rows.slice(120).map(({ text }) => text))
    expect(aligned[0].file).toBe('data/wav/120.wav')
    const errors = aligned.reduce((sum, row) => sum + row.errors, 0)
    const characters = rows.slice(120).reduce((sum, { text }) => sum + text.length, 0)
    const { test } = lastJson(training.stdout) as { test: { cer: number } }
    expect(errors / characters).toBeCloseTo(test.cer, 10)
    const refused = await unrolled.run(['evaluate', 'model', 'data', '--alignments', 'errors.doc'])
    expect(refused.code).toBe(2)
  })
})

describe('unrolled listen', () => {
  it('writes what is said while it comes in', async () => {
    const forward = ['--out', 'live', '--set', 'model.bidirectional=false', 'model.hiddenSize=32']
    const trained = await unrolled.run(['train', 'transcribe', '--data', 'data', ...settings, ...forward])
    expect(trained.code).toBe(0)
    const input = Buffer.from(fs.readFileSync(path.join(unrolled.work, 'data/wav/121.wav')).subarray(44))
    const heard = await unrolled.run(['listen', 'live', '-'], { input })
    expect(heard.code).toBe(0)
    expect(heard.stderr).toContain('seconds heard')
    const whole = await unrolled.run(['transcribe', 'live', 'data/wav/121.wav', '--json'])
    const { transcripts } = lastJson(whole.stdout) as { transcripts: { text: string }[] }
    expect(heard.stdout).toBe(`${transcripts[0].text}\n`)
    const json = await unrolled.run(['listen', 'live', '-', '--json'], { input })
    expect(lastJson(json.stdout)).toMatchObject({ text: transcripts[0].text })
    const refused = await unrolled.run(['listen', 'model', '-'], { input })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/needs the whole recording/)
  }, 60_000)
})
