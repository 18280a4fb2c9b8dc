import { describe, expect, it } from 'vitest'
import { NonFiniteError, UsageError } from '../../src/errors.js'
import { drawSequential } from '../../src/inspect/pictures/sequential.js'
import { sequential } from '../../src/inspect/sequential.js'
import { Random } from '../../src/random/index.js'

const made = (steps: number, seed: number, next: (before: number, draws: Random) => number) => {
  const draws = new Random(seed).split('made')
  let value = 0
  return Array.from({ length: steps }, () => (value = next(value, draws)))
}
const report = (values: readonly number[]) => sequential(values, { random: new Random(1) })
const coins = (seed: number) => made(600, seed, (_, draws) => draws.integer(2))

describe('is this sequential?', () => {
  it('no: coin flips, dice, white noise, whatever the seed', () => {
    const verdicts = Array.from({ length: 8 }, (_, seed) => [
      report(coins(seed)).verdict,
      report(made(300, seed, (__, draws) => draws.normal())).verdict,
      report(made(300, seed, (__, draws) => draws.integer(6))).verdict,
    ]).flat()
    expect(verdicts.filter((verdict) => verdict === 'sequential')).toEqual([])
  })

  it('yes: a random walk, an autoregression, and what a straight line does not see', () => {
    const walk = report(made(500, 1, (before, draws) => before + draws.normal()))
    expect(walk).toMatchObject({ verdict: 'sequential', window: 1 })
    expect(walk.explained).toBeGreaterThan(0.8)
    const second = report(made(2000, 2, (before, draws) => 0.5 * before + draws.normal()))
    expect(second).toMatchObject({ verdict: 'sequential', window: 1 })
    expect(Math.abs(second.explained - 0.25)).toBeLessThan(0.06) // 0.5² of the variance
    expect(Math.abs(second.autocorrelation[1] - 0.25)).toBeLessThan(0.08)
    // the tent map: each value follows from the one before, and none is correlated with it
    const tent = report(
      made(1000, 3, (before, draws) => (before === 0 ? draws.uniform() : 1 - Math.abs(1 - 1.999 * before))),
    )
    expect(tent.verdict).toBe('sequential')
    expect(tent.pValues.autocorrelation).toBeGreaterThan(0.001)
    expect(tent.explained).toBeLessThan(0.05)
    expect(tent.finding).toMatch(/not along a straight line/)
  })

  it('finds how far back to look', () => {
    const values = made(3000, 4, (_, draws) => draws.normal())
    for (let t = 5; t < values.length; t++) values[t] += 0.8 * values[t - 5]
    expect(report(values).window).toBe(5)
  })

  it('has the autocorrelations and the information of their definitions', () => {
    const values = [1, 2, 3, 4, 5, 6, 5, 4, 3, 2].flatMap((value) => [value, value, value])
    const mean = values.reduce((sum, value) => sum + value) / values.length
    const product = (lag: number) =>
      values.slice(lag).reduce((sum, value, k) => sum + (value - mean) * (values[k] - mean), 0)
    const { autocorrelation, mutualInformation, correlationBand } = report(values)
    expect(autocorrelation[1]).toBeCloseTo(product(2) / product(0), 12)
    expect(correlationBand).toBeCloseTo(1.96 / Math.sqrt(30), 12)
    // two values that always alternate: knowing one is knowing the other, ln 2 but for the end
    const alternating = report(Array.from({ length: 1000 }, (_, t) => t % 2))
    expect(alternating.mutualInformation[0]).toBeCloseTo(Math.LN2, 4)
    expect(mutualInformation.every((value) => value >= -1e-12)).toBe(true)
  })

  it('says no of a series that never changes, and refuses what is none', () => {
    expect(report(Array(50).fill(3))).toMatchObject({ verdict: 'not sequential', window: 0 })
    expect(() => report([1, 2, 3])).toThrow(UsageError)
    expect(() => report([...coins(1), Number.NaN])).toThrow(NonFiniteError)
  })

  it('is drawn with its bands', () => {
    const svg = drawSequential(report(coins(1)), 'coins <3')
    expect(svg).toMatch(/^<svg .*<\/svg>\n$/s)
    expect(svg).toContain('coins &lt;3: not sequential')
    expect(svg.match(/steps back: /g)?.length).toBe(80)
    expect(svg).not.toContain('NaN')
  })
})
