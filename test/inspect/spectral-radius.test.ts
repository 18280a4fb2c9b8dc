import { expect, test } from 'vitest'
import { elman, lstm } from '../../src/cells/index.js'
import { ShapeError } from '../../src/errors.js'
import { recurrentRadii, spectralRadius } from '../../src/inspect/index.js'
import { Random } from '../../src/random/index.js'
import type { Stored } from '../fixture.js'
import { readFixture } from '../fixture.js'
import { onEveryBackend } from '../tensor/engines.js'

const cases = Object.entries(readFixture<Record<string, Stored & { radius: number }>>('eigenvalues'))

onEveryBackend((engine) => {
  test.each(cases)('%s: the radius is that of LAPACK', (name, { values, shape, radius }) => {
    const tolerance = engine().real === 'float64' ? 1e-5 : name === 'a Jordan block' ? 0.02 : 1e-4
    const found = engine().scope(() => spectralRadius(engine().tensor(values, shape)))
    expect(Math.abs(found / radius - 1)).toBeLessThan(tolerance)
  })

  test('of a matrix whose powers end in zero it is 0', () => {
    const found = engine().scope(() =>
      spectralRadius(
        engine().tensor([
          [0, 1],
          [0, 0],
        ]),
      ),
    )
    expect(found).toBe(0)
  })

  test('every gate has its own', () => {
    const options = { engine: engine(), random: new Random(1), initialization: 'orthogonal' } as const
    const radii = recurrentRadii(lstm, lstm.init(3, 8, options))
    expect(radii.map(({ gate }) => gate)).toEqual(['i', 'f', 'g', 'o'])
    for (const { radius } of radii) expect(radius).toBeCloseTo(1, 4)
    expect(recurrentRadii(elman, elman.init(2, 4, options))).toHaveLength(1)
    expect(recurrentRadii(elman, { bias: engine().parameter([3]) })).toEqual([])
  })

  test('refuses a matrix that is not square', () => {
    expect(() => engine().scope(() => spectralRadius(engine().zeros([2, 3])))).toThrow(ShapeError)
  })
})
