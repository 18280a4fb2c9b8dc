import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resample } from '../../src/data/index.js'
import { DataError, UsageError } from '../../src/errors.js'
import {
  type Engine,
  load,
  restoreModel,
  type TrainEvent,
  type TriggerModel,
  type TriggerRow,
  train,
} from '../../src/index.js'
import { Random } from '../../src/random/index.js'
import { TriggerFrames } from '../../src/tasks/trigger-frames.js'
import { splitRows } from '../../src/tasks/trigger-rows.js'
import { SceneSource, stepLabels } from '../../src/tasks/trigger-scenes.js'
import { openEngine } from '../tensor/engines.js'
import { smallDetector, soundRows } from './trigger-sounds.js'

let engine: Engine
let model: TriggerModel
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-trigger-'))
const held = soundRows(8, 8, 2)
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  model = await train({
    task: 'trigger',
    data: soundRows(14),
    engine,
    out: `${work}/model`,
    ...smallDetector,
  })
}, 60_000)
afterAll(async () => {
  await engine.dispose()
  fs.rmSync(work, { recursive: true, force: true })
})

/** A scene made of recordings that the model has not heard. */
const scene = (seed: number) =>
  new SceneSource(held, model.frames, model.settings.scene).made(new Random('scene').split(seed))
const soundOf = (samples: Float32Array) => ({ sampleRate: model.frames.sampleRate, channels: [samples] })

describe('what is learned', () => {
  it('words that nobody said before are heard, and little else is', () => {
    const { scores, baselines, details } = model.evaluate(held)
    expect(scores.falseRejects).toBeLessThan(0.1)
    expect(scores.falseAcceptsPerHour).toBeLessThan(60) // at most one in forty scenes of 3 seconds
    expect(scores.latency).toBeLessThan(0.3)
    expect(baselines.never).toBe(1)
    expect(baselines.loudness).toBeGreaterThan(0.3)
    const { words, hours, stepAccuracy } = details as unknown as {
      words: number
      hours: number
      stepAccuracy: { never: number }
    }
    expect(hours).toBeCloseTo((40 * 3) / 3600, 9)
    expect(words).toBeGreaterThan(20)
    expect(stepAccuracy.never).toBeGreaterThan(0.7) // a network that learned nothing is right most of the time
  })

  it('one recording tells when', () => {
    const found = Array.from({ length: 12 }, (_, seed) => scene(seed)).map(({ samples, words }) => ({
      words,
      heard: model.predict(soundOf(samples)),
    }))
    const near = found.flatMap(({ words, heard }) =>
      heard.map(({ time }) => words.some(({ start, end }) => time >= start && time < end + 0.4)),
    )
    expect(near.length).toBeGreaterThanOrEqual(5)
    expect(near.filter(Boolean).length / near.length).toBeGreaterThanOrEqual(0.9)
    expect(found.filter(({ words, heard }) => words.length === heard.length).length).toBeGreaterThanOrEqual(
      10,
    )
  })

  it('the threshold may be chosen again for another rate of false accepts, and set by hand', async () => {
    const stored = { ...model.store(), metrics: {} }
    const at = async (detect: object) => {
      const settings = { ...model.settings, detect: { ...model.settings.detect, ...detect } }
      const config = JSON.parse(JSON.stringify({ ...stored.config, settings }))
      const other = (await restoreModel(engine, { ...stored, config }, 'there')) as TriggerModel
      const { threshold } = other
      other.dispose()
      return threshold
    }
    expect(await at({})).toBe(model.threshold)
    expect(await at({ falseAccepts: 1e6 })).toBeLessThanOrEqual(model.threshold)
    expect(await at({ threshold: 0.9 })).toBe(0.9)
  })

  it('the same seed gives the same weights', async () => {
    const few = { ...smallDetector, train: { ...smallDetector.train, epochs: 1 }, evaluation: { scenes: 4 } }
    const twice = [1, 1, 2].map((seed) =>
      train({ task: 'trigger', data: soundRows(6), engine, seed, ...few }),
    )
    const [a, b, c] = (await Promise.all(twice)).map((one) =>
      Object.values(one.parameters()).map(({ data }) => Array.from(data)),
    )
    expect(a).toEqual(b)
    expect(a).not.toEqual(c)
  })

  it('a model that was stored hears the same', async () => {
    const loaded = await load<'trigger'>(`${work}/model`, { engine })
    const { samples } = scene(1)
    expect(loaded.predict(soundOf(samples))).toEqual(model.predict(soundOf(samples)))
    expect(loaded.threshold).toBe(model.threshold)
    loaded.dispose()
  })

  it('goes on only with what chooses the best epoch as it was; the threshold itself may change', async () => {
    const few = { ...smallDetector.train, epochs: 1, scenes: 8 }
    const job = { task: 'trigger', data: soundRows(6), engine, ...smallDetector, train: few } as const
    const cut = { ...job, evaluation: { scenes: 4 }, out: `${work}/cut` }
    const stop = new AbortController()
    const on = (event: TrainEvent) => event.type === 'batch' && event.step === 1 && stop.abort()
    await expect(train({ ...cut, signal: stop.signal, on })).rejects.toThrow('Interrupted')
    const resumed = { ...cut, resume: true }
    await expect(train({ ...resumed, evaluation: { scenes: 5 } })).rejects.toThrow(UsageError)
    const eager = { ...smallDetector.detect, falseAccepts: 9 }
    await expect(train({ ...resumed, detect: eager })).rejects.toThrow(UsageError)
    const byHand = { ...smallDetector.detect, threshold: 0.9 }
    const { threshold } = await train({ ...resumed, detect: byHand })
    expect(threshold).toBe(0.9)
  })
})

