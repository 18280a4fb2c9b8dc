import { expect, test } from 'vitest'
import { cells, lstm, runCell } from '../../src/cells/index.js'
import { gateActivity } from '../../src/inspect/index.js'
import { packSequences } from '../../src/tensor/index.js'
import { initCell, sequencesOf } from '../cells/running.js'
import { onEveryBackend } from '../tensor/engines.js'

onEveryBackend((engine) => {
  test('LSTM: the shares are those that a count in JavaScript finds', () => {
    const parameters = initCell(lstm, engine(), 3, 6)
    for (const weight of Object.values(parameters)) weight.set(weight.data.map((value) => 6 * value)) // saturated
    engine().scope(() => {
      const x = packSequences(engine(), sequencesOf([9, 4, 7], 3), 3)
      const result = runCell(lstm, parameters, x, undefined, { keep: true })
      const activity = gateActivity({ cell: lstm as never, result: result as never })
      expect(activity.map(({ gate, squashing }) => `${gate} ${squashing}`)).toEqual([
        'i sigmoid',
        'f sigmoid',
        'g tanh',
        'o sigmoid',
      ])
      const { data } = result.kept.gates
      for (const [place, { low, high, squashing, histogram }] of activity.entries()) {
        const values = [...data].filter((_, k) => Math.floor((k % 24) / 6) === place)
        const shut = values.filter((value) => value < (squashing === 'tanh' ? -0.9 : 0.1)).length
        const open = values.filter((value) => value > 0.9).length
        expect(low).toBeCloseTo(shut / values.length, 10)
        expect(high).toBeCloseTo(open / values.length, 10)
        expect(low + high).toBeGreaterThan(0.1)
        expect(histogram.counts.reduce((a, b) => a + b)).toBe(values.length)
        expect(histogram.low).toBe(squashing === 'tanh' ? -1 : 0)
      }
    })
  })

  test('rectified units count as saturated when they are silent', () => {
    const cell = cells.elmanRelu
    const parameters = initCell(cell, engine(), 3, 6)
    engine().scope(() => {
      const x = packSequences(engine(), sequencesOf([9], 3), 3)
      const result = runCell(cell, parameters, x, undefined, { keep: true })
      const [activity] = gateActivity({ cell, result })
      const { data } = result.output.data
      expect(activity.squashing).toBe('rectified')
      expect(activity.low).toBeCloseTo([...data].filter((value) => value === 0).length / data.length, 10)
      expect(activity.high).toBe(0)
    })
  })

  test.each(Object.entries(cells))('%s shows its gates', (_, cell) => {
    const parameters = initCell(cell, engine(), 3, 4)
    engine().scope(() => {
      const x = packSequences(engine(), sequencesOf([5], 3), 3)
      const result = runCell(cell, parameters, x, undefined, { keep: true })
      expect(gateActivity({ cell, result }).map(({ gate }) => gate)).toEqual([...cell.gates])
    })
  })
})
