import { describe, expect, it } from 'vitest'
import type { Cell, Regularisation } from '../../src/cells/index.js'
import { cells } from '../../src/cells/index.js'
import { Embedding, LayerNorm, Linear } from '../../src/layers/index.js'
import { crossEntropy } from '../../src/losses/index.js'
import {
  CarriedState,
  continuing,
  differentiateThroughTime,
  prefixed,
  Stack,
  segmentOf,
  timeSegments,
} from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine, Tensor } from '../../src/tensor/index.js'
import { differentiate, PackedLayout, zeroGradients } from '../../src/tensor/index.js'
import { hasNative, openEngine, useEngine } from '../tensor/engines.js'

const tokens = 11
const sizes = [13, 9]

/** Embedding, two layers of a cell, normalisation, head and a cross-entropy whose rows have weights of their own. */
function languageModel(
  engine: Engine,
  cell: string | Cell,
  lengths: readonly number[],
  noise: Regularisation = {},
) {
  const random = new Random('through time')
  const part = (name: string) => ({ engine, random: random.split(name) })
  const embedding = new Embedding(tokens, 7, part('embedding'))
  const layers = sizes.map((size) => ({ cell, size }))
  const rnn = new Stack({ ...part('rnn'), inputSize: 7, layers, initialState: 'learned', ...noise })
  const training = { random: random.split('noise') }
  const norm = new LayerNorm(rnn.outputSize, part('norm'))
  const head = new Linear(rnn.outputSize, tokens, part('head'))
  const parameters = (): Record<string, Tensor> => ({
    ...prefixed('embedding', embedding.parameters()),
    ...prefixed('rnn', rnn.parameters()),
    ...prefixed('norm', norm.parameters()),
    ...prefixed('head', head.parameters()),
  })
  const layout = PackedLayout.of(lengths)
  const draws = random.split('data')
  const inputs = Int32Array.from({ length: layout.rows }, () => draws.integer(tokens))
  const targets = Int32Array.from(inputs, () => draws.integer(tokens + 1) - 1)
  const rowWeights = Array.from(inputs, () => draws.uniform() / layout.rows)
  const loss = (hidden: Tensor, begin: number, end: number) =>
    crossEntropy(head.forward(norm.forward(hidden)), engine.indices(targets.slice(begin, end)), {
      reduction: 'sum',
      rowWeights: rowWeights.slice(begin, end),
    })
  return {
    parameters,
    /** The loss, with all gradients from zero, at once. */
    plain() {
      zeroGradients(parameters())
      return differentiate(engine, () => {
        const { output } = rnn.forward({ data: embedding.forward(inputs), layout }, { training })
        return loss(output.data, 0, layout.rows)
      })
    },
    /** The same in segments of so many steps. */
    checkpointed(length?: number) {
      zeroGradients(parameters())
      const segments = timeSegments(layout, length)
      return differentiateThroughTime(engine, segments.length, (index, states) => {
        const { firstRow, endRow, layout } = segments[index]
        const x = { data: embedding.forward(inputs.subarray(firstRow, endRow)), layout }
        const initial = states && continuing(states, layout.batch)
        const { output, final } = rnn.forward(x, { ...(initial && { initial }), training })
        return { final, loss: () => loss(output.data, firstRow, endRow) }
      })
    },
    gradients: () =>
      Object.fromEntries(
        Object.entries(parameters()).map(([name, { gradient }]) => [name, Array.from(gradient?.data ?? [])]),
      ),
    dispose: () => {
      for (const parameter of Object.values(parameters())) parameter.dispose()
    },
  }
}

/** The cell by its step alone. */
function stepped(cell: Cell): Cell {
  const { sequence: _, ...rest } = cell
  return rest
}

const ways: [string, Cell][] = Object.values(cells).flatMap((cell) =>
  cell.sequence
    ? [
        [`${cell.name}, fused`, cell] as [string, Cell],
        [`${cell.name}, by its step`, stepped(cell)] as [string, Cell],
      ]
    : [[`${cell.name}, by its step`, cell] as [string, Cell]],
)

const backends = (await hasNative()) ? (['native', 'wasm'] as const) : (['wasm'] as const)

describe.each(backends)('gradients through segments of time, %s', (backend) => {
  const engine = useEngine({ backend, threads: 2 })

  it.each(ways)('%s: the bits of plain backpropagation', (_, cell) => {
    for (const lengths of [new Array(4).fill(17), [3, 17, 1, 12, 12, 6]]) {
      const model = languageModel(engine(), cell, lengths)
      const plain = model.plain()
      const expected = model.gradients()
      expect(Object.values(expected).every((values) => values.length > 0)).toBe(true)
      for (const length of [1, 4, 5, 16, 17, undefined]) {
        const loss = model.checkpointed(length)
        expect(Math.abs(loss - plain)).toBeLessThan(1e-5 * Math.abs(plain))
        expect(model.gradients()).toEqual(expected)
      }
      model.dispose()
    }
  })
})