describe('frames and steps', () => {
  it('ten seconds of 44.1 kHz in the classic way: 5,511 frames of 101 numbers, 1,375 steps', () => {
    const { settings } = model
    const sound = { ...settings.sound, sampleRate: 44_100, features: 'power' as const }
    const classic = { ...sound, window: 200 / 44.1, hop: 80 / 44.1 }
    const shape = { ...settings.model, filterWidth: 15, stride: 4 }
    const frames = new TriggerFrames(engine, { sound: classic, model: shape })
    expect([frames.features.frames(441_000), frames.size, frames.steps(441_000)]).toEqual([5511, 101, 1375])
    const raw = frames.raw(new Float32Array(441_000))
    expect(raw.length).toBe(5511 * 101)
    expect(frames.loudness(raw)).toHaveLength(1375)
    expect(frames.timeOf(1374)).toBeLessThanOrEqual(10)
    expect(frames.timeOf(1375)).toBeGreaterThan(10)
    // the word ends after 5 seconds: the steps of the half second behind it say so
    const labels = stepLabels(
      { samples: new Float32Array(441_000), words: [{ start: 4, end: 5 }] },
      frames,
      0.5,
    )
    const said = [...labels.keys()].filter((step) => labels[step] === 1)
    expect(frames.timeOf(said[0] - 1)).toBeLessThanOrEqual(5)
    expect(frames.timeOf(said[0])).toBeGreaterThan(5)
    expect(frames.timeOf(said[said.length - 1] + 1)).toBeGreaterThan(5.5)
    expect(said.length).toBe(said[said.length - 1] - said[0] + 1)
    frames.dispose()
  })
})

