import { describe, expect, test } from 'vitest'
import type { Cell } from '../../src/cells/index.js'
import { cells, minLstm, type runCell } from '../../src/cells/index.js'
import type { Engine } from '../../src/tensor/index.js'
import { differentiate, packSequences } from '../../src/tensor/index.js'
import { expectNumbers } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { tensorOf } from '../tensor/values.js'
import { initCell, packedSequences, ways, weightedSum } from './running.js'

const scanned = (['minGru', 'minLstm'] as const).map((name) => [name, cells[name]] as const)
const [inputSize, hiddenSize] = [3, 5]
const lengths = [4096, 70, 4001]

onEveryBackend((engine) => {
  test.each(scanned)('%s: 4096 steps by scan are those of step', (_, cell) => {
    const parameters = initCell(cell, engine(), inputSize, hiddenSize)
    engine().scope(() => {
      const x = packedSequences(engine(), lengths, inputSize)
      const [stepped, fused] = Object.values(ways).map((run) => run(cell, parameters, x))
      expectNumbers(fused.output.data.data, stepped.output.data.data, 1e-6, 'output')
      expectNumbers(fused.final.h.data, stepped.final.h.data, 1e-6, 'final h')
    })
  })

  test('minLstm: gates that both close leave shares that add up to 1', () => {
    engine().scope(() => {
      const parameters = {
        weight_ih: engine().tensor([[-300], [-301], [0]]),
        bias_ih: engine().tensor([0, 0, 2]),
      }
      const x = packSequences(engine(), [[1]], 1)
      const share = 1 / (1 + Math.exp(1)) // of the input gate, a factor e smaller than the forget gate
      for (const run of Object.values(ways)) {
        const { final } = run(minLstm, parameters, x, { h: engine().tensor([[-1]]) })
        expect(final.h.item()).toBeCloseTo(2 * share - (1 - share), 5)
      }
    })
  })
})

describe('in double precision', () => {
  const engine = useEngine()

  test.each(scanned)('%s: the gradients of 4096 steps by scan are those of step', (_, cell) => {
    const parameters = initCell(cell, engine(), inputSize, hiddenSize)
    const [stepped, fused] = Object.values(ways).map((run) => gradients(engine(), cell, parameters, run))
    for (const [name, expected] of Object.entries(stepped))
      expectNumbers(fused[name], expected, 1e-9, `gradient of ${name}`)
  })
})

function gradients(
  engine: Engine,
  cell: Cell,
  parameters: ReturnType<typeof initCell>,
  run: typeof runCell,
): Record<string, ArrayLike<number>> {
  const found: Record<string, ArrayLike<number>> = {}
  engine.scope(() => {
    const x = packedSequences(engine, lengths, inputSize)
    x.data.requiresGradient = true
    differentiate(engine, () => {
      const result = run(cell, parameters, x)
      const weights = tensorOf(engine, result.output.data.shape, 'weights')
      return weightedSum(result, {
        output: weights,
        final: { h: tensorOf(engine, result.final.h.shape, 'h') },
      })
    })
    for (const [name, tensor] of Object.entries({ ...parameters, x: x.data })) {
      found[name] = tensor.gradient?.data.slice() ?? []
      tensor.clearGradient()
    }
  })
  return found
}
