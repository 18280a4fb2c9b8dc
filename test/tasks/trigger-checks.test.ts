import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DataError, UsageError } from '../../src/errors.js'
import { type Engine, type TriggerRow, train } from '../../src/index.js'
import { openEngine } from '../tensor/engines.js'
import { smallDetector, soundRows } from './trigger-sounds.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.dispose())

const rows = soundRows(4)
const negatives = rows.filter(({ kind }) => kind === 'negative')
const sceneOf = (seconds: number, words: TriggerRow['words'] = []): TriggerRow => ({
  kind: 'scene',
  sound: { sampleRate: 8000, channels: [new Float32Array(8000 * seconds).fill(0.1)] },
  words,
  name: 'kitchen.wav',
})
/** Fails where a training takes a single step: what is refused is refused before. */
const refused = async (
  parts: { valid?: unknown; test?: unknown; train?: unknown },
  settings: object = {},
) => {
  let epochs = 0
  const data = { train: rows, valid: [], test: [], ...parts } as never
  const on = () => {
    epochs++
  }
  const small = { ...smallDetector, train: { ...smallDetector.train, epochs: 1, scenes: 4 } }
  const error = await train({ task: 'trigger', data, engine, on, ...small, ...settings } as never).catch(
    (reason: unknown) => reason,
  )
  expect(epochs).toBe(0)
  return error as Error
}

describe('what a training could not end with is refused before it begins', () => {
  it.each([
    ['negatives', negatives],
    ['a recorded scene without words', [sceneOf(2)]],
    ['a recorded scene that is too short', [sceneOf(0.1, [{ start: 0.01, end: 0.05 }])]],
  ])('%s to validate on', async (_, valid) => {
    const error = await refused({ valid })
    expect(error).toBeInstanceOf(DataError)
    expect(error.message).toMatch(
      /^the validation part: expected recordings of the word, .* found none among/,
    )
  })

  it.each([
    ['negatives', negatives],
    ['a recorded scene that is too short', [sceneOf(0.1)]],
  ])('%s to be scored on', async (_, test) => {
    const error = await refused({ test })
    expect(error).toBeInstanceOf(DataError)
    expect(error.message).toMatch(/^the test part: expected clips of the word or recorded scenes of at least/)
  })

  it('clips that fit no scene', async () => {
    const scene = { ...smallDetector.scene, seconds: 0.5, gap: 0.4 }
    const error = await refused({}, { scene })
    expect(error).toBeInstanceOf(DataError)
    expect(error.message).toMatch(
      /^the training part: expected a recording of the word of at most 0\.10 seconds \(scene\.seconds less scene\.gap\), found none: the shortest takes 0\.\d\d/,
    )
  })

  it('validation scenes into which chance put no word', async () => {
    const error = await refused(
      { valid: soundRows(2, 8, 5) },
      { evaluation: { scenes: 1 }, scene: { ...smallDetector.scene, words: 1, others: 3, seconds: 0.9 } },
    )
    expect(error).toBeInstanceOf(DataError)
    expect(error.message).toMatch(/^evaluation\.scenes: expected validation scenes that hold the word/)
  })

  it('scenes without any words, and a filter longer than a scene', async () => {
    const none = await refused({}, { scene: { ...smallDetector.scene, words: 0 } })
    expect(none.message).toMatch(/scene\.words: expected a whole number from 1 to 100, got 0/)
    const long = await refused({}, { model: { ...smallDetector.model, filterWidth: 1000 } })
    expect(long).toBeInstanceOf(UsageError)
    expect(long.message).toMatch(
      /^model\.filterWidth: got 1000, which takes 10\.0\d seconds; expected no more/,
    )
  })

  it('a recorded scene to learn from that is shorter than a step, by its name', async () => {
    const error = await refused({ train: [...rows, sceneOf(0.1)] })
    expect(error).toBeInstanceOf(DataError)
    expect(error.message).toMatch(/^kitchen\.wav: expected at least 0\.1\d seconds, .* found 0\.10$/)
  })

  it.each([
    ['a rate that is no whole number', { sampleRate: 44_100.5 }, /a whole sampleRate .*, found 44100\.5/],
    ['a rate that no sound has', { sampleRate: 3 }, /a whole sampleRate from 200 to 1,000,000, found 3/],
    [
      'channels of unequal length',
      { channels: [new Float32Array(800), new Float32Array(700)] },
      /channels of equal length, 800 samples, found 700 in channel 1/,
    ],
  ])('%s in the test part', async (_, given, message) => {
    const [first] = rows
    const error = await refused({ test: [rows[1], { ...first, sound: { ...first.sound, ...given } }] })
    expect(error).toBeInstanceOf(DataError)
    expect(error.message).toMatch(/^test\[1\]: /)
    expect(error.message).toMatch(message)
  })
})