describe('streams', () => {
  it('hear what is heard in the whole, to the last bit, however the sound is cut', () => {
    const random = new Random(5)
    for (let seed = 0; seed < 4; seed++) {
      const { samples } = scene(seed)
      const whole: number[] = []
      const all = model.stream({ onScore: (score) => whole.push(score) })
      const expected = all.push(samples)
      expect(model.predict(soundOf(samples))).toEqual(expected)
      const raw = model.frames.raw(samples)
      expect(Array.from(model.probabilities([raw])[0])).toEqual(whole)
      const pieces: number[] = []
      const stream = model.stream({ onScore: (score) => pieces.push(score) })
      const found = []
      for (let at = 0; at < samples.length; ) {
        const end = at + 1 + random.integer(900)
        found.push(...stream.push(samples.subarray(at, end)))
        at = end
      }
      expect(found).toEqual(expected)
      expect(pieces).toEqual(whole)
      expect(stream.seconds).toBeCloseTo(model.frames.timeOf(pieces.length - 1), 9)
      for (const one of [all, stream]) one.dispose()
    }
  })

  it('go on from a fork and a snapshot, also at another rate', () => {
    const sampleRate = 11_025
    const samples = resample(scene(3).samples, model.frames.sampleRate, sampleRate)
    const listen = (from: number, stream: ReturnType<TriggerModel['stream']>) => {
      const found = stream.push(samples.subarray(from))
      return { found, score: stream.score, state: stream.snapshot() }
    }
    const stream = model.stream({ sampleRate })
    const begun = stream.push(samples.subarray(0, 12_345))
    const fork = stream.fork()
    const saved = stream.snapshot()
    const other = model.stream({ sampleRate })
    other.restore(saved)
    const [a, b, c] = [stream, fork, other].map((one) => listen(12_345, one))
    expect(b).toEqual(a)
    expect(c).toEqual(a)
    const whole = model.predict({ sampleRate, channels: [samples] })
    expect([...begun, ...a.found].length).toBeLessThanOrEqual(whole.length)
    expect(whole.slice(0, begun.length)).toEqual(begun)
    const plain = model.stream()
    expect(() => plain.restore(saved)).toThrow(/another sample rate/)
    for (const one of [stream, fork, other, plain]) one.dispose()
    expect(() => stream.push(samples)).toThrow(/it has ended/)
  })

  it('give at another rate what is heard in the whole, to the last bit, once they have ended', () => {
    const sampleRate = 44_100
    const { samples } = scene(3)
    let later = 0
    for (let length = 8000; length < 8200; length += 20) {
      const heard = resample(samples.subarray(0, length), model.frames.sampleRate, sampleRate)
      const whole: number[] = []
      model.stream({ onScore: (score) => whole.push(score) }).push(resample(heard, sampleRate, 8000))
      const scores: number[] = []
      const stream = model.stream({ sampleRate, onScore: (score) => scores.push(score) })
      const found = [...stream.push(heard)]
      const before = scores.length
      found.push(...stream.end())
      expect(scores).toEqual(whole)
      expect(found).toEqual(model.predict({ sampleRate, channels: [heard] }))
      later += scores.length - before
      expect(() => stream.end()).toThrow(/it has ended/)
    }
    expect(later).toBeGreaterThan(0)
  })

  it('take no state of a stream of another rate', () => {
    const [one, other] = [44_100, 48_000].map((sampleRate) => model.stream({ sampleRate }))
    one.push(new Float32Array(1000))
    expect(() => other.restore(one.snapshot())).toThrow(/another sample rate, 44100; expected 48000/)
    for (const stream of [one, other]) stream.dispose()
  })

  it('remember no more after an hour than after a minute', () => {
    const stream = model.stream()
    const noise = Float32Array.from({ length: 8000 }, (_, i) => 0.01 * Math.sin(i * i))
    const sizes: number[] = []
    for (let second = 1; second <= 600; second++) {
      stream.push(noise)
      if (second % 200 === 20) sizes.push(JSON.stringify(stream.snapshot().sound).length)
    }
    const bytes = engine.bytesInUse
    for (let second = 0; second < 60; second++) stream.push(noise)
    expect(engine.bytesInUse).toBe(bytes)
    expect(Math.max(...sizes)).toBeLessThan(10_000)
    const { sound, network } = stream.snapshot()
    expect(sound.waiting.length).toBeLessThan(model.frames.features.window)
    expect(network.windows?.waiting.length).toBeLessThan(15 * model.frames.size)
    stream.dispose()
  })
})

