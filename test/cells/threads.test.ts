import { describe, expect, test } from 'vitest'
import type { Cell } from '../../src/cells/index.js'
import { cells, runCell } from '../../src/cells/index.js'
import type { Engine } from '../../src/tensor/index.js'
import { differentiate } from '../../src/tensor/index.js'
import { hasNative, useEngine } from '../tensor/engines.js'
import { tensorOf } from '../tensor/values.js'
import { initCell, packedSequences, stateOf, weightedSum } from './running.js'

// Large enough that the engine gives the work to all threads, and odd enough that they get unequal parts.
const [inputSize, hiddenSize] = [45, 61]
const lengths = Array.from({ length: 19 }, (_, i) => 3 + ((i * 5) % 13))

const kinds = (await hasNative()) ? (['native', 'wasm'] as const) : (['wasm'] as const)

describe.each(kinds)('%s', (backend) => {
  const alone = useEngine({ backend, threads: 1 })
  const together = useEngine({ backend, threads: 2 })

  test.each(Object.entries(cells))('%s: one thread and two give the same bits', (_, cell) => {
    expect(together().kernels.threads).toBe(2)
    const expected = everything(cell, alone())
    const actual = everything(cell, together())
    for (const [name, numbers] of Object.entries(expected)) expect(actual[name], name).toEqual(numbers)
  })
})

function everything(cell: Cell, engine: Engine): Record<string, ArrayLike<number>> {
  const parameters = initCell(cell, engine, inputSize, hiddenSize)
  const found: Record<string, ArrayLike<number>> = {}
  differentiate(engine, () => {
    const x = packedSequences(engine, lengths, inputSize)
    const initial = stateOf(cell, parameters, lengths.length)
    const result = runCell(cell, parameters, x, initial)
    found.output = result.output.data.data.slice()
    const weights = {
      output: tensorOf(engine, result.output.data.shape, 'output'),
      final: stateOf(cell, parameters, lengths.length),
    }
    return weightedSum(result, weights)
  })
  for (const [name, { gradient }] of Object.entries(parameters)) found[name] = gradient?.data.slice() ?? []
  return found
}
