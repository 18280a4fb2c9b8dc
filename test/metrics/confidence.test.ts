import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/errors.js'
import {
  calibration,
  chooseRejection,
  confidenceHistogram,
  rejectionAt,
  rejectionCurve,
} from '../../src/metrics/index.js'

const answers = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean()), { minLength: 1, maxLength: 60 })
  .map((rows) => ({ confidences: rows.map(([n]) => n / 20), right: rows.map(([, ok]) => ok) }))

describe('calibration', () => {
  // Ten bins: 0.95 and 0.91 (one of two right), 0.62 (right), 0.3 and 0.35 (one of two right), 1 in the last bin (right).
  const confidences = [0.95, 0.91, 0.62, 0.3, 0.35, 1]
  const right = [true, false, true, false, true, true]

  test('bins hold counts, accuracy and mean confidence', () => {
    const bins = confidenceHistogram(confidences, right)
    expect(bins.map(({ count }) => count)).toEqual([0, 0, 0, 2, 0, 0, 1, 0, 0, 3])
    expect(bins[9]).toEqual({
      from: 0.9,
      to: 1,
      count: 3,
      right: 2,
      confidence: (0.95 + 0.91 + 1) / 3,
      accuracy: 2 / 3,
    })
    expect(bins[0].accuracy).toBeNaN()
  })

  test('expected and largest error by hand', () => {
    const { expectedError, largestError } = calibration(confidences, right, 10)
    const gaps = [0.5 - 0.325, 1 - 0.62, (0.95 + 0.91 + 1) / 3 - 2 / 3]
    expect(expectedError).toBeCloseTo((2 * gaps[0] + gaps[1] + 3 * gaps[2]) / 6, 12)
    expect(largestError).toBeCloseTo(gaps[1], 12)
  })

  test('is 0 when confidence equals accuracy, and no more than the largest error', () => {
    expect(calibration([0.5, 0.5, 1], [true, false, true]).expectedError).toBe(0)
    fc.assert(
      fc.property(answers, ({ confidences, right }) => {
        const { expectedError, largestError, bins } = calibration(confidences, right)
        expect(expectedError).toBeLessThanOrEqual(largestError + 1e-12)
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(right.length)
      }),
    )
  })

  test('refuses what is no probability, and forgives rounding', () => {
    for (const wrong of [-0.1, 1.1, Number.NaN])
      expect(() => calibration([wrong], [true])).toThrow(UsageError)
    expect(confidenceHistogram([1.000001], [true])[9].confidence).toBe(1)
    expect(() => calibration([0.5], [])).toThrow('expected lists of one length')
  })
})

describe('rejection', () => {
  const confidences = [0.99, 0.9, 0.6, 0.3, 0.2]
  const right = [true, true, true, false, true]

  test('at a threshold', () => {
    expect(rejectionAt(0.5, confidences, right)).toEqual({
      threshold: 0.5,
      coverage: 0.6,
      error: 0,
      rightKept: 0.75,
      wrongRejected: 1,
    })
    expect(rejectionAt(0, confidences, right)).toMatchObject({
      coverage: 1,
      error: 0.2,
      rightKept: 1,
      wrongRejected: 0,
    })
    expect(rejectionAt(0.5, [], [])).toMatchObject({ coverage: 1, error: 0, rightKept: 1 })
  })

  test('the chosen one keeps the right answers asked for, and no lower one turns away more', () => {
    expect(chooseRejection(confidences, right, { keep: 1 }).threshold).toBe(0.2)
    expect(chooseRejection(confidences, right, { keep: 0.75 }).threshold).toBe(0.6)
    expect(chooseRejection(confidences, right, { keep: 0.5 }).threshold).toBe(0.7)
    expect(chooseRejection([0.4], [false]).threshold).toBe(0)
    expect(chooseRejection([0.4], [false], { otherwise: 0.5 })).toMatchObject({ threshold: 0.5, coverage: 0 })
    expect(chooseRejection([0.4], [true], { otherwise: 0.5 }).threshold).toBe(0.4)
    expect(() => chooseRejection([], [], { keep: 0 })).toThrow(UsageError)
    fc.assert(
      fc.property(answers, fc.constantFrom(0.5, 0.9, 0.95, 1), ({ confidences, right }, keep) => {
        const chosen = chooseRejection(confidences, right, { keep, highest: 1 })
        expect(chosen.rightKept).toBeGreaterThanOrEqual(keep)
        if (right.includes(true))
          expect(rejectionAt(chosen.threshold + 1e-9, confidences, right).rightKept).toBeLessThan(keep)
      }),
    )
  })

  test('the curve is what each threshold does', () => {
    fc.assert(
      fc.property(answers, ({ confidences, right }) => {
        const curve = rejectionCurve(confidences, right)
        expect(curve.map(({ threshold }) => threshold)).toEqual(
          [...new Set(confidences)].sort((a, b) => a - b),
        )
        expect(curve[0].coverage).toBe(1)
        for (const point of curve) expect(point).toEqual(rejectionAt(point.threshold, confidences, right))
      }),
    )
  })
})