describe('recorded scenes', () => {
  const recorded = (seed: number): TriggerRow => {
    const { samples, words } = scene(seed)
    return { kind: 'scene', sound: soundOf(samples), words }
  }

  it('are scored as they are, long ones with the same bits', () => {
    const rows = Array.from({ length: 6 }, (_, seed) => recorded(seed))
    const { details } = model.evaluate(rows)
    const words = rows.reduce((sum, row) => sum + (row.words?.length ?? 0), 0)
    expect(details).toMatchObject({ scenes: 6, words, hours: 18 / 3600 })
    const quiet = model.evaluate([{ kind: 'scene', sound: soundOf(new Float32Array(16_000)) }])
    expect(Object.keys(quiet.scores)).toEqual(['falseAcceptsPerHour'])
    const long = new Float32Array(8000 * 45)
    for (let seed = 0; seed < 15; seed++) long.set(scene(seed).samples, seed * 24_000)
    const raw = model.frames.raw(long) // more frames than are computed at once
    const [scores] = model.probabilities([raw])
    const streamed: number[] = []
    model.stream({ onScore: (score) => streamed.push(score) }).push(long)
    expect(Array.from(scores)).toEqual(streamed)
  })

  it('words in those that are shorter than a step are missed', () => {
    const short: TriggerRow = {
      kind: 'scene',
      sound: soundOf(new Float32Array(400)),
      words: [{ start: 0.01, end: 0.04 }],
    }
    const alone = model.evaluate([recorded(0)]).details as { words: number; missed: number }
    const both = model.evaluate([recorded(0), short]).details
    expect(both).toMatchObject({ scenes: 2, words: alone.words + 1, missed: alone.missed + 1 })
    expect(() => model.evaluate([short])).toThrow(/recorded scenes of at least 0\.1\d seconds/)
    expect(() => model.evaluate([short])).toThrow(UsageError)
  })

  it('stretches of long ones do not begin within a word', () => {
    const words = [0.5, 1.4, 3, 3.9, 6, 7.2].map((start) => ({ start, end: start + 0.85 }))
    const samples = Float32Array.from({ length: 8 * 8000 }, (_, i) => i)
    const source = new SceneSource([], model.frames, model.settings.scene)
    let found = 0
    for (let seed = 0; seed < 60; seed++) {
      const stretch = source.cut({ samples, words }, new Random(seed))
      expect(stretch.samples).toHaveLength(3 * 8000)
      const from = stretch.samples[0] / 8000
      expect(words.filter(({ start, end }) => start < from && end > from)).toEqual([])
      const inside = words.filter(({ end }) => end > from && end <= from + 3)
      expect(stretch.words.map(({ start }) => Number((start + from).toFixed(6)))).toEqual(
        inside.map(({ start }) => start),
      )
      found += inside.length
    }
    expect(found).toBeGreaterThan(60)
  })

  it('are enough, and those with the word are held out apart from those without', () => {
    const sound = soundOf(new Float32Array(8000))
    const silent: TriggerRow = { kind: 'scene', sound, words: [] }
    const rows = [1, 2, 3].map((): TriggerRow => ({ ...silent, words: [{ start: 0.1, end: 0.5 }] }))
    const parts = splitRows(
      { all: [...Array.from({ length: 9 }, () => silent), ...rows] },
      'data',
      new Random(1),
    )
    for (const part of [parts.train, parts.valid, parts.test])
      expect(part.filter(({ words = [] }) => words.length > 0)).toHaveLength(1)
    expect([parts.train, parts.valid, parts.test].map(({ length }) => length)).toEqual([8, 2, 2])
    expect(() => splitRows({ all: [silent, silent, silent] }, 'data', new Random(1))).toThrow(/found 0 and 0/)
    expect(() => splitRows({ all: rows.slice(0, 2) }, 'data', new Random(1))).toThrow(
      /data: expected at least 3 recordings of the word, or of scenes with it, .*, found 0 and 2/,
    )
  })

  it('can be learned from without any clips', async () => {
    const rows = Array.from({ length: 8 }, (_, seed) => recorded(seed))
    const parts = { train: rows, valid: [], test: [] }
    const few = { ...smallDetector, train: { ...smallDetector.train, epochs: 1 } }
    const learned = await train({ task: 'trigger', data: parts, engine, ...few })
    expect(learned.threshold).toBe(0.5) // nothing was validated
    expect(learned.evaluate(rows).rows).toBe(8)
    learned.dispose()
  })
})

