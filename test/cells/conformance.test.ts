import { describe, expect, test } from 'vitest'
import type { State } from '../../src/cells/index.js'
import { cells, runCell } from '../../src/cells/index.js'
import { ShapeError } from '../../src/errors.js'
import { cellCheckNames, checkCell } from '../../src/models/index.js'
import { backpropagate } from '../../src/tensor/index.js'
import type { RecurrentFixture } from '../fixture.js'
import { expectPacked, expectStored, gradientOf, packedOf, parametersOf, readFixture } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { tensorOf } from '../tensor/values.js'
import { initCell, packedSequences, reordered, stateOf, ways, weightedSum } from './running.js'

const inputSize = 9
const hiddenSize = 13
const lengths = [3, 7, 1, 7, 4]

const exact = useEngine()
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

    test.each(cellCheckNames.filter((check) => check !== 'gradients'))('%s', (check) => {
      checkCell(cell, exact(), { engine: engine(), only: [check] }).assert()
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

  test.each([true, 'single', false] as const)('bias: %s', (bias) => {
    checkCell(cell, engine(), { bias, only: ['gradients', 'sequence', 'stream'] }).assert()
  })

  test('orthogonal initialisation', () => {
    checkCell(cell, engine(), { initialization: 'orthogonal', only: ['seed', 'sequence'] }).assert()
  })
})
