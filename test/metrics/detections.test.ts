import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { chooseThreshold, detectionErrors, detFrontier } from '../../src/metrics/index.js'

describe('errors of a detector', () => {
  const words = [
    { start: 1, end: 2 },
    { start: 5, end: 6 },
  ]

  it('each word is found once, from its start to the tolerance after its end', () => {
    const count = (detections: number[]) => {
      const { missed, falseAccepts, latencies } = detectionErrors([{ seconds: 10, words, detections }])
      return { missed, falseAccepts, latencies: latencies.map((x) => Number(x.toFixed(6))) }
    }
    expect(count([2.1, 6.75])).toEqual({ missed: 0, falseAccepts: 0, latencies: [0.1, 0.75] })
    expect(count([1, 5.5])).toEqual({ missed: 0, falseAccepts: 0, latencies: [-1, -0.5] })
    expect(count([0.99, 2.76, 8])).toEqual({ missed: 2, falseAccepts: 3, latencies: [] })
    expect(count([2.1, 2.5])).toEqual({ missed: 1, falseAccepts: 1, latencies: [0.1] })
    expect(count([])).toEqual({ missed: 2, falseAccepts: 0, latencies: [] })
  })

  it('rates are of all scenes together', () => {
    const scenes = [
      { seconds: 900, words, detections: [2, 100] },
      { seconds: 900, words: [], detections: [1] },
    ]
    expect(detectionErrors(scenes)).toEqual({
      ...{ words: 2, missed: 1, falseAccepts: 2, hours: 0.5, falseRejects: 0.5, falseAcceptsPerHour: 4 },
      latencies: [0],
    })
    expect(detectionErrors([{ seconds: 10, words, detections: [3] }], { tolerance: 1 }).missed).toBe(1)
    expect(detectionErrors([{ seconds: 9, words: [], detections: [] }]).falseRejects).toBeNaN()
    expect(() => detectionErrors([], { tolerance: -1 })).toThrow(UsageError)
  })
})

describe('the trade-off', () => {
  const curve = [
    { threshold: 0.1, falseRejects: 0, falseAcceptsPerHour: 9 },
    { threshold: 0.3, falseRejects: 0.1, falseAcceptsPerHour: 0.5 },
    { threshold: 0.4, falseRejects: 0.1, falseAcceptsPerHour: 0 },
    { threshold: 0.5, falseRejects: 0.1, falseAcceptsPerHour: 0 },
    { threshold: 0.7, falseRejects: 0.4, falseAcceptsPerHour: 0 },
  ]

  it('the threshold is the middle of those that miss least among the quiet ones', () => {
    expect(chooseThreshold(curve, 0.5).threshold).toBe(0.4)
    expect(chooseThreshold([...curve].reverse(), 0.5).threshold).toBe(0.4)
    expect(chooseThreshold(curve, 20).threshold).toBe(0.1)
    expect(chooseThreshold(curve.slice(0, 2), 0.1).threshold).toBe(0.3)
    expect(() => chooseThreshold([], 1)).toThrow(UsageError)
    const silent = [{ threshold: 0.5, falseRejects: Number.NaN, falseAcceptsPerHour: 0 }]
    expect(() => chooseThreshold(silent, 1)).toThrow(/got NaN .*; expected scenes that hold the word/)
    expect(() => chooseThreshold(silent, 1)).toThrow(UsageError)
  })

  it('the frontier leaves out what others beat', () => {
    expect(detFrontier(curve).map(({ threshold }) => threshold)).toEqual([0.4, 0.1])
  })
})
