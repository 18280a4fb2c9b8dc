import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { FormatError, UnrolledError, UsageError } from '../../src/errors.js'
import type { Engine } from '../../src/tensor/index.js'
import { RunFolder } from '../../src/train/disk.js'
import { type TrainEvent, fit as train } from '../../src/train/index.js'
import { openEngine, tinyTraining } from './tiny.js'

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-disk-'))
let engine: Engine
let wholeWeights: number[]
beforeAll(async () => {
  engine = await openEngine()
  const whole = tinyTraining(engine)
  await train(whole)
  wholeWeights = whole.model.weights()
})
afterAll(async () => {
  await engine.dispose()
  fs.rmSync(work, { recursive: true, force: true })
})

let folders = 0
const newFolder = () => path.join(work, `run${folders++}`)
const checkpointsOf = (folder: string) => fs.readdirSync(path.join(folder, 'checkpoints')).sort()
const logOf = (folder: string) =>
  fs.readFileSync(path.join(folder, 'log.jsonl'), 'utf8').trimEnd().split('\n')

/** Trains until a crash after some steps, saving after each `every`. */
async function crash(folder: string, atStep: number, every = 4): Promise<void> {
  const on = (event: TrainEvent) => {
    if (event.type === 'batch' && event.step === atStep) throw new Error('power cut')
  }
  const options = tinyTraining(engine, {
    store: new RunFolder(folder),
    checkpointEvery: { steps: every },
    on,
  })
  await expect(train(options)).rejects.toThrow('power cut')
}

/** Goes on with a training; returns its notices. */
async function resume(folder: string): Promise<{ weights: number[]; notices: string[]; start: TrainEvent }> {
  const events: TrainEvent[] = []
  const store = new RunFolder(folder, { resume: true })
  const options = tinyTraining(engine, { store, on: (event) => events.push(event) })
  await train(options)
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
  return { weights: options.model.weights(), notices, start: events[notices.length] }
}

describe('RunFolder', () => {
  it('holds the two newest checkpoints and a log of plain lines', async () => {
    const folder = newFolder()
    await train(
      tinyTraining(engine, { store: new RunFolder(folder, { logEvery: 5 }), checkpointEvery: { steps: 10 } }),
    )
    expect(checkpointsOf(folder)).toEqual([
      expect.stringMatching(/^000003-step-30-[0-9a-f]{8}\.safetensors$/),
      expect.stringMatching(/^000004-step-36-[0-9a-f]{8}\.safetensors$/),
    ])
    const lines = logOf(folder).map((line) => JSON.parse(line))
    expect(lines.filter(({ type }) => type === 'batch').map(({ step }) => step)).toEqual([
      5, 10, 15, 20, 25, 30, 35,
    ])
    expect(lines[0].type).toBe('start')
    expect(lines.filter(({ type }) => type === 'epoch')).toHaveLength(4)
    expect(lines.at(-1)).toMatchObject({ type: 'stop', reason: 'epochs' })
  })

  it('goes on after a crash, without what a crash leaves behind', async () => {
    const folder = newFolder()
    await crash(folder, 23)
    const leftOver = path.join(folder, 'checkpoints/000009-step-24-00000000.safetensors.tmp')
    fs.writeFileSync(leftOver, 'half')
    fs.appendFileSync(path.join(folder, 'log.jsonl'), '{"type":"epo')
    const { weights, notices, start } = await resume(folder)
    expect(weights).toEqual(wholeWeights)
    expect(notices).toEqual([])
    expect(start).toMatchObject({ type: 'start', resumed: { step: 20, epoch: 2, batch: 2 } })
    expect(fs.existsSync(leftOver)).toBe(false)
    const lines = logOf(folder).map((line) => JSON.parse(line))
    expect(lines.filter(({ type }) => type === 'start')).toHaveLength(1)
  })

  it.each<[string, (file: string) => void]>([
    ['truncated', (file) => fs.truncateSync(file, 100)],
    ['empty', (file) => fs.truncateSync(file, 0)],
    ['bit-flipped in a weight', (file) => flip(file, -3)],
    ['bit-flipped in its numbers', (file) => flip(file, 60)],
  ])('passes over a newest checkpoint that is %s', async (_, damage) => {
    const folder = newFolder()
    await crash(folder, 23)
    const [older, newest] = checkpointsOf(folder)
    damage(path.join(folder, 'checkpoints', newest))
    const { weights, notices, start } = await resume(folder)
    expect(weights).toEqual(wholeWeights)
    expect(start).toMatchObject({ resumed: { step: 16 } })
    expect(notices).toHaveLength(1)
    expect(notices[0]).toContain(`${newest}: the checkpoint is damaged`)
    expect(notices[0]).toContain(
      `continuing from the one before it, ${path.join(folder, 'checkpoints', older)}`,
    )
    expect(checkpointsOf(folder)).toContain(`${newest}.damaged`)
  })

  it('refuses when all are damaged, every time', async () => {
    const folder = newFolder()
    await crash(folder, 23)
    for (const name of checkpointsOf(folder)) flip(path.join(folder, 'checkpoints', name), 200)
    for (const _ of [1, 2]) {
      const error = await resume(folder).catch((error) => error)
      expect(error).toBeInstanceOf(FormatError)
      expect(error.message.match(/is damaged/g)).toHaveLength(2)
    }
  })

  it('refuses a checkpoint of a later version', async () => {
    const folder = newFolder()
    const store = new RunFolder(folder)
    await train(tinyTraining(engine, { store, epochs: 1 }))
    const { decodeCheckpoint, encodeCheckpoint } = await import('../../src/train/index.js')
    const [name] = checkpointsOf(folder)
    const bytes = fs.readFileSync(path.join(folder, 'checkpoints', name))
    const later = Buffer.from(bytes.toString('latin1').replace('"version":"1"', '"version":"2"'), 'latin1')
    expect(() => decodeCheckpoint(later, 'x')).toThrow(
      'x: written by a later version (format 2, this one reads up to 1)',
    )
    const { checkpoint } = decodeCheckpoint(bytes, 'x')
    const bad = { ...checkpoint, progress: { ...checkpoint.progress, step: -1 } }
    expect(() => decodeCheckpoint(encodeCheckpoint(bad), 'x')).toThrow("x: the checkpoint's step is -1")
  })

  it('begins anew when the crash came before the first checkpoint', async () => {
    const folder = newFolder()
    await crash(folder, 3)
    const { weights, start } = await resume(folder)
    expect(weights).toEqual(wholeWeights)
    expect(start).not.toHaveProperty('resumed')
    expect(logOf(folder).filter((line) => line.includes('"start"'))).toHaveLength(1)
  })

  it('tells when the log has lost lines', async () => {
    const folder = newFolder()
    await crash(folder, 23)
    fs.rmSync(path.join(folder, 'log.jsonl'))
    const { weights, notices } = await resume(folder)
    expect(weights).toEqual(wholeWeights)
    expect(notices[0]).toContain('log.jsonl is shorter')
  })

  it('refuses another run, and to resume where there is none', () => {
    const folder = newFolder()
    expect(() => new RunFolder(folder, { resume: true })).toThrow(UsageError)
    new RunFolder(folder)
    expect(() => new RunFolder(folder)).toThrow(`${folder} already holds a run`)
    fs.writeFileSync(path.join(work, 'file'), '')
    expect(() => new RunFolder(path.join(work, 'file'))).toThrow(UnrolledError)
  })
})

