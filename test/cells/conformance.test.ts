import { describe, expect, test } from 'vitest'
import type { Cell, State } from '../../src/cells/index.js'
import { cells, runCell, unroll } from '../../src/cells/index.js'
import { ShapeError } from '../../src/errors.js'
import type { Packed } from '../../src/tensor/index.js'
import {
  backpropagate,
  concat,
  gradientCheck,
  packSequences,
  reshape,
  unpackSequences,
} from '../../src/tensor/index.js'
import type { RecurrentFixture } from '../fixture.js'
import {
  expectNumbers,
  expectPacked,
  expectStored,
  gradientOf,
  packedOf,
  parametersOf,
  readFixture,
} from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { tensorOf } from '../tensor/values.js'
import { initCell, packedSequences, reordered, sequencesOf, stateOf, ways, weightedSum } from './running.js'

const inputSize = 9
const hiddenSize = 13
const lengths = [3, 7, 1, 7, 4]

const everyCell = Object.entries(cells)
const everyWay = Object.entries(ways)

onEveryBackend((engine) => {
  describe.each(everyCell)('%s', (name, cell) => {
    test.each(everyWay)('outputs and gradients are those of PyTorch (%s)', (_, run) => {
      const fixture = readFixture<RecurrentFixture>(name)
      const parameters = parametersOf(engine(), fixture.parameters)
      engine().scope(() => {
        const x = packedOf(engine(), fixture.x, true)
        const { order } = x.layout
        const initial = parametersOf(engine(), fixture.initial)
        const weights = {
          output: packedOf(engine(), fixture.outputWeights).data,
          final: reordered(parametersOf(engine(), fixture.finalWeights) as State, order),
        }
        const { value } = engine().record(() => {
          const result = run(cell, parameters, x, reordered(initial as State, order))
          return { result, loss: weightedSum(result, weights) }
        })
        const { result, loss } = value
        expectPacked(result.output, fixture.outputs, 'output')
        const final = reordered(result.final, x.layout.inverseOrder())
        for (const state of cell.stateNames)
          expectStored(final[state], fixture.final[state], `final ${state}`)
        backpropagate(loss)
        for (const [parameter, { gradient }] of Object.entries(parameters))
          expectStored(gradient, fixture.gradients[parameter], `gradient of ${parameter}`)
        for (const state of cell.stateNames)
          expectStored(
            initial[state].gradient,
            fixture.initialGradients[state],
            `gradient of initial ${state}`,
          )
        expectPacked({ data: gradientOf(x.data), layout: x.layout }, fixture.xGradients, 'gradient of x')
      })
    })

    test('the fused sequence is the unrolled step', () => {
      const parameters = initCell(cell, engine(), inputSize, hiddenSize)
      engine().scope(() => {
        const x = packedSequences(engine(), lengths, inputSize)
        const initial = stateOf(cell, parameters, lengths.length)
        for (const start of [undefined, initial]) {
          const fused = runCell(cell, parameters, x, start)
          const stepped = unroll(cell, parameters, x, start)
          expectNumbers(fused.output.data.data, stepped.output.data.data, 1e-6, 'output')
          for (const state of cell.stateNames)
            expectNumbers(fused.final[state].data, stepped.final[state].data, 1e-6, `final ${state}`)
        }
      })
    })

    test('a sequence gives the same bits alone and in a batch, kept or not', () => {
      const parameters = initCell(cell, engine(), inputSize, hiddenSize)
      const many = Array.from({ length: 64 }, (_, i) => 1 + ((i * 7) % 11))
      engine().scope(() => {
        const sequences = sequencesOf(many, inputSize)
        const initial = stateOf(cell, parameters, many.length)
        const x = packSequences(engine(), sequences, inputSize)
        const sorted = reordered(initial, x.layout.order)
        const batch = runCell(cell, parameters, x, sorted)
        const kept = runCell(cell, parameters, x, sorted, { keep: true })
        expect(kept.output.data.data).toEqual(batch.output.data.data)
        const outputs = unpackSequences(batch.output)
        for (const [i, sequence] of sequences.entries()) {
          const alone = packSequences(engine(), [sequence], inputSize)
          const row = reordered(initial, Int32Array.of(i))
          expect(runCell(cell, parameters, alone, row).output.data.data).toEqual(outputs[i])
        }
      })
    })

    test('a learned initial state gets a gradient through a single step', () => {
      const parameters = initCell(cell, engine(), inputSize, hiddenSize)
      engine().scope(() => {
        const x = packedSequences(engine(), [1], inputSize)
        const zeros = cell.zeroState(parameters, 1)
        for (const state of Object.values(zeros)) state.requiresGradient = true
        const weights = { output: tensorOf(engine(), zeros.h.shape, 'weights'), final: {} }
        backpropagate(engine().record(() => weightedSum(runCell(cell, parameters, x, zeros), weights)).value)
        for (const state of Object.values(zeros))
          expect(state.gradient?.data.some((gradient) => gradient !== 0)).toBe(true)
      })
    })

    test('input and state of another size are refused by name', () => {
      const parameters = initCell(cell, engine(), inputSize, hiddenSize)
      engine().scope(() => {
        const wrong = packedSequences(engine(), lengths, inputSize + 1)
        expect(() => runCell(cell, parameters, wrong)).toThrow(ShapeError)
        expect(() => runCell(cell, parameters, wrong)).toThrow(
          `${name}: x has the shape [22, 10], expected [rows, 9]`,
        )
        const x = packedSequences(engine(), lengths, inputSize)
        const state = stateOf(cell, parameters, lengths.length + 1)
        expect(() => runCell(cell, parameters, x, state)).toThrow(
          `${name}: initial h has the shape [6, ${state.h.shape[1]}], expected [5, ${state.h.shape[1]}]`,
        )
      })
    })
  })
})

describe.each(everyCell)('%s in double precision', (_, cell) => {
  const engine = useEngine()

  test.each(everyWay)('the gradients are those of finite differences (%s)', (_, run) => {
    expect(checkedGradients(cell, run)).toBeLessThan(1e-6)
  })

  test.each([false, 'single'] as const)('with bias: %s too', (bias) => {
    expect(checkedGradients(cell, runCell, bias)).toBeLessThan(1e-6)
  })

  function checkedGradients(cell: Cell, run: typeof runCell, bias: boolean | 'single' = true): number {
    const [features, units] = [3, 5]
    const parameters = initCell(cell, engine(), features, units, bias)
    const { layout, data } = packedSequences(engine(), [2, 4, 1], features)
    const initial = stateOf(cell, parameters, 3)
    const names = Object.keys(parameters)
    const everything = [...Object.values(parameters), data, ...cell.stateNames.map((name) => initial[name])]
    return gradientCheck(
      engine(),
      (...inputs) => {
        const given = Object.fromEntries(names.map((name, i) => [name, inputs[i]]))
        const start = Object.fromEntries(
          cell.stateNames.map((name, i) => [name, inputs[names.length + 1 + i]]),
        )
        const x: Packed = { data: inputs[names.length], layout }
        const { output, final } = run(cell, given, x, start as State)
        const results = [output.data, ...cell.stateNames.map((name) => final[name])]
        return concat(
          results.map((result) => reshape(result, [result.size])),
          0,
        )
      },
      everything,
    )
  }
})