describe('rows', () => {
  it('whole clips are held out, at least one of each kind; short lists of backgrounds are cut in time', () => {
    const rows = soundRows(10, 4).slice(0, -1) // two backgrounds
    const { train, valid, test } = splitRows({ all: rows }, 'data', new Random(1))
    const count = (list: readonly TriggerRow[], kind: string) =>
      list.filter((row) => row.kind === kind).length
    expect([train, valid, test].map((part) => count(part, 'positive'))).toEqual([7, 1, 2])
    expect([train, valid, test].map((part) => count(part, 'negative'))).toEqual([2, 1, 1])
    expect([train, valid, test].map((part) => count(part, 'background'))).toEqual([2, 2, 2])
    const clips = [...train, ...valid, ...test].filter(({ kind }) => kind !== 'background')
    expect(new Set(clips.map(({ sound }) => sound)).size).toBe(14)
    const seconds = (list: readonly TriggerRow[]) =>
      list
        .filter(({ kind }) => kind === 'background')
        .reduce((sum, { sound }) => sum + sound.channels[0].length, 0)
    expect(seconds(train) + seconds(valid) + seconds(test)).toBe(2 * 16_000)
    expect(seconds(train)).toBeGreaterThan(0.7 * 2 * 16_000)
  })

  it.each([
    [[], /expected at least 3 recordings of the word, or of scenes with it, for 3 parts .*, found 0 and 0/],
    [soundRows(2), /expected at least 3 recordings .*, found 2 and 0/],
    [[{ kind: 'word' }], /rows\[0\]: expected a kind: positive, negative, background, scene, found "word"/],
    [
      [{ kind: 'negative', sound: {} }],
      /rows\[0\]: expected a sound \{ sampleRate, channels \} with samples/,
    ],
    [
      [{ ...soundRows(1)[0], kind: 'scene', words: [{ start: 2, end: 1 }] }],
      /rows\[0\]: expected words with a start and an end in seconds, found 2 to 1/,
    ],
    [
      [{ ...soundRows(1)[0], kind: 'scene', words: [{ start: 50, end: 51 }] }],
      /rows\[0\]: expected words within the 0\.\d\d seconds of the sound, found 50 to 51/,
    ],
    [[{ ...soundRows(1)[0], kind: 'scene', words: 5 }], /rows\[0\]: expected a list of words .*, found 5/],
    [[{ ...soundRows(1)[0], kind: 'scene', words: [null] }], /rows\[0\]: expected words with .*, found null/],
  ])('%#: refused', async (data, message) => {
    const learning = train({ task: 'trigger', data: data as TriggerRow[], engine, ...smallDetector })
    await expect(learning).rejects.toThrow(message)
    await expect(learning).rejects.toThrow(DataError)
  })

  it('what is no sound or too short is refused', () => {
    expect(() => model.predict({} as never)).toThrow(DataError)
    expect(model.predict(soundOf(new Float32Array(10)))).toEqual([])
    expect(() => model.inspect(soundOf(new Float32Array(10)))).toThrow(UsageError)
    expect(() => model.evaluate([soundRows(1)[1]])).toThrow(/clips of the word or recorded scenes/)
    expect(() => model.stream({ sampleRate: 0.5 })).toThrow(UsageError)
    expect(() => model.predict(soundOf(Float32Array.of(0, Number.NaN)))).toThrow(
      /predict: expected numbers from about -1 to 1, found NaN at sample 1 of channel 0/,
    )
    const stream = model.stream()
    expect(() => stream.push([0, Number.POSITIVE_INFINITY])).toThrow(/sample 1 is Infinity/)
    // the square of its spectrum is no number any more
    expect(() => stream.push([0, 0, -1e25])).toThrow(
      /sample 2 is -1e\+25; expected numbers from about -1 to 1/,
    )
    expect(() => model.predict(soundOf(Float32Array.of(0, 1e25)))).toThrow(DataError)
    const loud = model.stream()
    loud.push(new Float32Array(4000).map((_, i) => (i % 2 ? 1e6 : -1e6)))
    expect(loud.push(scene(1).samples)).not.toEqual([])
    expect(loud.score).toBeGreaterThanOrEqual(0)
    loud.dispose()
    expect(stream.push(new Float32Array(800))).toEqual([])
    stream.dispose()
  })
})
