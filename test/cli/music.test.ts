import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readMidi } from '../../src/codecs/index.js'
import { chorales } from '../tasks/chorales.js'
import { CommandLine, lastJson } from './command.js'

let unrolled: CommandLine
let trained: Record<string, unknown>
beforeAll(async () => {
  unrolled = new CommandLine()
  const pieces = chorales(24)
  unrolled.file(
    'chorales.json',
    JSON.stringify({ train: pieces.slice(0, 20), valid: pieces.slice(20, 22), test: pieces.slice(22) }),
  )
  const settings = ['--set', 'model.hiddenSize=16', 'train.epochs=10']
  const args = ['train', 'music', '--data', 'chorales.json', '--out', 'models/music', ...settings, '--json']
  const { code, stdout, stderr } = await unrolled.run(args)
  expect(code, stderr).toBe(0)
  expect(stderr).toContain('chorales.json: piano rolls in JSON')
  expect(stderr).toContain('16 steps: C3 E3 G3 | C3 E3 G3 |')
  trained = lastJson(stdout)
})
afterAll(() => unrolled.dispose())

describe('music on the command line', () => {
  it('is learned and scored beside two simple rules', async () => {
    expect(trained).toMatchObject({
      ...{ task: 'music', train: { rows: 20 }, test: { rows: 2, nll: expect.any(Number) } },
      baselines: { markov: expect.any(Number), independent: expect.any(Number) },
    })
    const { stdout } = await unrolled.run(['evaluate', 'models/music', 'chorales.json'])
    expect(stdout).toContain('2 pieces, 32 steps')
    expect(stdout).toContain('all steps are scored')
  })

  it('goes on with a MIDI file and writes one, decided by the seed; draws the roll', async () => {
    const first = await unrolled.run(['generate', 'models/music', '--steps', '12', '--out', 'a.mid'])
    expect(first.code, first.stderr).toBe(0)
    expect(first.stdout).toContain('12 drawn steps')
    expect(first.stdout).toContain('Written to a.mid')
    const begun = readMidi(unrolled.read('a.mid'))
    expect(begun.tempos).toEqual([{ tick: 0, beatsPerMinute: 100 }])
    const args = ['generate', 'models/music', 'a.mid', '--steps', '8', '--temperature', '0.8', '--seed', '3']
    const more = await unrolled.run([...args, '--tempo', '60', '--out', 'b.mid', '--json'])
    expect(more.code, more.stderr).toBe(0)
    const made = lastJson(more.stdout) as { primer: number; steps: number[][]; notes: { start: number }[] }
    const primer = Math.max(...begun.notes.map(({ endTick }) => endTick / begun.ticksPerBeat))
    expect(made).toMatchObject({ model: 'models/music', out: 'b.mid', primer })
    expect(made.steps.length).toBe(made.primer + 8)
    const written = readMidi(unrolled.read('b.mid'))
    expect(written.tempos).toEqual([{ tick: 0, beatsPerMinute: 60 }])
    expect(written.notes.length).toBe(made.notes.length)
    expect(written.notes.map(({ startTick }) => startTick / written.ticksPerBeat)).toEqual(
      made.notes.map(({ start }) => start),
    )
    await unrolled.run([...args, '--out', 'roll.svg'])
    expect(unrolled.read('roll.svg').toString()).toMatch(/^<svg/)
    expect(lastJson((await unrolled.run([...args, '--json'])).stdout).steps).toEqual(made.steps)
  })

  it('says how probable a piece is, and looks into the model while it reads one', async () => {
    const { stdout } = await unrolled.run(['predict', 'models/music', 'a.mid'])
    expect(stdout).toMatch(/a\.mid\n {2}\d+ steps, \d+\.\d+ nats each {3}next: [A-G]/)
    const inspected = lastJson((await unrolled.run(['inspect', 'models/music', 'a.mid', '--json'])).stdout)
    expect(inspected.steps).toBeInstanceOf(Array)
  })

  it('reads later files with or without the pedal, as it did those that it learned from', async () => {
    const events = [
      ...[0, 0xb0, 64, 127, 0, 0x90, 60, 80], // the pedal and a key come down
      ...[4, 0x80, 60, 0], // the key comes up after a beat
      ...[12, 0xb0, 64, 0, 0, 0xff, 0x2f, 0], // the pedal three beats later
    ]
    const header = [0, 0, 0, 6, 0, 0, 0, 1, 0, 4] // a track, four ticks a beat
    const midi = ['MThd', header, 'MTrk', [0, 0, 0, events.length, ...events]]
    const bytes = Buffer.concat(midi.map((part) => Buffer.from(part as string)))
    for (const name of ['train.mid', 'test.mid']) unrolled.file(`pedal/${name}`, bytes)
    unrolled.file('pedal.mid', bytes)
    const train = async (...reading: string[]) => {
      const out = `models/pedal${reading.length}`
      const few = ['--set', 'model.hiddenSize=4', 'train.epochs=1', 'notes.stepsPerBeat=1', ...reading]
      const args = ['train', 'music', '--data', 'pedal', '--valid', 'none', '--out', out, ...few]
      const { code, stderr } = await unrolled.run(args)
      expect(code, stderr).toBe(0)
      return out
    }
    const seenBy = async (...args: string[]) => lastJson((await unrolled.run([...args, '--json'])).stdout)
    const [heeding, deaf] = [await train(), await train('read.sustain=false')]
    for (const [model, steps] of [
      [heeding, 4],
      [deaf, 1],
    ] as const) {
      expect((await seenBy('predict', model, 'pedal.mid')).steps).toBe(steps)
      expect((await seenBy('generate', model, 'pedal.mid', '--steps', '2')).primer).toBe(steps)
      expect((await seenBy('evaluate', model, 'pedal.mid')).details).toMatchObject({ steps })
    }
    const told = await seenBy('evaluate', deaf, 'pedal.mid', '--set', 'read.sustain=true')
    expect(told.details).toMatchObject({ steps: 4 })
  })

  it.each([
    [
      ['generate', 'models/music', '--length', '5'],
      '--length: the task music has no use for it; it takes --steps',
    ],
    [['generate', 'models/music', '--steps', '0'], 'expected a whole number of at least 1'],
    [['generate', 'models/music', '--tempo', '0'], '--tempo: expected 4 to 1000 beats per minute, got 0'],
    [
      ['generate', 'models/music', '--out', 'a.wav'],
      '--out a.wav: expected a name that ends in .mid, .svg, .json, got ".wav"',
    ],
    [['generate', 'models/music', 'none.mid'], 'none.mid'],
    [['predict', 'models/music', 'broken.mid'], 'broken.mid: byte 0: expected 6 bytes of the header'],
  ])('refuses %j', async (args, message) => {
    unrolled.file('broken.mid', 'MThd\0\0\0\x06\0\0')
    const { code, stderr } = await unrolled.run(args)
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })
})