function flip(file: string, place: number): void {
  const bytes = fs.readFileSync(file)
  bytes[place < 0 ? bytes.length + place : place] ^= 4
  fs.writeFileSync(file, bytes)
}

const disk = path.join(work, 'disk')
const mounted = mountSmallDisk()
afterAll(() => {
  if (mounted) execFileSync('umount', [disk])
})

/** A disk of 32 KiB, where this machine lets tests have one (root on Linux). */
function mountSmallDisk(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  fs.mkdirSync(disk)
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', disk]).status === 0
}

describe('a disk that fills while saving', () => {
  test.skipIf(!mounted)('leaves the checkpoint before whole, and the error names the file', async () => {
    const folder = path.join(disk, 'run')
    const filler = path.join(disk, 'filler')
    const on = (event: TrainEvent) => {
      // ends when the disk is full
      if (event.type === 'checkpoint' && event.step === 8) spawnSync('cp', ['/dev/zero', filler])
    }
    // logEvery: the log needs no new page, so that it is the checkpoint that finds the disk full
    const store = new RunFolder(folder, { logEvery: 1000 })
    const options = tinyTraining(engine, { store, checkpointEvery: { steps: 4 }, on })
    const error = await train(options).catch((error) => error)
    expect(error).toBeInstanceOf(UnrolledError)
    expect(error.message).toMatch(
      /checkpoints\/000003-step-12-\w+\.safetensors: could not be written: no space is left/,
    )
    expect(checkpointsOf(folder)).toEqual([
      expect.stringMatching(/^000001-step-4-\w+\.safetensors$/),
      expect.stringMatching(/^000002-step-8-\w+\.safetensors$/),
    ])
    fs.rmSync(filler)
    const { weights, notices } = await resume(folder)
    expect(notices).toEqual([])
    expect(weights).toEqual(wholeWeights)
  })

  test.skipIf(!mounted)('names the log when that is what fills it', async () => {
    const folder = path.join(disk, 'long')
    const store = new RunFolder(folder, { logEvery: 1 })
    const error = await train(tinyTraining(engine, { store, epochs: 1000 })).catch((error) => error)
    expect(error).toBeInstanceOf(UnrolledError)
    expect(error.message).toContain(
      `${folder}/log.jsonl: could not be written: no space is left on the disk (ENOSPC)`,
    )
  })
})
