import { expect, it } from 'vitest'
import {
  constant,
  cosine,
  linearDecay,
  type PlateauOptions,
  plateau,
  type Schedule,
  stepDecay,
  warmUp,
} from '../../src/optim/index.js'
import { readFixture } from '../fixture.js'

const at = (steps: number[], schedule: Schedule) => steps.map((step) => schedule(step))

it('constant is always 1', () => {
  expect(at([0, 1, 1e6], constant())).toEqual([1, 1, 1])
})

it('stepDecay falls by a factor every so many steps', () => {
  expect(at([0, 9, 10, 19, 20, 35], stepDecay(10, 0.5))).toEqual([1, 1, 0.5, 0.5, 0.25, 0.125])
})

it('cosine falls along half a cosine to its floor', () => {
  const schedule = cosine(100, 0.1)
  expect(schedule(0)).toBe(1)
  expect(schedule(25)).toBeCloseTo(0.1 + 0.45 * (1 + Math.SQRT1_2), 12)
  expect(schedule(50)).toBeCloseTo(0.55, 12)
  expect(at([100, 101, 1e9], schedule)).toEqual([0.1, 0.1, 0.1])
})

it('linearDecay falls along a straight line to its floor', () => {
  expect(at([0, 5, 10, 20], linearDecay(10))).toEqual([1, 0.5, 0, 0])
  expect(linearDecay(10, 0.5)(5)).toBe(0.75)
})

it('warmUp rises and hands over', () => {
  expect(at([0, 1, 2, 3, 4, 5], warmUp(4))).toEqual([0.25, 0.5, 0.75, 1, 1, 1])
  const schedule = warmUp(4, linearDecay(10))
  expect(at([3, 4, 9, 14], schedule)).toEqual([1, 1, 0.5, 0])
  expect(warmUp(0)(0)).toBe(1)
})

it('refuses lengths out of range', () => {
  expect(() => cosine(0)).toThrow('cosine: got steps 0; expected at least 1')
  expect(() => stepDecay(0, 0.5)).toThrow('stepDecay: got every 0')
  expect(() => warmUp(Number.NaN)).toThrow('warmUp: got steps NaN')
})

const pytorch = readFixture<{ plateau: Record<string, { scores: number[]; rates: number[] }> }>('optimizers')
const plateaus: [string, PlateauOptions, 'lower' | 'higher'][] = [
  ['patience 2, factor 0.5', { patience: 2, factor: 0.5 }, 'lower'],
  ['patience 0, default factor, floor', { patience: 0, floor: 0.001 }, 'lower'],
  ['patience 1, cooldown 2', { patience: 1, factor: 0.5, cooldown: 2 }, 'lower'],
  ['higher is better', { patience: 1, factor: 0.5 }, 'higher'],
  ['higher, wide threshold', { patience: 1, factor: 0.5, threshold: 0.3 }, 'higher'],
]

it.each(plateaus)('plateau falls where PyTorch does: %s', (name, options, better) => {
  const { scores, rates } = pytorch.plateau[name]
  const factors = scores.map((_, i) => plateau(options)(0, { scores: scores.slice(0, i + 1), better }))
  factors.forEach((factor, i) => {
    expect(factor).toBeCloseTo(rates[i], 12)
  })
  expect(new Set(factors).size).toBeGreaterThan(1)
  expect(plateau(options)(0, { scores: [], better })).toBe(1)
})

it('plateau goes on behind a warm-up, and says so when there is nothing to go by', () => {
  const schedule = warmUp(2, plateau({ patience: 0, factor: 0.5 }))
  const validations = { scores: [1, 1], better: 'lower' } as const
  expect([0, 1, 2].map((step) => schedule(step, validations))).toEqual([0.5, 1, 0.5])
  expect(() => plateau()(0)).toThrow('plateau: there are no validations to go by')
  expect(() => plateau({ factor: 1 })).toThrow('plateau: got factor 1; expected at least 0 and less than 1')
})
