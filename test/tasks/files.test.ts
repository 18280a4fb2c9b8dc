import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FormatError, UsageError } from '../../src/errors.js'
import { type Engine, load, train } from '../../src/index.js'
import type { TrainEvent } from '../../src/train/index.js'
import { openEngine } from '../tensor/engines.js'
import { easyRows, small } from './rows.js'

let engine: Engine
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-tasks-'))
const at = (name: string) => path.join(work, name)
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  fs.writeFileSync(at('rows.jsonl'), easyRows.map((row) => `${JSON.stringify(row)}\n`).join(''))
})
afterAll(async () => {
  await engine.dispose()
  fs.rmSync(work, { recursive: true, force: true })
})

it('saves a model that answers alike when it is loaded', async () => {
  const model = await train({ task: 'classify', data: at('rows.jsonl'), out: at('model'), engine, ...small })
  const texts = ['what about rain', 'a new song', 'wake up']
  const loaded = await load<'classify'>(at('model'), { engine })
  expect(loaded.predict(texts)).toEqual(model.predict(texts))
  expect(loaded.threshold).toBe(model.threshold)
  expect(loaded.evaluate(easyRows)).toEqual(model.evaluate(easyRows))
  expect(fs.readdirSync(at('model')).sort()).toEqual([
    'README.md',
    'checkpoints',
    'config.json',
    'log.jsonl',
    'metrics.json',
    'model.safetensors',
    'run.json',
  ])
  const metrics = JSON.parse(fs.readFileSync(at('model/metrics.json'), 'utf8'))
  expect(metrics).toMatchObject({
    task: 'classify',
    test: { rows: 6 },
    baselines: { majority: expect.any(Number) },
  })
  expect(Object.keys(loaded.parameters())).toContain('rnn.weight_ih_l0')
})

it('opens an engine of its own when none is given', async () => {
  const loaded = await load<'classify'>(at('model'))
  expect(loaded.predict('play a song')[0].label).toBe('music')
  await loaded.engine.dispose()
})

it('refuses an out folder that is used, and to load what is not there', async () => {
  const again = train({ task: 'classify', data: easyRows, out: at('model'), engine, ...small })
  await expect(again).rejects.toThrow(UsageError)
  await expect(load(at('nowhere'), { engine })).rejects.toThrow(FormatError)
})

it('goes on after an abort, with the same data and settings, to the same weights', async () => {
  const options = { task: 'classify', data: easyRows, engine, ...small } as const
  const whole = await train(options)
  const stop = new AbortController()
  const on = (event: TrainEvent) => event.type === 'batch' && event.step === 9 && stop.abort()
  const cut = train({ ...options, out: at('cut'), signal: stop.signal, on })
  await expect(cut).rejects.toThrow(/Interrupted after 9 steps\. Saved in .*cut/)
  const resumed = await train({ ...options, out: at('cut'), resume: true })
  expect(Object.values(resumed.parameters()).map(({ data }) => [...data])).toEqual(
    Object.values(whole.parameters()).map(({ data }) => [...data]),
  )
})
