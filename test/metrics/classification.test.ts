import { describe, expect, test } from 'vitest'
import { labelSet } from '../../src/data/example.js'
import { UsageError } from '../../src/errors.js'
import {
  accuracy,
  classificationScores,
  confusionMatrix,
  confusions,
  macroF1,
} from '../../src/metrics/index.js'

describe('one label per row', () => {
  // The example of scikit-learn's classification_report: y_true = [0, 1, 2, 2, 2], y_pred = [0, 0, 2, 2, 1].
  const gold = ['0', '1', '2', '2', '2']
  const predicted = ['0', '0', '2', '2', '1']

  test('accuracy and averages', () => {
    const scores = classificationScores(gold, predicted)
    expect(accuracy(gold, predicted)).toBe(0.6)
    expect(scores.accuracy).toBe(0.6)
    expect(scores.rows).toBe(5)
    expect(scores.macro).toEqual({ precision: 0.5, recall: (1 + 0 + 2 / 3) / 3, f1: (2 / 3 + 0 + 0.8) / 3 })
    expect(scores.micro).toEqual({ precision: 0.6, recall: 0.6, f1: 0.6 })
    expect(scores.weighted.precision).toBeCloseTo(0.7, 12)
    expect(scores.weighted.recall).toBeCloseTo(0.6, 12)
    expect(scores.weighted.f1).toBeCloseTo((2 / 3 + 3 * 0.8) / 5, 12)
    expect(macroF1(gold, predicted)).toBe(scores.macro.f1)
  })

  test('one line per label', () => {
    expect(classificationScores(gold, predicted).classes).toEqual([
      { label: '0', precision: 0.5, recall: 1, f1: 2 / 3, support: 1, predicted: 2 },
      { label: '1', precision: 0, recall: 0, f1: 0, support: 1, predicted: 1 },
      { label: '2', precision: 1, recall: 2 / 3, f1: 0.8, support: 3, predicted: 2 },
    ])
  })

  test('labels that are only predicted or only gold count in the macro average', () => {
    expect(macroF1(['a', 'b'], ['a', 'c'])).toBe(1 / 3)
  })

  test('confusions', () => {
    const matrix = confusionMatrix(gold, predicted)
    expect(matrix).toEqual({
      labels: ['0', '1', '2'],
      counts: [
        [1, 0, 0],
        [1, 0, 0],
        [0, 1, 2],
      ],
    })
    expect(confusions(matrix, 1)).toEqual([{ gold: '1', predicted: '0', count: 1 }])
    expect(confusions(matrix)).toHaveLength(2)
  })

  test('lists of different lengths are refused', () => {
    for (const score of [accuracy, macroF1, confusionMatrix])
      expect(() => score(['a'], [])).toThrow(UsageError)
    expect(() => accuracy(['a'], [])).toThrow('accuracy: expected lists of one length, got 1 and 0')
  })
})

test('of several gold labels any is right; a miss counts for the first', () => {
  const gold = ['flight#airfare', 'flight#airfare', 'flight#airfare', 'city'].map(labelSet)
  const predicted = ['airfare', 'flight#airfare', 'city', 'city']
  expect(accuracy(gold, predicted)).toBe(0.75)
  const { classes, accuracy: same } = classificationScores(gold, predicted)
  expect(same).toBe(0.75)
  expect(classes.map(({ label, support, predicted }) => [label, support, predicted])).toEqual([
    ['airfare', 1, 1],
    ['city', 1, 2],
    ['flight', 1, 0],
    ['flight#airfare', 1, 1],
  ])
  expect(confusions(confusionMatrix(gold, predicted))).toEqual([
    { gold: 'flight', predicted: 'city', count: 1 },
  ])
})
