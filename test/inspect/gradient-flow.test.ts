import { describe, expect, test } from 'vitest'
import type { Observation } from '../../src/cells/index.js'
import { cells, observing, runCell } from '../../src/cells/index.js'
import { gradientFlow, inspect } from '../../src/inspect/index.js'
import { crossEntropy } from '../../src/losses/index.js'
import { Stack } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine } from '../../src/tensor/index.js'
import { backpropagate, concat, multiply, packSequences, slice, sum } from '../../src/tensor/index.js'
import { initCell, sequencesOf } from '../cells/running.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { tensorOf } from '../tensor/values.js'
import { linearCell, smallClassifier } from './models.js'

onEveryBackend((engine) => {
  // From the last of 101 states back to the first are 100 steps.
  test.each([
    [0.9, '2.66e-5', 'vanishing'],
    [0.99, '3.66e-1', 'steady'],
    [1.01, '2.70e+0', 'steady'],
    [1.1, '1.38e+4', 'exploding'],
  ])('a linear network with w = %f: after 100 steps %s of the gradient is left', (w, left, kind) => {
    const stack = new Stack({
      engine: engine(),
      random: new Random(1),
      inputSize: 1,
      layers: [{ cell: linearCell, size: 1 }],
    })
    stack.directions[0].parameters.weight_hh.set(w)
    stack.directions[0].parameters.weight_ih.set(1)
    const zeros = new Float64Array(101)
    const run = () => stack.lastOutput(stack.forward(packSequences(engine(), [zeros], 1)))
    const { layers, verdict } = inspect(stack, () => sum(run()), { span: 100 })
    const [{ norms, halfLife }] = layers[0].flow
    expect(norms).toHaveLength(101)
    expect((norms[100] / norms[0]).toExponential(2)).toBe(left)
    expect(Math.abs(norms[100] / w ** 100 - 1)).toBeLessThan(1e-4)
    expect(halfLife?.steps).toBeCloseTo(Math.log(0.5) / Math.log(w), 2)
    expect(verdict.kind).toBe(kind)
    expect(layers[0].verdict.remaining).toBeCloseTo(norms[100] / norms[0], w > 1 ? 0 : 5)
  })
})

describe('the norms of the gradients', () => {
  const engine = useEngine()

  test.each(Object.entries(cells))('%s: are those of finite differences', (_, cell) => {
    const [inputSize, size, steps] = [2, 3, 5]
    const parameters = initCell(cell, engine(), inputSize, size)
    const [sequence] = sequencesOf([steps], inputSize)
    const norms = engine().scope(() => flowOf(engine(), cell, parameters, sequence, steps))
    for (let step = 1; step < steps; step++) {
      const rest = sequence.slice(step * inputSize)
      const state = stateAfter(engine(), cell, parameters, sequence.slice(0, step * inputSize))
      for (const name of Object.keys(norms)) {
        const expected = Math.hypot(
          ...state[name].map((_, k) => {
            const moved = (by: number) => {
              const values = {
                ...state,
                [name]: state[name].map((value, j) => (j === k ? value + by : value)),
              }
              return lastSum(engine(), cell, parameters, rest, values)
            }
            return (moved(1e-5) - moved(-1e-5)) / 2e-5
          }),
        )
        // the state's gradient at a step is what continuing from it gives; c of a step is also seen through its h
        const own = norms[name][steps - step]
        if (name === 'h') expect(Math.abs(own / expected - 1)).toBeLessThan(1e-6)
        else expect(own).toBeGreaterThan(0)
      }
    }
  })

  test('sequences of different lengths are averaged from their ends', () => {
    const cell = cells.elman
    const parameters = initCell(cell, engine(), 2, 3)
    const lengths = [2, 4, 3]
    const sequences = sequencesOf(lengths, 2)
    const alone = sequences.map((sequence, k) =>
      engine().scope(() => flowOf(engine(), cell, parameters, sequence, lengths[k]).h),
    )
    const together = engine().scope(() => {
      const x = packSequences(engine(), sequences, 2)
      const { seen } = backward(engine(), () => {
        const { final } = runCell(cell, parameters, x)
        return sum(multiply(final.h, concat(Array(3).fill(weights(engine(), 3)), 0)))
      })
      return gradientFlow(seen[0])[0].norms
    })
    for (let distance = 0; distance < 4; distance++) {
      const values = alone.flatMap((norms) => norms[distance] ?? [])
      const mean = values.reduce((a, b) => a + b) / values.length
      expect(together[distance]).toBeCloseTo(mean, 10)
    }
  })
})

