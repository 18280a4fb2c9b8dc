import { describe, expect, test } from 'vitest'
import { cellNamed, cells, lstm } from '../../src/cells/index.js'
import { UsageError } from '../../src/errors.js'
import { glorotBound, orthogonalValues, Random } from '../../src/random/index.js'
import { useEngine } from '../tensor/engines.js'

const engine = useEngine({ backend: 'wasm', threads: 1 })
const random = new Random('initialization')

describe('cell parameters', () => {
  test.each(Object.keys(cells))("%s: PyTorch's rule fills U(-1/√H, 1/√H)", (name) => {
    const parameters = cells[name].init(20, 25, { engine: engine(), random })
    for (const { data } of Object.values(parameters)) {
      expect(Math.max(...data)).toBeLessThanOrEqual(0.2)
      expect(Math.min(...data)).toBeGreaterThanOrEqual(-0.2)
    }
    const all = Object.values(parameters).flatMap(({ data }) => Array.from(data))
    expect(Math.sqrt(all.reduce((sum, w) => sum + w * w, 0) / all.length)).toBeCloseTo(0.2 / Math.sqrt(3), 2)
  })

  test('orthogonal: every gate of weight_hh is orthogonal, biases are 0, the forget gate starts open', () => {
    const { weight_ih, weight_hh, bias_ih, bias_hh } = lstm.init(20, 25, {
      ...{ engine: engine(), random, initialization: 'orthogonal' },
    })
    for (let gate = 0; gate < 4; gate++)
      expect(worstProduct(weight_hh.data.subarray(gate * 625, (gate + 1) * 625), 25, 25)).toBeLessThan(1e-6)
    expect(Math.max(...weight_ih.data.map(Math.abs))).toBeLessThanOrEqual(glorotBound(20, 100))
    expect(Array.from(bias_ih.data)).toEqual(
      Array.from({ length: 100 }, (_, k) => (k >= 25 && k < 50 ? 1 : 0)),
    )
    expect(bias_hh.data.every((b) => b === 0)).toBe(true)
  })

  test('the same seed gives the same numbers, another one others', () => {
    const draw = (seed: number) =>
      lstm.init(3, 4, { engine: engine(), random: new Random(seed) }).weight_hh.data
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
  })

  test.each([0, -3, 2.5])('a size of %d is refused', (size) => {
    expect(() => lstm.init(size, 4, { engine: engine(), random })).toThrow(UsageError)
    expect(() => lstm.init(4, size, { engine: engine(), random })).toThrow(
      `hiddenSize: expected a positive whole number, found ${size}`,
    )
  })

  test('an unknown cell is refused with the nearest name', () => {
    expect(() => cellNamed('ltsm')).toThrow(
      'unknown cell "ltsm"; expected one of elman, elmanRelu, gru, lstm. Did you mean "lstm"?',
    )
    expect(() => cellNamed('toString')).toThrow(UsageError)
  })
})

describe('orthogonal matrices', () => {
  test.each([
    [1, 1],
    [40, 40],
    [7, 19],
    [19, 7],
  ])('%i x %i', (rows, columns) => {
    const values = orthogonalValues(rows, columns, random)
    expect(values.length).toBe(rows * columns)
    expect(worstProduct(values, rows, columns)).toBeLessThan(1e-12)
  })

  test('256 x 256 take less than half a second', () => {
    const start = performance.now()
    orthogonalValues(256, 256, random)
    expect(performance.now() - start).toBeLessThan(500)
  })
})

// How far the shorter side's products with each other are from the identity.
function worstProduct(values: ArrayLike<number>, rows: number, columns: number): number {
  const [vectors, length] = rows <= columns ? [rows, columns] : [columns, rows]
  const at = (vector: number, k: number) =>
    rows <= columns ? values[vector * columns + k] : values[k * columns + vector]
  let worst = 0
  for (let a = 0; a < vectors; a++)
    for (let b = 0; b < vectors; b++) {
      let product = 0
      for (let k = 0; k < length; k++) product += at(a, k) * at(b, k)
      worst = Math.max(worst, Math.abs(product - (a === b ? 1 : 0)))
    }
  return worst
}
