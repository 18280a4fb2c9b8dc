import { describe, expect, it, test } from 'vitest'
import { normalizeFeatures, RunningNormalizer } from '../../src/data/index.js'
import { UsageError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'
import { expectNumbers } from '../fixture.js'

const size = 3
const random = new Random(4)
/** 200 frames: numbers of different mean and deviation. */
const frames = Float32Array.from({ length: 200 * size }, (_, i) => {
  const place = i % size
  return 5 * place - 3 + (1 + place) * random.normal()
})
const column = (x: ArrayLike<number>, i: number) =>
  Array.from({ length: x.length / size }, (_, t) => x[t * size + i])
const mean = (x: number[]) => x.reduce((sum, value) => sum + value, 0) / x.length
const variance = (x: number[]) => mean(x.map((value) => (value - mean(x)) ** 2))

describe('normalizeFeatures', () => {
  it('brings each number to mean 0 and deviation 1', () => {
    const before = frames.slice()
    const found = normalizeFeatures(frames, size)
    for (let i = 0; i < size; i++) {
      expect(mean(column(found, i))).toBeCloseTo(0, 6)
      expect(variance(column(found, i))).toBeCloseTo(1, 6)
    }
    expect(frames).toEqual(before)
  })

  it('is what one computes by hand', () => {
    const found = normalizeFeatures([1, 10, 3, 30, 5, 20], 2)
    const step = Math.sqrt(1.5)
    expectNumbers(found, [-step, -step, 0, step, step, 0], 1e-6, 'frames')
  })

  it('does not mind the gain of the microphone, and makes 0 of what never changes', () => {
    const louder = frames.map((x) => x + 4)
    expectNumbers(normalizeFeatures(louder, size), normalizeFeatures(frames, size), 1e-5, 'louder')
    expect(normalizeFeatures([7, 7, 7, 7], 1)).toEqual(new Float32Array(4))
    expect(normalizeFeatures([], 5)).toEqual(new Float32Array(0))
  })

  it('wants whole frames', () => {
    expect(() => normalizeFeatures([1, 2, 3], 2)).toThrow('normalizeFeatures: got 3 numbers and size 2')
    expect(() => normalizeFeatures([1, 2, 3], 0)).toThrow(UsageError)
  })
})

describe('RunningNormalizer', () => {
  it('without a memory uses exactly the mean and deviation so far', () => {
    const found = new RunningNormalizer({ size }).forward(frames)
    expect(Array.from(found.subarray(0, size))).toEqual([0, 0, 0])
    for (const t of [1, 2, 17, 199])
      for (let i = 0; i < size; i++) {
        const sofar = column(frames, i).slice(0, t + 1)
        const expected = (frames[t * size + i] - mean(sofar)) / Math.sqrt(variance(sofar))
        expect(found[t * size + i]).toBeCloseTo(expected, 5)
      }
  })

  it('with a memory weighs older frames less: the weighted mean and variance by definition', () => {
    const memory = 20
    const found = new RunningNormalizer({ size, memory }).forward(frames)
    // the first 20 frames weigh alike, and every later one takes 1/20 of what all had
    const weights = (t: number) =>
      Array.from(
        { length: t + 1 },
        (_, k) => (1 / memory) * (1 - 1 / memory) ** (t - Math.max(k, memory - 1)),
      )
    for (const t of [30, 199])
      for (let i = 0; i < size; i++) {
        const w = weights(t)
        const x = column(frames, i).slice(0, t + 1)
        expect(w.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9)
        const centre = x.reduce((sum, value, k) => sum + w[k] * value, 0)
        const spread = x.reduce((sum, value, k) => sum + w[k] * (value - centre) ** 2, 0)
        expect(found[t * size + i]).toBeCloseTo((x[t] - centre) / Math.sqrt(spread), 5)
      }
  })

  it('follows a microphone that changes, where one without a memory does not', () => {
    const changed = frames.map((x, i) => (i < frames.length / 2 ? x : x + 50))
    const late = (memory: number) =>
      Math.abs(mean(column(new RunningNormalizer({ size, memory }).forward(changed), 0).slice(-20)))
    expect(late(15)).toBeLessThan(0.5)
    expect(late(Number.POSITIVE_INFINITY)).toBeGreaterThan(0.5)
  })

  test.each([Number.POSITIVE_INFINITY, 25])('a stream gives the bits of the whole: memory %d', (memory) => {
    const normalizer = new RunningNormalizer({ size, memory })
    const whole = normalizer.forward(frames)
    const stream = normalizer.stream()
    const found: number[] = []
    for (let t = 0; t < 200; ) {
      const end = Math.min(200, t + random.integer(7))
      found.push(...stream.push(frames.subarray(t * size, end * size)))
      t = end
    }
    expect(found).toEqual(Array.from(whole))
  })

  it('goes on from a state that went through JSON, with the same bits', () => {
    const normalizer = new RunningNormalizer({ size, memory: 30 })
    const stream = normalizer.stream()
    stream.push(frames.subarray(0, 80 * size))
    const initial = JSON.parse(JSON.stringify(stream.state))
    expect(initial.frames).toBe(80)
    const again = new RunningNormalizer({ size, memory: 30, initial })
    const rest = frames.subarray(80 * size)
    const expected = stream.push(rest)
    expect(again.forward(rest)).toEqual(expected)
    expect(again.forward(rest)).toEqual(expected) // the initial state is not touched
    expect(Array.from(expected)).toEqual(Array.from(normalizer.forward(frames).subarray(80 * size)))
  })

  it('says which option is wrong', () => {
    expect(() => new RunningNormalizer({ size: 0 })).toThrow('got size 0')
    expect(() => new RunningNormalizer({ size, memory: 0 })).toThrow('got memory 0')
    expect(() => new RunningNormalizer({ size }).forward([1])).toThrow('RunningStream.push: got 1 numbers')
    const state = { frames: 1, mean: [0, 0, 0], variance: [1, 1, 1] }
    const withState = (part: object) => () => new RunningNormalizer({ size, initial: { ...state, ...part } })
    expect(withState({ frames: -1 })).toThrow('got initial.frames -1')
    expect(withState({ mean: [1] })).toThrow('got 1 numbers in initial.mean; expected as many as the size, 3')
    expect(withState({ variance: [1, -1, 1] })).toThrow('got initial.variance[1] -1')
    expect(withState({ mean: [1, 1, Number.NaN] })).toThrow('got initial.mean[2] NaN')
  })
})