describe('inspect', () => {
  const engine = useEngine()
  const sequences = [
    [1, 2, 3, 4, 5, 0],
    [2, 2, 1],
    [0, 5, 4, 4],
  ]

  test('sees every layer and direction, and leaves parameters and gradients as they were', () => {
    const model = smallClassifier(engine(), 'gru', { bidirectional: true, layers: 2 })
    const [weight] = Object.values(model.parameters())
    const loss = () => crossEntropy(model.forward(sequences), engine().indices([0, 1, 2]))
    engine().scope(() => backpropagate(engine().record(loss).value))
    const before = weight.gradient?.data.slice()
    const inspection = inspect(model, loss, { title: 'three sequences' })
    expect(weight.gradient?.data).toEqual(before)
    expect(inspection.layers.map(({ name }) => name)).toEqual(['l0', 'l0_reverse', 'l1', 'l1_reverse'])
    expect(inspection).toMatchObject({ title: 'three sequences', span: 6, from: 'loss' })
    expect(inspection.steps).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection)
    model.head.weight.clearGradient()
    inspect(model, loss)
    expect(model.head.weight.gradient).toBeUndefined()
  })

  test('with a loss at every step, looking from the last state shows what the loss hides', () => {
    const stack = new Stack({
      engine: engine(),
      random: new Random(1),
      inputSize: 1,
      layers: [{ cell: linearCell, size: 2 }],
    })
    stack.directions[0].parameters.weight_hh.set([0.5, 0, 0, 0.5])
    const x = Array.from({ length: 30 }, () => 1)
    const run = () => sum(stack.forward(packSequences(engine(), [x], 1)).output.data)
    const everywhere = inspect(stack, run)
    expect(everywhere.layers[0].flow[0].halfLife?.steps).toBeLessThan(-20)
    const last = inspect(stack, run, { from: 'last' })
    expect(last.layers[0].flow[0].halfLife?.steps).toBeCloseTo(1, 8)
    expect(last.layers[0].flow[0].norms[3]).toBeCloseTo(Math.SQRT2 / 8, 10)
  })

  test('says what is wrong', () => {
    const model = smallClassifier(engine(), 'lstm')
    expect(() => inspect(model, () => model.forward(sequences))).toThrow(/has to return the loss/)
    expect(() => inspect(model, () => model.head.forward(engine().zeros([1, 5])))).toThrow(
      /no recurrent layer/,
    )
    expect(() =>
      inspect(model, () => crossEntropy(model.forward(sequences), engine().indices([0, 1, 2])), {
        sequence: 3,
      }),
    ).toThrow(/there is no sequence 3; the batch has 3/)
  })
})

type Parameters = ReturnType<typeof initCell>
type State = Record<string, number[]>

function weights(engine: Engine, size: number) {
  return tensorOf(engine, [1, size], 'loss')
}

function backward(engine: Engine, loss: () => ReturnType<typeof sum>) {
  const seen: Observation[] = []
  const { value } = engine.record(() => observing(engine, (layer) => seen.push(layer), loss))
  backpropagate(value)
  return { seen }
}

// The norms of the gradients of a weighted sum of the last h, by state.
function flowOf(
  engine: Engine,
  cell: (typeof cells)[string],
  parameters: Parameters,
  sequence: number[],
  steps: number,
): Record<string, readonly number[]> {
  const x = packSequences(engine, [sequence], sequence.length / steps)
  const { seen } = backward(engine, () => {
    const { h } = runCell(cell, parameters, x).final
    return sum(multiply(h, weights(engine, h.shape[1])))
  })
  return Object.fromEntries(gradientFlow(seen[0]).map(({ state, norms }) => [state, norms]))
}

function stateAfter(
  engine: Engine,
  cell: (typeof cells)[string],
  parameters: Parameters,
  x: number[],
): State {
  return engine.scope(() => {
    const { final } = runCell(cell, parameters, packSequences(engine, [x], 2))
    return Object.fromEntries(cell.stateNames.map((name) => [name, [...final[name].data]]))
  })
}

function lastSum(
  engine: Engine,
  cell: (typeof cells)[string],
  parameters: Parameters,
  x: number[],
  state: State,
): number {
  return engine.scope(() => {
    const initial = Object.fromEntries(
      Object.entries(state).map(([name, values]) => [name, engine.tensor(values, [1, values.length])]),
    )
    const { h } = runCell(cell, parameters, packSequences(engine, [x], 2), initial as never).final
    return sum(multiply(h, slice(weights(engine, h.shape[1]), 1, 0, h.shape[1]))).item()
  })
}
