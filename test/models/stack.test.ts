import { describe, expect, test } from 'vitest'
import type { State } from '../../src/cells/index.js'
import { cells } from '../../src/cells/index.js'
import { ShapeError, UsageError } from '../../src/errors.js'
import { Embedding } from '../../src/layers/index.js'
import type { StackOptions } from '../../src/models/index.js'
import {
  getParameters,
  parameterCount,
  SequenceClassifier,
  Stack,
  setParameters,
} from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine, Tensor } from '../../src/tensor/index.js'
import {
  add,
  backpropagate,
  concat,
  gradientCheck,
  multiply,
  packSequences,
  slice,
  sum,
  unpackSequences,
} from '../../src/tensor/index.js'
import { minimalGated } from '../cells/minimal-gated.js'
import { packedSequences, sequencesOf } from '../cells/running.js'
import type { RecurrentFixture, Stored } from '../fixture.js'
import { expectPacked, expectStored, gradientOf, packedOf, parameterOf, readFixture } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'

const fixtures = readFixture<Record<'elman' | 'lstm' | 'gru', RecurrentFixture>>('stacks')
const shapes = {
  elman: { depth: 2, bidirectional: true },
  lstm: { depth: 2, bidirectional: true },
  gru: { depth: 3, bidirectional: false },
} as const

function stackOf(engine: Engine, options: Partial<StackOptions> = {}): Stack {
  const layers = [
    { cell: 'lstm', size: 6 },
    { cell: 'gru', size: 5 },
  ]
  return new Stack({ engine, random: new Random('stack'), inputSize: 4, layers, ...options })
}

onEveryBackend((engine) => {
  test.each(['elman', 'lstm', 'gru'] as const)(
    "%s: PyTorch's state_dict loads one to one and gives its numbers",
    (name) => {
      const fixture = fixtures[name]
      const { depth, bidirectional } = shapes[name]
      const layers = Array.from({ length: depth }, () => ({ cell: name, size: fixture.hiddenSize }))
      const stack = stackOf(engine(), { inputSize: fixture.inputSize, layers, bidirectional })
      expect(Object.keys(stack.parameters()).sort()).toEqual(Object.keys(fixture.parameters).sort())
      const plain = Object.entries(fixture.parameters).map(([key, { shape, values }]) => [
        key,
        { shape, data: values },
      ])
      setParameters(stack, Object.fromEntries(plain))
      engine().scope(() => {
        const x = packedOf(engine(), fixture.x, true)
        const whole = Object.entries(fixture.initial).map(
          ([state, stored]) => [state, parameterOf(engine(), stored)] as const,
        )
        const { value } = engine().record(() => {
          const result = stack.forward(x, { initial: statesOf(whole, stack.directions.length) })
          return { result, loss: weighted(engine(), fixture, result) }
        })
        const { result, loss } = value
        expectPacked(result.output, fixture.outputs, 'output')
        for (const [state, stored] of Object.entries(fixture.final))
          expectStored(stacked(result.final.map((final) => final[state])), stored, `final ${state}`)
        backpropagate(loss)
        for (const [key, { gradient }] of Object.entries(stack.parameters()))
          expectStored(gradient, fixture.gradients[key], `gradient of ${key}`)
        for (const [state, tensor] of whole)
          expectStored(tensor.gradient, fixture.initialGradients[state], `gradient of initial ${state}`)
        expectPacked({ data: gradientOf(x.data), layout: x.layout }, fixture.xGradients, 'gradient of x')
      })
    },
  )

  test('any cell runs in both directions, step-only ones too, in a stack of mixed cells and widths', () => {
    const layers = [...Object.keys(cells), minimalGated].map((cell, i) => ({ cell, size: 3 + i }))
    const stack = stackOf(engine(), { layers, bidirectional: true })
    engine().scope(() => {
      const sequences = sequencesOf([5, 2, 3], 4)
      const together = stack.forward(packSequences(engine(), sequences, 4))
      expect(together.output.data.shape).toEqual([10, stack.outputSize])
      const outputs = unpackSequences(together.output)
      for (const [i, sequence] of sequences.entries()) {
        const alone = stack.forward(packSequences(engine(), [sequence], 4))
        expect(alone.output.data.data).toEqual(outputs[i])
        for (const [k, state] of alone.final.entries())
          for (const [name, { data, size }] of Object.entries(state))
            expect(data).toEqual(together.final[k][name].data.subarray(i * size, (i + 1) * size))
      }
    })
  })

  test('h may be narrower than c: widths, initial states, streams and classifiers follow', () => {
    const layers = [
      { cell: 'lstmProjection', size: 6, projection: 2 },
      { cell: 'lstmProjection', size: 5 },
    ]
    const both = stackOf(engine(), { layers, bidirectional: true, initialState: 'learned' })
    const shapes = Object.fromEntries(
      Object.entries(both.parameters()).map(([name, { shape }]) => [name, shape]),
    )
    expect(shapes).toMatchObject({
      ...{
        weight_ih_l0: [24, 4],
        weight_hh_l0: [24, 2],
        weight_hr_l0: [2, 6],
        weight_ih_l1_reverse: [20, 4],
      },
      ...{ initial_h_l0: [2], initial_c_l0: [6], initial_h_l1: [3], initial_c_l1_reverse: [5] },
    })
    expect(both.outputSize).toBe(6)
    const noisy = stackOf(engine(), { layers, initialState: 'random' })
    const random = new Random('classifier')
    const embedding = new Embedding(5, 3, { engine: engine(), random })
    const poolings = ['last', 'mean', 'max', 'attention'] as const
    engine().scope(() => {
      const x = packSequences(engine(), sequencesOf([5, 2, 3], 4), 4)
      expect(both.forward(x).output.data.shape).toEqual([10, 6])
      const starts = [1, 2].map((seed) => noisy.forward(x, { training: { random: new Random(seed) } }))
      expect(starts[0].output.data.data).not.toEqual(starts[1].output.data.data)
      expect(starts[0].final.map(({ h, c }) => [h.shape, c.shape])).toEqual([
        [
          [3, 2],
          [3, 6],
        ],
        [
          [3, 3],
          [3, 5],
        ],
      ])
      for (const pooling of poolings) {
        const options = { engine: engine(), random, embedding, layers, pooling, classes: 2 }
        const classifier = new SequenceClassifier({ ...options, initialState: 'learned' as const })
        const stream = classifier.stream()
        for (const token of [1, 4, 2]) stream.push(token)
        expect(stream.end()).toEqual(classifier.forward([[1, 4, 2]]).data)
      }
    })
  })

  test('a sequence cut in two gives the same bits when the state is carried over', () => {
    const stack = stackOf(engine())
    engine().scope(() => {
      const sequences = sequencesOf([6, 4, 5], 4)
      const whole = unpackSequences(stack.forward(packSequences(engine(), sequences, 4)).output)
      const cut = (begin: number, end?: number) =>
        packSequences(
          engine(),
          sequences.map((sequence) => sequence.slice(4 * begin, end && 4 * end)),
          4,
        )
      const first = stack.forward(cut(0, 3))
      const second = stack.forward(cut(3), { initial: first.final })
      const rest = unpackSequences(second.output)
      for (const [i, output] of whole.entries()) expect(rest[i]).toEqual(output.subarray(3 * 5))
    })
  })
})

