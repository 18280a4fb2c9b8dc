import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { type Engine, type TaskModel, type TaskName, taskNames, train } from '../../src/index.js'
import type { TrainEvent } from '../../src/train/index.js'
import { openEngine } from '../tensor/engines.js'
import { samples } from './samples.js'

// `valid: none`: no rows choose the best epoch, for every task, from files and in memory
let engine: Engine
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-no-validation-'))
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(async () => {
  await engine.dispose()
  fs.rmSync(work, { recursive: true, force: true })
})

/** Their rows are files themselves, or parts of them: their own tests train from files. */
const ofFiles = ['caption', 'forecast', 'transcribe', 'trigger']

describe.each(ofFiles as TaskName[])('%s without validation rows, in memory', (name) => {
  const { rows, settings } = samples[name]
  const learn = (schedule: string, on?: (event: TrainEvent) => void): Promise<TaskModel> => {
    const short = { ...settings.train, epochs: 2, seconds: null, schedule }
    const data = { train: rows, valid: [], test: [] }
    return train({ task: name, engine, data, ...settings, train: short, ...(on && { on }) } as never)
  }

  it('keeps the last epoch, and refuses a schedule that goes by validations', async () => {
    const events: TrainEvent[] = []
    const model = await learn('cosine', (event) => events.push(event))
    const epochs = events.filter((event) => event.type === 'epoch')
    expect(epochs.map(({ metrics, best }) => ({ metrics, best }))).toEqual([
      { best: false, metrics: undefined },
      { best: false, metrics: undefined },
    ])
    expect(events.at(-1)).not.toHaveProperty('best')
    model.dispose()
    await expect(learn('plateau')).rejects.toThrow(/train\.schedule: plateau needs .*validation/)
  })
})

describe.each(taskNames.filter((name) => !ofFiles.includes(name)))('%s without validation rows', (name) => {
  const { rows, settings } = samples[name]
  const ending = name === 'lm' ? 'txt' : 'jsonl'
  const file = (place: string, lines: readonly unknown[]) => {
    const whole = path.join(work, name, `${place}.${ending}`)
    fs.mkdirSync(path.dirname(whole), { recursive: true })
    fs.writeFileSync(whole, lines.map((row) => `${name === 'lm' ? row : JSON.stringify(row)}\n`).join(''))
    return whole
  }
  const learn = (options: object): Promise<TaskModel> =>
    train({
      ...{ task: name, engine, ...settings, train: { ...settings.train, epochs: 2, seconds: null } },
      ...options,
    } as never)
  const weightsOf = (model: TaskModel) => Object.values(model.parameters()).map(({ data }) => [...data])
  const parts = { train: rows.slice(0, -10), valid: rows.slice(-10, -5), test: rows.slice(-5) }

  it('learns from all rows that are not the test part, and keeps the last epoch', async () => {
    const folder = path.dirname(file('parts/train', parts.train))
    file('parts/valid', parts.valid)
    file('parts/test', parts.test)
    const events: TrainEvent[] = []
    const options = { out: path.join(work, name, 'model'), on: (event: TrainEvent) => events.push(event) }
    const fromFiles = await learn({ data: folder, valid: 'none', ...options })
    const inMemory = await learn({
      data: { train: [...parts.train, ...parts.valid], valid: [], test: parts.test },
    })
    const usual = await learn({ data: folder })
    expect(weightsOf(fromFiles)).toEqual(weightsOf(inMemory))
    expect(weightsOf(fromFiles)).not.toEqual(weightsOf(usual))
    const epochs = events.filter((event) => event.type === 'epoch')
    expect(epochs.map(({ metrics, best }) => ({ metrics, best }))).toEqual([
      { best: false, metrics: undefined },
      { best: false, metrics: undefined },
    ])
    expect(events.at(-1)).not.toHaveProperty('best')
    const metrics = JSON.parse(fs.readFileSync(path.join(options.out, 'metrics.json'), 'utf8'))
    expect(metrics.valid).toEqual({})
    expect(metrics.test.rows).toBe(parts.test.length)
    for (const model of [fromFiles, inMemory, usual]) model.dispose()
  })

  it('holds the test tenth out of one file, and goes on where it was interrupted', async () => {
    const stop = new AbortController()
    const on = (event: TrainEvent) => event.type === 'batch' && event.step === 2 && stop.abort()
    const out = path.join(work, name, 'cut')
    const job = { data: file('whole', rows), valid: 'none', out }
    await expect(learn({ ...job, signal: stop.signal, on })).rejects.toThrow('Interrupted after 2 steps')
    const model = await learn({ ...job, resume: true })
    const { valid, test } = JSON.parse(fs.readFileSync(path.join(out, 'metrics.json'), 'utf8'))
    expect(valid).toEqual({})
    expect(test.rows).toBeGreaterThan(0.05 * rows.length)
    expect(test.rows).toBeLessThan(0.15 * rows.length)
    expect(JSON.parse(fs.readFileSync(path.join(out, 'run.json'), 'utf8')).valid).toBe('none')
    model.dispose()
  })

  it('is refused for a schedule that goes by validations', async () => {
    const job = {
      data: file('whole', rows),
      valid: 'none',
      train: { ...settings.train, schedule: 'plateau' },
    }
    await expect(learn(job)).rejects.toThrow(UsageError)
    await expect(learn(job)).rejects.toThrow(/train\.schedule: plateau needs .*validation/)
  })
})
