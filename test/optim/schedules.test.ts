import { expect, it } from 'vitest'
import { constant, cosine, linearDecay, stepDecay, warmUp } from '../../src/optim/index.js'

it('constant is always 1', () => {
  expect([0, 1, 1e6].map(constant())).toEqual([1, 1, 1])
})

it('stepDecay falls by a factor every so many steps', () => {
  expect([0, 9, 10, 19, 20, 35].map(stepDecay(10, 0.5))).toEqual([1, 1, 0.5, 0.5, 0.25, 0.125])
})

it('cosine falls along half a cosine to its floor', () => {
  const schedule = cosine(100, 0.1)
  expect(schedule(0)).toBe(1)
  expect(schedule(25)).toBeCloseTo(0.1 + 0.45 * (1 + Math.SQRT1_2), 12)
  expect(schedule(50)).toBeCloseTo(0.55, 12)
  expect([100, 101, 1e9].map(schedule)).toEqual([0.1, 0.1, 0.1])
})

it('linearDecay falls along a straight line to its floor', () => {
  expect([0, 5, 10, 20].map(linearDecay(10))).toEqual([1, 0.5, 0, 0])
  expect(linearDecay(10, 0.5)(5)).toBe(0.75)
})

it('warmUp rises and hands over', () => {
  expect([0, 1, 2, 3, 4, 5].map(warmUp(4))).toEqual([0.25, 0.5, 0.75, 1, 1, 1])
  const schedule = warmUp(4, linearDecay(10))
  expect([3, 4, 9, 14].map(schedule)).toEqual([1, 1, 0.5, 0])
  expect(warmUp(0)(0)).toBe(1)
})

it('refuses lengths out of range', () => {
  expect(() => cosine(0)).toThrow('cosine: got steps 0; expected at least 1')
  expect(() => stepDecay(0, 0.5)).toThrow('stepDecay: got every 0')
  expect(() => warmUp(Number.NaN)).toThrow('warmUp: got steps NaN')
})