describe('options', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })
  const forward = (stack: Stack, training?: { random: Random }) =>
    engine().scope(() => {
      const { output } = stack.forward(packedSequences(engine(), [3, 5], 4), { training })
      return output.data.data.slice()
    })

  test('dropout works between layers and in training only, and its seed decides it', () => {
    const plain = forward(stackOf(engine()))
    const stack = stackOf(engine(), { dropout: 0.5 })
    const once = forward(stack, { random: new Random(1) })
    expect(forward(stack)).toEqual(plain)
    expect(once).not.toEqual(plain)
    expect(forward(stack, { random: new Random(1) })).toEqual(once)
    expect(forward(stack, { random: new Random(2) })).not.toEqual(once)
    const layers = [{ cell: 'gru', size: 5 }]
    const single = stackOf(engine(), { dropout: 0.5, layers })
    expect(forward(single, { random: new Random(1) })).toEqual(forward(single))
  })

  test('random initial states are drawn in training only', () => {
    const stack = stackOf(engine(), { initialState: 'random' })
    const plain = forward(stackOf(engine()))
    expect(forward(stack)).toEqual(plain)
    const noisy = forward(stack, { random: new Random(1) })
    expect(noisy).not.toEqual(plain)
    expect(forward(stack, { random: new Random(1) })).toEqual(noisy)
  })

  test('a learned initial state starts at zero, has names, gets gradients and is used', () => {
    const stack = stackOf(engine(), { initialState: 'learned', bidirectional: true })
    expect(forward(stack)).toEqual(forward(stackOf(engine(), { bidirectional: true })))
    const parameters = stack.parameters()
    const names = Object.keys(parameters).filter((name) => name.startsWith('initial'))
    expect(names).toEqual([
      ...['initial_h_l0', 'initial_c_l0', 'initial_h_l0_reverse', 'initial_c_l0_reverse'],
      ...['initial_h_l1', 'initial_h_l1_reverse'],
    ])
    engine().scope(() => {
      const x = packedSequences(engine(), [3, 5], 4)
      backpropagate(engine().record(() => sum(stack.forward(x).output.data)).value)
    })
    for (const name of names) expect(parameters[name].gradient?.data.some((g) => g !== 0)).toBe(true)
    const before = forward(stack)
    parameters.initial_h_l0.set([1, 2, 3, 4, 5, 6])
    expect(forward(stack)).not.toEqual(before)
  })

  test('parameters are saved and put back', () => {
    const stack = stackOf(engine())
    const other = stackOf(engine(), { random: new Random('other') })
    expect(forward(other)).not.toEqual(forward(stack))
    setParameters(other, getParameters(stack))
    expect(forward(other)).toEqual(forward(stack))
  })

  test('parameters that do not fit are refused and change nothing', () => {
    const stack = stackOf(engine())
    const before = getParameters(stack)
    const { weight_ih_l0, ...others } = before
    expect(() => setParameters(stack, others)).toThrow('parameter "weight_ih_l0" is missing')
    expect(() => setParameters(stack, { ...before, extra: weight_ih_l0 })).toThrow(
      'parameter "extra" is unknown',
    )
    const wrong = {
      ...before,
      bias_hh_l1: { shape: [3], data: [1, 2, 3] },
      bias_ih_l0: { ...before.bias_ih_l0, data: before.bias_ih_l0.data.map(() => 7) },
    }
    expect(() => setParameters(stack, wrong)).toThrow(ShapeError)
    expect(getParameters(stack)).toEqual(before)
  })

  test('the number of parameters is the sum over layers and directions', () => {
    const layers = [{ cell: 'lstm', size: 10 }]
    expect(parameterCount(stackOf(engine(), { inputSize: 100, layers }))).toBe(4480)
    expect(parameterCount(stackOf(engine(), { inputSize: 100, layers, bidirectional: true }))).toBe(8960)
    expect(parameterCount(stackOf(engine(), { inputSize: 100, layers, bias: 'single' }))).toBe(4440)
  })

  test('what does not fit is refused', () => {
    expect(() => stackOf(engine(), { layers: [] })).toThrow('Stack: got no layers; expected at least one')
    expect(() => stackOf(engine(), { layers: [{ cell: 'gur', size: 3 }] })).toThrow(UsageError)
    expect(() => stackOf(engine(), { dropout: 1 })).toThrow(UsageError)
    engine().scope(() => {
      expect(() => packSequences(engine(), [[1, 2, 3, 4], []], 4)).toThrow('sequence 1 has length 0')
      const stack = stackOf(engine())
      expect(() => stack.forward(packedSequences(engine(), [3], 5))).toThrow(
        'Stack: x has the shape [3, 5]; expected [3, 4], as the layout and inputSize say',
      )
      const x = packedSequences(engine(), [3], 4)
      expect(() => stack.forward(x, { initial: [] })).toThrow('Stack: got 0 initial states; expected 2')
      const [{ h }, second] = stack.forward(x).final
      expect(() => stack.forward(x, { initial: [{ h }, second] })).toThrow(
        'lstm: the initial state has no c; expected h and c',
      )
    })
  })
})

