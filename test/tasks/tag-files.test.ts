import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FormatError } from '../../src/errors.js'
import { type Engine, load, train } from '../../src/index.js'
import type { TrainEvent } from '../../src/train/index.js'
import { openEngine } from '../tensor/engines.js'
import { slotRows, small } from './tag-rows.js'

let engine: Engine
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-tag-'))
const at = (name: string) => path.join(work, name)
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  fs.writeFileSync(at('rows.jsonl'), slotRows.map((row) => `${JSON.stringify(row)}\n`).join(''))
})
afterAll(async () => {
  await engine.dispose()
  fs.rmSync(work, { recursive: true, force: true })
})

it('saves a model that answers alike when it is loaded', async () => {
  const model = await train({ task: 'tag', data: at('rows.jsonl'), out: at('model'), engine, ...small })
  const texts = ['a flight to Rome', 'will it rain in New York on Monday', 'hm']
  const loaded = await load<'tag'>(at('model'), { engine })
  expect(loaded.predict(texts)).toEqual(model.predict(texts))
  expect(loaded.evaluate(slotRows)).toEqual(model.evaluate(slotRows))
  expect(Object.keys(loaded.parameters())).toEqual(
    expect.arrayContaining(['rnn.weight_ih_l0_reverse', 'crf.transitions', 'embedding.words.weight']),
  )
  const config = JSON.parse(fs.readFileSync(at('model/config.json'), 'utf8'))
  for (const wrong of [{ tags: ['O', 'X'] }, { labels: 3 }, { characters: null }]) {
    fs.writeFileSync(at('model/config.json'), JSON.stringify({ ...config, ...wrong }))
    await expect(load(at('model'), { engine })).rejects.toThrow(FormatError)
  }
})

it('goes on after an abort to the same weights', async () => {
  const options = { task: 'tag', data: slotRows, engine, ...small, train: { epochs: 3 } } as const
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
