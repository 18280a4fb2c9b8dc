import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeWav } from '../../src/codecs/index.js'
import { mono } from '../../src/data/index.js'
import { soundRows } from '../tasks/trigger-sounds.js'
import { CommandLine, lastJson } from './command.js'

const unrolled = new CommandLine()
afterAll(() => unrolled.dispose())

const settings = [
  '--set',
  ...['scene.seconds=3', 'scene.words=2', 'scene.others=2', 'scene.gap=0.35', 'scene.loudest=20'],
  ...['scene.quietest=40', 'model.hiddenSize=24', 'model.layers=1', 'model.filters=24', 'model.dropout=0'],
  ...['train.scenes=48', 'train.batchSize=4', 'train.epochs=12', 'train.learningRate=0.01'],
  ...['train.averaging=0.95', 'evaluation.scenes=30', 'detect.refractory=0.4'],
]
/** A program in a folder of its own, to be found first. */
const program = (content: string) => {
  fs.chmodSync(path.join(unrolled.work, unrolled.file('bin/arecord', content)), 0o755)
  return { PATH: `${path.join(unrolled.work, 'bin')}:${process.env.PATH}` }
}

/** Three times the word among others, in one recording, as whole numbers of 16 bits. */
const rows = soundRows(4, 4, 9)
const order = [4, 0, 5, 1, 6, 2, 7] // of the clips: others and words in turn
const pause = new Float32Array(4000)
const scene = Float32Array.from(
  order.flatMap((row) => [...pause, ...mono(rows[row].sound), ...pause]),
  (x, i) => x + 0.002 * Math.sin(i * i),
)
const raw = Buffer.from(writeWav({ sampleRate: 8000, channels: [scene] }).subarray(44))
/** Seconds after which each word has begun, in the order of time. */
const spoken = [1, 3, 5].map((place) => {
  const before = order
    .slice(0, place)
    .reduce((sum, row) => sum + rows[row].sound.channels[0].length + 8000, 4000)
  return before / 8000
})

let training: Awaited<ReturnType<CommandLine['run']>>
beforeAll(async () => {
  for (const [part, seed] of [
    ['train', 1],
    ['valid', 2],
    ['test', 3],
  ] as const)
    for (const [i, { kind, sound }] of soundRows(part === 'train' ? 10 : 4, undefined, seed).entries())
      unrolled.file(`data/${part}/${kind}s/${i}.wav`, writeWav(sound))
  unrolled.file('scene.wav', writeWav({ sampleRate: 8000, channels: [scene] }))
  unrolled.file('scene.raw', raw)
  training = await unrolled.run([
    'train',
    'trigger',
    '--data',
    'data',
    '--out',
    'model',
    '--json',
    ...settings,
  ])
}, 120_000)

function expectHeard(times: readonly number[]): void {
  expect(times).toHaveLength(spoken.length)
  for (const [i, time] of times.entries()) {
    expect(time).toBeGreaterThan(spoken[i])
    expect(time).toBeLessThan(spoken[i] + 0.8)
  }
}

describe('unrolled train trigger', () => {
  it('shows the recordings and prints one JSON object as the last line', () => {
    expect(training.stderr).toContain('note: 10 positive, 10 negative, 3 background, 0 scene')
    expect(training.code).toBe(0)
    const { test, baselines } = lastJson(training.stdout) as {
      test: Record<string, number>
      baselines: Record<string, number>
    }
    expect(test.falseRejects).toBeLessThan(0.2)
    expect(test).toHaveProperty('falseAcceptsPerHour')
    expect(baselines.never).toBe(1)
  })

  it('says what it needs where there is none', async () => {
    const { code, stderr } = await unrolled.run(['train', 'trigger', '--data', 'scene.wav', '--out', 'm2'])
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /error: scene\.wav: expected sound files \(WAV, FLAC, MP3\) in folders named positives/,
    )
  })
})

