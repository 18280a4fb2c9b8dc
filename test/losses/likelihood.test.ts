import { describe, expect, it } from 'vitest'
import { digamma, logGamma } from '../../src/losses/gamma.js'
import { gaussianNll, quantileLoss, studentTNll } from '../../src/losses/index.js'
import { differentiate, gradientCheck } from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { tensorOf } from '../tensor/values.js'

onEveryBackend((engine) => {
  it('gaussianNll is that of PyTorch', () => {
    const at = engine()
    at.scope(() => {
      const [mean, deviation, target] = [1, Math.log(2), 4].map((value) => at.tensor([value]))
      // -Normal(1, 2).log_prob(4)
      expect(gaussianNll(mean, deviation, target).item()).toBeCloseTo(2.737085819, 5)
    })
  })

  it('quantileLoss costs τ below and 1 - τ above, and counts what weighs', () => {
    const at = engine()
    at.scope(() => {
      const [said, came] = [at.tensor([8, 12, 5]), at.tensor([10, 10, 99])]
      const weights = at.tensor([1, 1, 0])
      expect(quantileLoss(said, came, 0.9, { weights }).item()).toBeCloseTo(1, 6)
      const losses = quantileLoss(said, came, 0.9, { weights, reduction: 'none' }).toArray() as number[]
      for (const [k, loss] of [1.8, 0.2, 0].entries()) expect(losses[k]).toBeCloseTo(loss, 5)
      expect(quantileLoss(said, came, 0.9, { weights: at.zeros([3]) }).item()).toBe(0)
    })
  })
})

describe('in double precision', () => {
  const engine = useEngine()

  // python: L = -StudentT(v, l, s).log_prob(y); L.backward(); L, dL/dl, s dL/ds, v dL/dv
  it.each([
    [0.3, -0.2, 0.5, 3, 0.883105814, [-2, 0, -0.147918433]],
    [10, 1, 2, 1.5, 5.112483277, [-0.25862069, -1.327586207, 0.698012874]],
    [-4, 0.5, 0.1, 40, 79.474726841, [8.934624697, -39.205811138, 58.770967407]],
  ])(
    'studentTNll of %f at %f ± %f with %f degrees is that of PyTorch',
    (y, location, scale, degrees, loss, slopes) => {
      const at = engine()
      const parameters = [location, Math.log(scale), Math.log(degrees)].map((value) => {
        const parameter = at.parameter([1])
        parameter.set([value])
        return parameter
      })
      const [l, s, v] = parameters
      expect(at.scope(() => studentTNll(l, s, v, at.tensor([y])).item())).toBeCloseTo(loss, 7)
      differentiate(at, () => studentTNll(l, s, v, at.tensor([y])))
      for (const [k, parameter] of parameters.entries())
        expect(parameter.gradient?.data[0]).toBeCloseTo(slopes[k], 6)
      for (const parameter of parameters) parameter.dispose()
    },
  )

  it('gradients are those of finite differences', () => {
    const at = engine()
    const [a, b, c] = ['a', 'b', 'c'].map((name) => {
      const parameter = at.parameter([3, 4])
      parameter.set(at.scope(() => tensorOf(at, [3, 4], name).data.slice()))
      return parameter
    })
    const targets = () => tensorOf(at, [3, 4], 'targets')
    for (const loss of [
      () => gaussianNll(a, b, targets()),
      () => studentTNll(a, b, c, targets(), { weights: at.full([3, 4], 0.5) }),
      () => quantileLoss(a, targets(), 0.3, { reduction: 'sum' }),
    ])
      expect(gradientCheck(at, loss, [a, b, c])).toBeLessThan(1e-6)
    for (const parameter of [a, b, c]) parameter.dispose()
  })

  it('refuses shapes that differ', () => {
    const at = engine()
    at.scope(() => {
      const [two, three] = [at.zeros([2]), at.zeros([3])]
      expect(() => gaussianNll(two, three, two)).toThrow(/gaussianNll: logDeviations \[3\] and targets \[2\]/)
      expect(() => studentTNll(two, two, three, two)).toThrow(/studentTNll: logDegrees/)
      expect(() => quantileLoss(two, two, 0.5, { weights: three })).toThrow(/quantileLoss: weights/)
    })
  })
})

describe('ln Γ and ψ', () => {
  // python: scipy.special.gammaln, digamma
  it.each([
    [0.1, 2.252712651734206, -10.423754940411076],
    [0.5, 0.5723649429247, -1.9635100260214235],
    [3.3, 0.9870985778947343, 1.0348224890596216],
    [50, 144.56574394634487, 3.9019896734278925],
  ])('at %f are those of scipy', (x, value, slope) => {
    expect(Math.abs(logGamma(x) - value)).toBeLessThan(1e-12 * Math.max(1, value))
    expect(Math.abs(digamma(x) - slope)).toBeLessThan(1e-12 * Math.abs(slope) + 1e-13)
  })
})