describe('gradients through segments of time', () => {
  const engine = useEngine({ threads: 1 })

  it('add up over calls and leave nothing behind', () => {
    const model = languageModel(engine(), 'lstm', [9, 5])
    model.checkpointed(3)
    const once = model.gradients()
    const before = engine().bytesInUse
    zeroGradients(model.parameters())
    model.checkpointed(3)
    expect(model.gradients()).toEqual(once)
    expect(engine().bytesInUse).toBe(before)
    model.dispose()
  })

  it.each<Regularisation>([{ inputDropout: 0.3 }, { recurrentDropout: 0.3 }])(
    'are those of the whole with noise that is drawn once per sequence: %j',
    (noise) => {
      for (const cell of ['lstm', 'gru']) {
        const model = languageModel(engine(), cell, [3, 17, 1, 12, 12, 6], noise)
        model.plain()
        const expected = model.gradients()
        model.checkpointed(5)
        expect(model.gradients()).toEqual(expected)
        model.dispose()
        const still = languageModel(engine(), cell, [3, 17, 1, 12, 12, 6])
        still.plain()
        expect(still.gradients()).not.toEqual(expected)
        still.dispose()
      }
    },
  )

  it('are those of the whole but for rounding with weight drop, whose masked weights are made anew in each segment', () => {
    const model = languageModel(engine(), 'lstm', [3, 17, 1, 12, 12, 6], { weightDrop: 0.3 })
    model.plain()
    const expected = model.gradients()
    model.checkpointed(5)
    for (const [name, gradient] of Object.entries(model.gradients()))
      gradient.forEach((value, i) => {
        expect(Math.abs(value - expected[name][i])).toBeLessThan(1e-6)
      })
    model.dispose()
  })

  it('flow from a loss in the last segment alone to the first step', () => {
    const at = engine()
    const stack = new Stack({
      engine: at,
      random: new Random(1),
      inputSize: 3,
      layers: [{ cell: 'gru', size: 5 }],
    })
    const layout = PackedLayout.of([12, 12])
    const x = { data: at.parameter([24, 3]), layout }
    x.data.set(Array.from({ length: 72 }, (_, i) => Math.sin(i)))
    const loss = (h: Tensor) => crossEntropy(h, at.indices([1, 4]), { reduction: 'sum' })
    differentiate(at, () => loss(stack.lastOutput(stack.forward(x))))
    const expected = Array.from(x.data.gradient?.data ?? [])
    expect(expected.slice(0, 3).every((value) => value !== 0)).toBe(true)
    zeroGradients({ x: x.data })
    const segments = timeSegments(layout, 5)
    differentiateThroughTime(at, segments.length, (index, states) => {
      const result = stack.forward(segmentOf(x, segments[index]), states && { initial: states })
      return {
        final: result.final,
        loss: () => (index === segments.length - 1 ? loss(stack.lastOutput(result)) : undefined),
      }
    })
    expect(Array.from(x.data.gradient?.data ?? [])).toEqual(expected)
  })

  it('the memory grows with the square root of the time', async () => {
    const peak = async (steps: number, way: 'plain' | 'checkpointed') => {
      const own = await openEngine({ backend: 'wasm', threads: 1 })
      const model = languageModel(own, 'lstm', [steps, steps])
      model[way](4) // gradients and packed weights exist
      const before = own.bytesInUse
      own.resetPeak()
      if (way === 'plain') model.plain()
      else model.checkpointed()
      const bytes = own.peakBytes - before
      await own.dispose()
      return bytes
    }
    const short = await peak(400, 'checkpointed')
    const long = await peak(1600, 'checkpointed')
    expect(long / short).toBeGreaterThan(1.5)
    expect(long / short).toBeLessThan(2.3)
    expect((await peak(1600, 'plain')) / (await peak(400, 'plain'))).toBeGreaterThan(3.7)
    expect(await peak(1600, 'plain')).toBeGreaterThan(10 * long)
  })

  it('segments are refused a length that is none', () => {
    expect(() => timeSegments(PackedLayout.of([3]), 0)).toThrow(
      'timeSegments: got length 0; expected a whole number of at least 1',
    )
  })
})

describe('a carried state', () => {
  const engine = useEngine({ threads: 1 })

  it('makes windows of time give what the whole gives', () => {
    const at = engine()
    const layers = [
      { cell: 'lstm', size: 4 },
      { cell: 'gru', size: 3 },
    ]
    const stack = new Stack({ engine: at, random: new Random(2), inputSize: 2, layers })
    const layout = PackedLayout.of([10, 10, 10])
    const x = {
      data: at.tensor(
        Array.from({ length: 60 }, (_, i) => Math.cos(i)),
        [30, 2],
      ),
      layout,
    }
    const whole = at.scope(() => Array.from(stack.forward(x).output.data.data))
    const state = new CarriedState(stack, 3)
    expect(Object.keys(state.tensors())).toEqual(['h_l0', 'c_l0', 'h_l1'])
    const windows = timeSegments(layout, 4).flatMap((segment) =>
      at.scope(() => {
        const { output, final } = stack.forward(segmentOf(x, segment), { initial: state.initial() })
        state.keep(final)
        return Array.from(output.data.data)
      }),
    )
    expect(windows).toEqual(whole)
    expect(state.tensors().h_l1.data.some((value) => value !== 0)).toBe(true)
    state.clear()
    for (const tensor of Object.values(state.tensors()))
      expect(tensor.data.every((value) => value === 0)).toBe(true)
    const other = PackedLayout.of([1, 1])
    expect(() => state.keep(stack.forward({ data: at.zeros([2, 2]), layout: other }).final)).toThrow(
      'CarriedState: h_l0 has the shape [2, 4]; expected [3, 4], as made for 3 sequences',
    )
    state.dispose()
    const sizes = { engine: at, random: new Random(1), inputSize: 2, layers: [{ cell: 'gru', size: 3 }] }
    expect(() => new CarriedState(new Stack({ ...sizes, bidirectional: true }), 3)).toThrow(
      'a bidirectional stack cannot go on from the batch before',
    )
    expect(() => new CarriedState(new Stack({ ...sizes, initialState: 'learned' }), 3)).toThrow(
      "the stack has the initial state 'learned'; expected 'zero'",
    )
  })
})
