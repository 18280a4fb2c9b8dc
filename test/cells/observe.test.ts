import { describe, expect, test } from 'vitest'
import type { Observation } from '../../src/cells/index.js'
import { cells, observing, runCell, unroll } from '../../src/cells/index.js'
import { Stack } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine } from '../../src/tensor/index.js'
import { backpropagate, PackedLayout } from '../../src/tensor/index.js'
import { expectNumbers } from '../fixture.js'
import { onEveryBackend } from '../tensor/engines.js'
import { tensorOf } from '../tensor/values.js'
import { initCell, outputSizeOf, packedSequences, weightedSum } from './running.js'

const inputSize = 3
const hiddenSize = 7
const lengths = [2, 5, 1, 5]

describe.each(Object.entries(cells))('%s', (name, cell) => {
  onEveryBackend((engine) => {
    test('the gradients of the states are those of continuing from each state', () => {
      const parameters = initCell(cell, engine(), inputSize, hiddenSize)
      const [steps, cut, batch] = [6, 3, 4]
      const width = outputSizeOf(cell, parameters)
      engine().scope(() => {
        const x = packedSequences(engine(), Array(batch).fill(steps), inputSize)
        const outputs = tensorOf(engine(), [steps * batch, width], 'weights')
        const whole = watched(engine(), () => {
          const result = runCell(cell, parameters, x, undefined, { keep: true })
          return { result, loss: weightedSum(result, { output: outputs, final: {} }) }
        })
        // the second part alone, from the state in which the first ends
        const first = runCell(cell, parameters, stepsOf(engine(), x.data.data, 0, cut, batch))
        for (const state of Object.values(first.final)) state.requiresGradient = true
        const rest = stepsOf(engine(), x.data.data, cut, steps, batch)
        const weights = engine().tensor(outputs.data.slice(cut * batch * width), [
          (steps - cut) * batch,
          width,
        ])
        watched(engine(), () => {
          const result = runCell(cell, parameters, rest, first.final)
          return { result, loss: weightedSum(result, { output: weights, final: {} }) }
        })
        for (const state of cell.stateNames) {
          const { size } = first.final[state]
          const from = (cut - 1) * size
          const expected = first.final[state].gradient?.data.slice() ?? new Float64Array(size)
          const own = outputs.data.slice(from, from + size) // what the output of that step adds
          if (state === 'h') for (let k = 0; k < own.length; k++) expected[k] += own[k]
          const at = whole[state].data.slice(from, from + size)
          if (state === 'h') expectNumbers(at, expected, 1e-5, `${name}: gradient of h`)
          else expect(at.some((gradient) => gradient !== 0)).toBe(true)
        }
      })
    })

    test('fused and stepped runs show the same gradients', () => {
      const parameters = initCell(cell, engine(), inputSize, hiddenSize)
      engine().scope(() => {
        const x = packedSequences(engine(), lengths, inputSize)
        const outputs = tensorOf(engine(), [x.layout.rows, outputSizeOf(cell, parameters)], 'weights')
        const [fused, stepped] = [runCell, unroll].map((run) =>
          watched(engine(), () => {
            const result = run(cell, parameters, x, undefined, { keep: true })
            return { result, loss: weightedSum(result, { output: outputs, final: {} }) }
          }),
        )
        for (const state of cell.stateNames)
          expectNumbers(fused[state].data, stepped[state].data, 1e-5, `${name}: gradient of ${state}`)
      })
    })
  })
})

describe('observing', () => {
  onEveryBackend((engine) => {
    test('sees every layer and direction of a stack by name, and changes nothing', () => {
      const layers = [
        { cell: 'lstm', size: 4 },
        { cell: 'gru', size: 3 },
      ]
      const random = new Random(1)
      const stack = new Stack({
        engine: engine(),
        random,
        name: 'encoder',
        inputSize,
        layers,
        bidirectional: true,
      })
      engine().scope(() => {
        const x = packedSequences(engine(), lengths, inputSize)
        const seen: Observation[] = []
        const unseen = stack.forward(x).output.data.data.slice()
        const { output } = observing(
          engine(),
          (observation) => seen.push(observation),
          () => stack.forward(x),
        )
        expect(output.data.data).toEqual(unseen)
        expect(seen.map(({ name }) => name)).toEqual([
          'encoder.l0',
          'encoder.l0_reverse',
          'encoder.l1',
          'encoder.l1_reverse',
        ])
        expect(seen[0].result.kept.gates.shape).toEqual([x.layout.rows, 16])
        expect(seen[0].result.kept.cells.shape).toEqual([x.layout.rows, 4])
        stack.forward(x)
        expect(seen).toHaveLength(4) // nobody looks any more
      })
    })

    test('an observer inside another hides nothing from it; both are told before a cell runs', () => {
      const parameters = initCell(cells.gru, engine(), inputSize, hiddenSize)
      engine().scope(() => {
        const x = packedSequences(engine(), lengths, inputSize)
        const calls: string[] = []
        const observer = (name: string) => ({
          before: () => calls.push(`${name} before`),
          see: () => calls.push(`${name} sees`),
        })
        const run = () => runCell(cells.gru, parameters, x)
        observing(engine(), observer('outer'), () => {
          observing(engine(), observer('inner'), run)
          run()
        })
        const alone = ['outer before', 'outer sees']
        expect(calls).toEqual(['outer before', 'inner before', 'outer sees', 'inner sees', ...alone])
      })
    })
  })
})

type Run = { result: ReturnType<typeof runCell>; loss: ReturnType<typeof weightedSum> }

// Runs and backpropagates; the gradients of the states, by name.
function watched(engine: Engine, run: () => Run) {
  const { value } = engine.record(run)
  backpropagate(value.loss)
  return value.result.gradients?.() ?? {}
}

// Some steps of a batch of sequences of equal lengths.
function stepsOf(engine: Engine, values: ArrayLike<number>, begin: number, end: number, batch: number) {
  const size = batch * inputSize
  const part = Array.from({ length: (end - begin) * size }, (_, k) => values[begin * size + k])
  const layout = PackedLayout.of(Array(batch).fill(end - begin))
  return { data: engine.tensor(part, [(end - begin) * batch, inputSize]), layout }
}
