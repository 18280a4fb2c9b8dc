import { expect, test } from 'vitest'
import { watchAdding } from '../../examples/lens-adding.js'
import { useEngine } from '../tensor/engines.js'

const engine = useEngine({ threads: 1 })

// The whole example takes 1,500 steps; the lens needs a hundred to tell who will fail.
test('on the adding problem the lens tells the tanh RNN from the LSTM long before the end', async () => {
  const short = { engine: engine(), size: 32, steps: 151 }
  const elman = await watchAdding({ cell: 'elman', ...short })
  const lstm = await watchAdding({ cell: 'lstm', ...short })
  expect(lstm.readings.map(({ step }) => step)).toEqual([1, 51, 101, 151])
  for (const { verdict } of elman.readings.slice(1)) {
    expect(verdict.kind).toBe('vanishing')
    expect(verdict.advice).toContain('use a gated cell')
  }
  for (const { verdict } of lstm.readings) expect(verdict.remaining).toBeGreaterThan(0.05)
  expect(elman.inspection.verdict.kind).toBe('vanishing')
  expect(lstm.inspection.verdict.kind).toBe('steady')
  expect(lstm.sequence.influence?.values).toHaveLength(100)
})