describe('a trained detector', () => {
  it('is scored, drawn and asked for another threshold', async () => {
    const { stdout, code } = await unrolled.run(['evaluate', 'model', 'data', '--out', 'det.svg'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^30 scenes, 1\.5 minutes, \d+ words; threshold 0\.\d{3}\n/)
    expect(stdout).toMatch(/this model +\d+\.\d % +\d+\.\d\d\n/)
    expect(String(unrolled.read('det.svg'))).toContain('false detections an hour')
    const deaf = await unrolled.run(['evaluate', 'model', 'data', '--json', '--set', 'detect.threshold=1'])
    expect(lastJson(deaf.stdout)).toMatchObject({ task: 'trigger', falseRejects: 1, falseAcceptsPerHour: 0 })
    const other = await unrolled.run(['evaluate', 'model', 'data', '--out', 'det.png'])
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('ends in .svg') })
  })

  it('hears files', async () => {
    const { stdout } = await unrolled.run(['predict', 'model', 'scene.wav', '--json'])
    const { file, detections } = lastJson(stdout) as { file: string; detections: { time: number }[] }
    expect(file).toBe('scene.wav')
    expectHeard(detections.map(({ time }) => time))
  })

  it('hears the recordings of a folder and passes over their label tracks', async () => {
    for (const name of ['a', 'b']) {
      unrolled.file(`scenes/${name}.wav`, writeWav({ sampleRate: 8000, channels: [scene] }))
      unrolled.file(`scenes/${name}.txt`, '0.5\t0.75\tword\n')
    }
    const { stdout, code } = await unrolled.run(['predict', 'model', 'scenes', '--json'])
    expect(code).toBe(0)
    const files = stdout
      .trim()
      .split('\n')
      .map((line) => path.basename((JSON.parse(line) as { file: string }).file))
    expect(files).toEqual(['a.wav', 'b.wav'])
  })
})

describe('unrolled listen', () => {
  const timesIn = (stdout: string) =>
    stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { time: number }).time)

  it('hears raw sound from standard input as it comes', async () => {
    const piped = await unrolled.run(['listen', 'model', '-', '--json'], { input: raw })
    expect(piped.code).toBe(0)
    expectHeard(timesIn(piped.stdout))
    expect(piped.stderr).toContain('standard input (16 bits, one channel) at 8,000 Hz')
  })

  it('hears what a recorder hears', async () => {
    // a recorder that plays a file, as arecord would play the room
    const environment = program('#!/bin/sh\necho "$@" > arguments\nexec cat scene.raw\n')
    const recorded = await unrolled.run(['listen', 'model', '--json'], { environment })
    expectHeard(timesIn(recorded.stdout))
    expect(recorded.stderr).toMatch(/Listening to the microphone at 8,000 Hz; Ctrl-C ends/)
    expect(recorded.stderr).toMatch(/seconds heard, 3 detections/)
    expect(String(unrolled.read('arguments'))).toContain('-f S16_LE -c 1 -r 8000')

    program('#!/bin/sh\necho no such device >&2\nexit 1\n')
    const failed = await unrolled.run(['listen', 'model'], { environment })
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toContain('error: arecord cannot record: no such device')
  })

  it('ends with Ctrl-C, and says what is missing', async () => {
    const environment = program('#!/bin/sh\ncat scene.raw\nexec sleep 60\n')
    let sent = false
    const stopped = await unrolled.run(['listen', 'model'], {
      environment,
      watch: (stderr, kill) => {
        if (!sent && stderr.includes('Listening')) {
          sent = true
          setTimeout(() => kill('SIGINT'), 1500)
        }
      },
    })
    expect(stopped).toMatchObject({ code: 0, signal: null })
    expect(stopped.stderr).toMatch(/seconds heard, \d detections?/)

    const none = await unrolled.run(['listen', 'model'], { environment: { PATH: unrolled.work } })
    expect(none.code).toBe(2)
    expect(none.stderr).toMatch(
      /error: microphone: expected .* pipe raw sound in: RECORDER \| unrolled listen MODEL -/,
    )
    const file = await unrolled.run(['listen', 'model', 'scene.wav'])
    expect(file.stderr).toContain('a file is heard by: unrolled predict model scene.wav')
    const rate = await unrolled.run(['listen', 'model', '-', '--rate', 'fast'])
    expect(rate.stderr).toContain('--rate: expected')
  })
})
