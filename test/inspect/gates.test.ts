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

  test.each(Object.entries(cells))('%s tells what squashes its gates, and keeps to it', (_, cell) => {
    const parameters = initCell(cell, engine(), 3, 4)
    for (const weight of Object.values(parameters)) weight.set(weight.data.map((value) => 4 * value))
    engine().scope(() => {
      const x = packSequences(engine(), sequencesOf([9, 7], 3), 3)
      const result = runCell(cell, parameters, x, undefined, { keep: true })
      for (const { gate, squashing, histogram } of gateActivity({ cell, result })) {
        expect(squashing).toBe(cell.squashing?.[gate])
        if (squashing === 'sigmoid' || squashing === 'tanh')
          expect(histogram).toMatchObject({ below: 0, above: 0 })
      }
    })
  })

  test('a sigmoid that is exactly 0 stays a sigmoid, and is shut', () => {
    const parameters = initCell(lstm, engine(), 3, 4)
    parameters.bias_ih.set(parameters.bias_ih.data.map((_, k) => (k < 4 ? -2000 : 0)))
    engine().scope(() => {
      const x = packSequences(engine(), sequencesOf([5], 3), 3)
      const result = runCell(lstm, parameters, x, undefined, { keep: true })
      const [input] = gateActivity({ cell: lstm as never, result: result as never })
      expect(input).toMatchObject({ gate: 'i', squashing: 'sigmoid', low: 1, high: 0 })
    })
  })

  test("a candidate without bounds is no tanh, however small; a user's own cell is guessed", () => {
    const cell = cells.minGru
    const parameters = initCell(cell, engine(), 3, 4)
    for (const weight of Object.values(parameters)) weight.set(weight.data.map((value) => 0.1 * value))
    engine().scope(() => {
      const x = packSequences(engine(), sequencesOf([5], 3), 3)
      const result = runCell(cell, parameters, x, undefined, { keep: true })
      expect(gateActivity({ cell, result })[1]).toMatchObject({
        gate: 'n',
        squashing: 'unbounded',
        low: 0,
        high: 0,
      })
      const { squashing: _, ...own } = cell
      expect(gateActivity({ cell: own, result })[1].squashing).toBe('tanh')
    })
  })

  test('gates that are all NaN have no shares', () => {
    const parameters = initCell(lstm, engine(), 3, 4)
    parameters.weight_ih.set(parameters.weight_ih.data.map(() => Number.NaN))
    engine().scope(() => {
      const x = packSequences(engine(), sequencesOf([5], 3), 3)
      const result = runCell(lstm, parameters, x, undefined, { keep: true })
      for (const { low, high } of gateActivity({ cell: lstm as never, result: result as never }))
        expect([low, high]).toEqual([0, 0])
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
