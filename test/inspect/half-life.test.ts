import { describe, expect, test } from 'vitest'
import { halfLife, verdictOn } from '../../src/inspect/index.js'

const decay = (factor: number, steps: number) => Array.from({ length: steps }, (_, d) => 3 * factor ** d)

describe('the half-life', () => {
  test.each([
    [0.5, 1],
    [2 ** (-1 / 4), 4],
    [2 ** (-1 / 250), 250],
    [2, -1],
    [2 ** (1 / 7), -7],
  ])('of a factor of %f per step is %d steps', (factor, steps) => {
    const fit = halfLife(decay(factor, 60))
    expect(fit?.steps).toBeCloseTo(steps, 8)
    expect(fit?.factor).toBeCloseTo(factor, 10)
  })

  test('is infinite when the gradient stays', () => {
    expect(halfLife([0.2, 0.2, 0.2])).toEqual({ factor: 1, steps: Number.POSITIVE_INFINITY, fitted: 3 })
  })

  test('averages over ups and downs', () => {
    const noisy = decay(2 ** (-1 / 5), 200).map((norm, d) => norm * (d % 2 ? 1.5 : 1 / 1.5))
    expect(halfLife(noisy)?.steps).toBeCloseTo(5, 1)
  })

  test('leaves out what underflowed, and what the loss does not see', () => {
    const single = Float32Array.from(decay(0.5, 200)) // zeros from about 2^-149 on
    expect(single.at(-1)).toBe(0)
    expect(halfLife(single)?.steps).toBeCloseTo(1, 5)
    expect(halfLife([0, 0, ...decay(0.5, 9)])?.steps).toBeCloseTo(1, 8)
    expect(halfLife([1, 0.5, Number.POSITIVE_INFINITY, Number.NaN])).toMatchObject({ steps: 1, fitted: 2 })
  })

  test('is unknown without two norms', () => {
    for (const norms of [[], [1], [0, 0, 0], [1, 0, 1], [Number.NaN, 1]])
      expect(halfLife(norms)).toBeUndefined()
  })
})

describe('the verdict', () => {
  const on = (factor: number, span: number, gated = false) =>
    verdictOn({ halfLife: halfLife(decay(factor, 50)), span, gated })

  test('says how much of the gradient is left, and what to do', () => {
    expect(on(0.5 ** (1 / 4), 40)).toMatchObject({
      kind: 'vanishing',
      finding: 'The gradient halves every 4 steps; over 40 steps 2^-10 of it is left.',
      advice: expect.stringContaining('use a gated cell'),
    })
    expect(on(0.5, 40, true).advice).toContain('forget gate')
    expect(on(1.1, 100)).toMatchObject({
      kind: 'exploding',
      advice: expect.stringContaining('Clip the gradient'),
    })
    expect(on(1.1, 100).finding).toBe(
      'The gradient doubles every 7.3 steps; over 100 steps it grows 13,800-fold.',
    )
    expect(on(0.99, 100)).toMatchObject({ kind: 'steady', advice: '' })
    expect(on(0.99, 100).finding).toContain('36.6 % of it is left')
    expect(on(1, 7).finding).toBe('The gradient keeps its size; over 7 steps all of it is left.')
    expect(on(0.5, 1).finding).toBe('The gradient halves every step; over 1 step 50 % of it is left.')
  })

  test('a span over which nothing is left still says how much, in numbers', () => {
    const short = verdictOn({ halfLife: halfLife(decay(0.5, 50)), span: 20_000, gated: false })
    expect(short.finding).toBe('The gradient halves every step; over 20,000 steps 2^-20000 of it is left.')
    expect(short).toMatchObject({ kind: 'vanishing', remaining: 2 ** -1000 })
    const long = verdictOn({ halfLife: halfLife(decay(2, 50)), span: 20_000, gated: false })
    expect(long.finding).toBe('The gradient doubles every step; over 20,000 steps it grows 2^20000-fold.')
    expect(long).toMatchObject({ kind: 'exploding', remaining: 2 ** 1000 })
    expect(JSON.parse(JSON.stringify(long))).toEqual(long)
  })

  test('faster than a tenth of a step is told as a factor', () => {
    expect(on(2 ** -40, 1).finding).toContain('The gradient shrinks 2^40-fold every step; over 1 step 2^-40')
    expect(on(2 ** 19, 1).finding).toContain('The gradient grows 2^19-fold every step')
    expect(on(2 ** -8, 1).finding).toContain('The gradient halves every 0.1 steps')
  })

  test('a gradient that is not finite is no matter of too few steps', () => {
    const verdict = verdictOn({ halfLife: halfLife([1, 0.5]), span: 10, gated: true, finite: false })
    expect(verdict.kind).toBe('notFinite')
    expect(verdict.finding).toContain('The gradient is not finite')
    expect(verdict.advice).toContain('NaN or infinity in the inputs')
    expect(verdict.remaining).toBeUndefined()
  })

  test('does not guess', () => {
    const verdict = verdictOn({ halfLife: undefined, span: 10, gated: false })
    expect(verdict.kind).toBe('unknown')
    expect(verdict.remaining).toBeUndefined()
  })
})
