import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DataError, ShapeError, UsageError } from '../../src/errors.js'
import { type Engine, taskNamed, train, type VideoModel } from '../../src/index.js'
import { FrameScale } from '../../src/tasks/video-scale.js'
import { openEngine } from '../tensor/engines.js'
import { clips, frameClips, smallVideo } from './clips.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.dispose())

const partsOf = <Row>(rows: readonly Row[]) => ({
  train: rows.slice(0, 240),
  valid: [],
  test: rows.slice(240),
})
const learn = (rows: readonly unknown[], options: object = {}) =>
  train({
    task: 'video',
    data: partsOf(rows) as never,
    engine,
    ...smallVideo,
    ...options,
  }) as Promise<VideoModel>

describe('a label of the whole', () => {
  const rows = clips(300)
  const { test } = partsOf(rows)
  let model: VideoModel
  beforeAll(async () => {
    model = await learn(rows)
  })

  it('is seen in the order of the frames, and not by rules that know no order', () => {
    const { scores, baselines } = model.evaluate(test)
    expect(scores.accuracy).toBeGreaterThan(0.95)
    expect(baselines.majority).toBeCloseTo(1 / 3, 1)
    expect(baselines.nearestMean).toBeLessThan(0.8)
  })

  it('cannot be seen in one frame', async () => {
    const blind = await learn(rows, { frames: { last: 1 } })
    expect(blind.evaluate(test).scores.accuracy).toBeLessThan(0.75)
    expect(() => blind.stream()).toThrow(UsageError)
    const three = await learn(rows, { frames: { last: 3 } })
    expect(three.evaluate(test).scores.accuracy).toBeGreaterThan(0.95)
    for (const each of [blind, three]) each.dispose()
  })

  it('is streamed with the bits of the whole, frame by frame', () => {
    const { frames } = test[1]
    const stream = model.stream()
    for (const [place, frame] of frames.entries()) {
      stream.push(frame)
      expect(stream.predict()).toEqual(model.predict(frames.slice(0, place + 1)))
    }
    expect(stream.frames).toBe(frames.length)
    const before = stream.snapshot()
    const other = stream.fork()
    other.push(frames[0])
    expect(other.predict()).not.toEqual(stream.predict())
    other.restore(before)
    expect(other.predict()).toEqual(stream.predict())
    for (const each of [stream, other]) each.dispose()
  })

  it('is seen as well beside a feature that never changes', async () => {
    const constant = (value: number) =>
      rows.map((row) => ({ ...row, frames: row.frames.map((frame) => [...frame, value]) }))
    const beside = await learn(constant(0.1))
    expect(beside.evaluate(constant(0.1).slice(240)).scores.accuracy).toBeGreaterThan(0.95)
    beside.dispose()
    const scale = FrameScale.of(constant(-12345.678).slice(0, 240))
    expect(scale.apply([...rows[0].frames[0], 7])[8]).toBe(0)
    expect(FrameScale.of([{ frames: [[1e-9], [3e-9]] }]).apply([3e-9])[0]).toBeCloseTo(1, 5)
  })

  it('that was never learned has no log loss', async () => {
    const strange = [{ frames: test[0].frames, label: 'sideways' }]
    const evaluation = model.evaluate(strange)
    expect(evaluation.scores).toEqual({ accuracy: 0, macroF1: 0 })
    expect((await taskNamed('video')).report(evaluation)).not.toMatch(/log loss|NaN/)
    const learned = await train({
      task: 'video',
      data: { train: rows.slice(0, 30), valid: strange },
      engine,
      ...smallVideo,
      train: { epochs: 1 },
    })
    learned.dispose()
  })

  it('does not depend on the other videos of a batch', () => {
    const frames = test.map((row) => row.frames)
    const together = model.probabilities(frames)
    expect(model.probabilities([frames[3]])).toEqual([together[3]])
  })

  it('refuses frames of another size, rows of the other kind, and tag()', () => {
    expect(() => model.predict([[1, 2, 3]])).toThrow(ShapeError)
    expect(() => model.predict([])).toThrow(DataError)
    expect(() => model.predict([[1, 2, 3, 4, 5, 6, 7, Number.NaN]])).toThrow(
      /frame 1: expected a number in place 8/,
    )
    expect(() => model.evaluate(frameClips(3))).toThrow(/video 1: expected a label of the whole/)
    expect(() => model.tag(test[0].frames)).toThrow(UsageError)
  })
})

describe('a label of each frame', () => {
  const rows = frameClips(300)
  const { test } = partsOf(rows)
  let model: VideoModel
  beforeAll(async () => {
    model = await learn(rows)
  })

  it('is learned, scored by frames, and written as runs', async () => {
    const { scores, baselines, details } = model.evaluate(test)
    expect(scores.accuracy).toBeGreaterThan(0.97)
    expect(baselines.majority).toBeLessThan(0.85)
    expect(details.labels).toBe(test.reduce((sum, { labels }) => sum + labels.length, 0))
    const { frames, labels } = test[0] // a clip that goes right
    expect(labels).toEqual(['else', ...labels.slice(1).map(() => 'forth')])
    expect(model.tag(frames).map(({ label }) => label)).toEqual(labels)
    const answer = model.answer(frames)
    expect(answer.runs).toEqual([
      { label: 'else', start: 0, end: 1 },
      { label: 'forth', start: 1, end: labels.length },
    ])
    expect((await taskNamed('video')).line(answer)).toBe(`1–1 else, 2–${labels.length} forth`)
  })

  it('is streamed with the bits of the whole', () => {
    const { frames } = test[0]
    const stream = model.stream()
    const whole = model.tag(frames)
    for (const [place, frame] of frames.entries()) {
      expect(stream.push(frame).predict()[0]).toEqual(whole[place])
      if (place === 0) stream.fork().dispose()
    }
    stream.dispose()
  })

  it('has the last frames only where only those are read', async () => {
    const short = await learn(rows, { frames: { last: 2 } })
    expect(short.tag(test[0].frames).length).toBe(2)
    expect(short.evaluate(test).details.labels).toBe(2 * test.length)
    const { frames } = test[0] // the spot goes right; only the last of two frames has one before it
    const [last, all] = [frames.length - 1, frames.length]
    expect(short.answer(frames).runs).toEqual([
      { label: 'else', start: last - 1, end: last },
      { label: 'forth', start: last, end: all },
    ])
    expect(short.inspect(frames).steps).toEqual([String(last), String(all)])
    short.dispose()
  })

  it('knows only labels of frames that are read', async () => {
    const begun = rows.map(({ frames, labels }) => ({ frames, labels: ['begin', ...labels.slice(1)] }))
    const crowded = begun.map(({ frames, labels }) => ({
      frames: [frames[0], frames[0], frames[0], frames[0], ...frames],
      labels: ['begin', 'begin', 'begin', 'begin', ...labels],
    }))
    const short = await learn(crowded, { frames: { last: 2 }, train: { epochs: 1 } })
    expect(short.labels).toEqual(['else', 'forth'])
    expect(short.baselines.majority).toBe('else')
    short.dispose()
  })

  it('refuses predict(), and mixed rows', async () => {
    expect(() => model.predict(test[0].frames)).toThrow(UsageError)
    await expect(learn([...rows.slice(0, 10), ...clips(10)])).rejects.toThrow(
      /labels of the frames, as the first video has/,
    )
  })
})
