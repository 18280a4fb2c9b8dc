import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FormatError } from '../../src/errors.js'
import type { JsonObject, StoredModel } from '../../src/formats/index.js'
import { type Engine, restoreModel, type TextClassifier, train } from '../../src/index.js'
import { openEngine } from '../tensor/engines.js'
import { easyRows, small } from './rows.js'

let engine: Engine
let model: TextClassifier
let stored: StoredModel
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  model = await train({ task: 'classify', data: easyRows, engine, ...small, train: { epochs: 1 } })
  stored = { ...model.store(), metrics: {} }
})
afterAll(() => engine.dispose())

const changed = (config: JsonObject): StoredModel => ({ ...stored, config: { ...stored.config, ...config } })

describe('restoreModel', () => {
  it('builds the model that was stored', async () => {
    const restored = (await restoreModel(engine, stored, 'there')) as TextClassifier
    expect(restored.predict('play a song')).toEqual(model.predict('play a song'))
    restored.dispose()
  })

  it.each<[string, JsonObject, string]>([
    ['another task', { task: 'juggle' }, 'which this version does not know'],
    ['no task', { task: 7 }, 'which this version does not know'],
    ['labels that are no list', { labels: 'x' }, 'at least two different labels'],
    ['a label twice', { labels: ['x', 'x'] }, 'at least two different labels'],
    ['unknown settings', { settings: { model: { wings: 2 } } }, 'unknown setting'],
    ['a negative size', { settings: { model: { hiddenSize: -2 } } }, 'settings.model.hiddenSize: expected'],
    ['no vocabulary', { vocabulary: null }, 'expected an object with words and counts'],
    ['no baselines', { baselines: {} }, 'baselines.majority'],
    ['labels that the weights do not have', { labels: ['a', 'b'] }, 'the weights do not fit'],
  ])('refuses %s', async (_, config, message) => {
    const restore = restoreModel(engine, changed(config), 'there')
    await expect(restore).rejects.toThrow(FormatError)
    await expect(restore).rejects.toThrow(message)
    await expect(restore).rejects.toThrow(/^there/)
  })
})