describe('in double precision', () => {
  const engine = useEngine()

  test('the gradients of a bidirectional stack with learned initial states are those of finite differences', () => {
    const layers = [
      { cell: 'lstm', size: 3 },
      { cell: minimalGated, size: 2 },
    ]
    const stack = stackOf(engine(), { inputSize: 2, layers, bidirectional: true, initialState: 'learned' })
    const { data, layout } = packedSequences(engine(), [2, 3], 2)
    const error = gradientCheck(engine(), () => {
      const { output, final } = stack.forward({ data, layout })
      return concat(
        [
          output.data,
          concat(
            final.slice(2).map(({ h }) => h),
            1,
          ),
        ],
        0,
      )
    }, [data, ...Object.values(stack.parameters())])
    expect(error).toBeLessThan(1e-6)
  })
})

// The states of each direction from PyTorch's [directions, batch, size].
function statesOf(whole: readonly (readonly [string, Tensor])[], directions: number): State[] {
  return Array.from({ length: directions }, (_, k) => {
    const entries = whole.map(([name, tensor]) => [
      name,
      slice(tensor, 0, k, k + 1).view(tensor.shape.slice(1)),
    ])
    return Object.fromEntries(entries) as State
  })
}

function stacked(parts: readonly Tensor[]): Tensor {
  return concat(parts, 0).view([parts.length, ...parts[0].shape])
}

function weighted(
  engine: Engine,
  { outputWeights, finalWeights }: RecurrentFixture,
  { output, final }: ReturnType<Stack['forward']>,
): Tensor {
  const parts = Object.entries(finalWeights).map(([name, weights]: [string, Stored]) =>
    sum(multiply(stacked(final.map((state) => state[name])), parameterOf(engine, weights))),
  )
  return parts.reduce(add, sum(multiply(output.data, packedOf(engine, outputWeights).data)))
}
