import { describe, expect, test } from 'vitest'
import { cellNamed, cells, irnn, layerNormElman, lstm, lstmProjection } from '../../src/cells/index.js'
import { UsageError } from '../../src/errors.js'
import { glorotBound, orthogonalValues, Random } from '../../src/random/index.js'
import { useEngine } from '../tensor/engines.js'

const engine = useEngine({ backend: 'wasm', threads: 1 })
const random = new Random('initialization')

describe('cell parameters', () => {
  test.each(Object.keys(cells))("%s: PyTorch's rule fills U(-1/√H, 1/√H)", (name) => {
    const parameters = cells[name].init(20, 25, { engine: engine(), random })
    const all = Object.entries(parameters)
      .filter(([name]) => !name.startsWith('gain_'))
      .filter(([parameter]) => name !== 'irnn' || parameter === 'weight_ih')
      .flatMap(([, { data }]) => Array.from(data))
    expect(Math.max(...all.map(Math.abs))).toBeLessThanOrEqual(0.2)
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

  test('irnn starts as the identity without biases, gains of layer normalisation start at 1', () => {
    const { weight_hh, bias_ih, bias_hh } = irnn.init(2, 3, { engine: engine(), random })
    expect(Array.from(weight_hh.data)).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1])
    for (const bias of [bias_ih, bias_hh]) expect(Array.from(bias.data)).toEqual([0, 0, 0])
    const { gain_ih, gain_hh } = layerNormElman.init(2, 3, { engine: engine(), random })
    for (const gain of [gain_ih, gain_hh]) expect(Array.from(gain.data)).toEqual([1, 1, 1])
  })

  test('a projection has the width asked for, half the units by default', () => {
    const widthOf = (projection?: number) => {
      const options = { engine: engine(), random, ...(projection && { projection }) }
      const { weight_hr, weight_hh } = lstmProjection.init(4, 7, options)
      expect(weight_hh.shape).toEqual([28, weight_hr.shape[0]])
      return weight_hr.shape[0]
    }
    expect([widthOf(), widthOf(1), widthOf(7)]).toEqual([4, 1, 7])
    for (const projection of [8, 1.5, -1])
      expect(() => widthOf(projection)).toThrow(
        `projection: expected a whole number from 1 to hiddenSize 7, found ${projection}`,
      )
    const { weight_hh, weight_hr } = lstmProjection.init(4, 6, {
      ...{ engine: engine(), random, initialization: 'orthogonal', projection: 2 },
    })
    for (let gate = 0; gate < 4; gate++)
      expect(worstProduct(weight_hh.data.subarray(gate * 12, (gate + 1) * 12), 6, 2)).toBeLessThan(1e-6)
    expect(Math.max(...weight_hr.data.map(Math.abs))).toBeLessThanOrEqual(glorotBound(6, 2))
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
      `unknown cell "ltsm"; expected one of ${Object.keys(cells).join(', ')}. Did you mean "lstm"?`,
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
