import { describe, expect, test } from 'vitest'
import type { Cell, Regularisation, RunOptions, State } from '../../src/cells/index.js'
import { cells, elman, gru, lstm, runCell, zeroState } from '../../src/cells/index.js'
import { UsageError } from '../../src/errors.js'
import {
  continuing,
  differentiateThroughTime,
  Stack,
  segmentOf,
  timeSegments,
} from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine, Packed } from '../../src/tensor/index.js'
import {
  add,
  differentiate,
  gradientCheck,
  PackedLayout,
  packSequences,
  square,
  sum,
  unpackSequences,
  zeroGradients,
} from '../../src/tensor/index.js'
import { expectNumbers } from '../fixture.js'
import { hasNative, onEveryBackend, useEngine } from '../tensor/engines.js'
import { initCell, packedSequences, sequencesOf, stateOf } from './running.js'

const training = { random: new Random('noise') }
const everything: Regularisation = {
  ...{ zoneout: { h: 0.3, c: 0.2 }, weightDrop: 0.4, inputDropout: 0.25, recurrentDropout: 0.35 },
}

/** All of it that a cell without c can have. */
const withoutCell: Regularisation = { ...everything, zoneout: { h: 0.3 } }

/** A cell that shows what reaches its step: h counts the steps, `x` is its input, `seen` the h of its recurrent products. */
function showing(): { cell: Cell; inputs: number[][]; seen: number[][]; weights: number[][] } {
  const [inputs, seenStates, weights] = [[], [], []] as number[][][]
  const cell: Cell = {
    name: 'showing',
    gates: [],
    stateNames: ['h', 'c'],
    init: elman.init,
    zeroState: (parameters, batch) => zeroState(cell, parameters, batch),
    step({ weight_hh }, x, { h, c }, seen = h) {
      inputs.push(Array.from(x.data))
      seenStates.push(Array.from(seen.data))
      weights.push(Array.from(weight_hh.data))
      const one = h.engine.full(h.shape, 1)
      return { h: add(h, one), c: add(c, one) }
    },
  }
  return { cell, inputs, seen: seenStates, weights }
}

const ones = (engine: Engine, batch: number, steps: number, features: number): Packed => ({
  data: engine.full([batch * steps, features], 1),
  layout: PackedLayout.of(Array(batch).fill(steps)),
})

const share = (values: readonly number[], value: number) =>
  values.filter((v) => v === value).length / values.length

describe('the masks', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })
  const [batch, steps, features, units] = [40, 6, 30, 25]

  const shown = (regularisation: Regularisation, options: RunOptions = { training }, value = 1) => {
    const { cell, ...seen } = showing()
    const parameters = initCell(cell, engine(), features, units)
    parameters.weight_hh.set(new Float64Array(units * units).fill(1))
    return engine().scope(() => {
      const initial = {
        h: engine().full([batch, units], value),
        c: engine().full([batch, units], value),
      }
      const x = ones(engine(), batch, steps, features)
      const { output, final } = runCell(cell, parameters, x, initial, { regularisation, ...options })
      return { ...seen, output: unpackSequences(output).map((h) => Array.from(h)), c: final.c.data.slice() }
    })
  }

  test('inputDropout: one mask for each sequence, the same at every step, with its rate', () => {
    const { inputs } = shown({ inputDropout: 0.25 })
    for (const input of inputs) expect(input).toEqual(inputs[0])
    expect([...new Set(inputs[0])].sort()).toEqual([0, Math.fround(1 / 0.75)])
    expect(share(inputs[0], 0)).toBeCloseTo(0.25, 1)
    const [first, second] = [inputs[0].slice(0, features), inputs[0].slice(features, 2 * features)]
    expect(first).not.toEqual(second)
  })

  test('inputDropout: a sequence keeps its mask when others have ended', () => {
    const { cell, inputs } = showing()
    const parameters = initCell(cell, engine(), features, units)
    engine().scope(() => {
      const layout = PackedLayout.of([2, 4, 1])
      const x = { data: engine().full([layout.rows, features], 1), layout }
      runCell(cell, parameters, x, undefined, { regularisation: { inputDropout: 0.5 }, training })
    })
    for (const [step, rows] of [3, 2, 1, 1].entries())
      expect(inputs[step]).toEqual(inputs[0].slice(0, rows * features))
  })

  test('recurrentDropout: the same, on h where the recurrent weights see it', () => {
    const { seen, output } = shown({ recurrentDropout: 0.3 })
    const mask = seen[0].map((value) => (value === 0 ? 0 : 1))
    expect(share(mask, 0)).toBeCloseTo(0.3, 1)
    for (const [step, values] of seen.entries())
      for (const [k, value] of values.entries()) expect(value).toBeCloseTo((mask[k] * (step + 1)) / 0.7, 5)
    for (const h of output) expect(h.slice(-units)).toEqual(Array(units).fill(steps + 1)) // h itself is whole
  })

  test('weightDrop: one mask on weight_hh in a call, another one in the next, with its rate', () => {
    const { weights } = shown({ weightDrop: 0.4 })
    for (const weight of weights) expect(weight).toEqual(weights[0])
    expect([...new Set(weights[0])].sort()).toEqual([0, Math.fround(1 / 0.6)])
    expect(share(weights[0], 0)).toBeCloseTo(0.4, 1)
    const other = shown({ weightDrop: 0.4 }, { training: { random: new Random('other') } })
    expect(other.weights[0]).not.toEqual(weights[0])
  })

  test('weightDrop: fused cells run with the masked weights, and their gradients are masked', () => {
    let used: Float32Array | Float64Array = new Float32Array()
    const spy: Cell = {
      ...lstm,
      sequence: {
        run(parameters, x, initial, keep) {
          used = parameters.weight_hh.data.slice()
          return lstm.sequence?.run(parameters, x, initial as never, keep) as never
        },
      },
    } as Cell
    const parameters = initCell(lstm, engine(), 3, 7)
    const options = { regularisation: { weightDrop: 0.5 }, training }
    let found: ArrayLike<number> = []
    differentiate(engine(), () => {
      const x = packedSequences(engine(), [4, 2], 3)
      const { output } = runCell(spy, parameters, x, undefined, options)
      found = output.data.data.slice()
      return sum(output.data)
    })
    const gradient = Array.from(parameters.weight_hh.gradient?.data ?? [])
    expect(share(Array.from(used), 0)).toBeCloseTo(0.5, 1)
    for (const [k, weight] of used.entries()) {
      expect(weight).toBeCloseTo(weight === 0 ? 0 : 2 * parameters.weight_hh.data[k], 6)
      expect(gradient[k] === 0).toBe(weight === 0)
    }
    engine().scope(() => {
      const weight_hh = engine().tensor(used, parameters.weight_hh.shape)
      const x = packedSequences(engine(), [4, 2], 3)
      expect(runCell(lstm, { ...parameters, weight_hh }, x).output.data.data).toEqual(found)
    })
  })

  test('zoneout: an element stays what it was or takes its new value, drawn anew at every step', () => {
    const { output, c } = shown({ zoneout: 0.3 })
    const stays: number[][] = Array.from({ length: steps }, () => [])
    for (const h of output)
      for (let step = 0; step < steps; step++)
        for (let unit = 0; unit < units; unit++) {
          const before = step === 0 ? 1 : h[(step - 1) * units + unit]
          stays[step].push(h[step * units + unit] - before)
        }
    for (const change of stays) {
      expect([...new Set(change)].sort()).toEqual([0, 1])
      expect(share(change, 0)).toBeCloseTo(0.3, 1)
    }
    expect(stays[0]).not.toEqual(stays[1])
    const last = output.flatMap((h) => h.slice(-units))
    expect(Array.from(c)).not.toEqual(last) // the masks of h and c are not the same
    // The mean over the noise is what it computes in use: 0.7 a step.
    const mean = last.reduce((total, value) => total + value, 0) / last.length
    expect(mean).toBeCloseTo(1 + 0.7 * steps, 0)
    const used = shown({ zoneout: 0.3 }, {})
    for (const h of used.output)
      for (const value of h.slice(-units)) expect(value).toBeCloseTo(1 + 0.7 * steps, 5)
  })

  test('zoneout: h and c have rates of their own; near 1 the state stays to the bit', () => {
    const onlyC = shown({ zoneout: { c: 0.999999 } }, { training }, 0.1)
    expect(Array.from(onlyC.c)).toEqual(Array(batch * units).fill(Math.fround(0.1)))
    for (const h of onlyC.output)
      for (const value of h.slice(-units)) expect(value).toBeCloseTo(steps + 0.1, 5)
    const onlyH = shown({ zoneout: { h: 0.999999 } }, { training }, 0.1)
    for (const h of onlyH.output) expect(h).toEqual(Array(steps * units).fill(Math.fround(0.1)))
    for (const value of onlyH.c) expect(value).toBeCloseTo(steps + 0.1, 5)
  })

  test('outside of training nothing but zoneout does anything', () => {
    const { zoneout: _, ...noise } = everything
    const { inputs, seen, weights, output } = shown(noise, {})
    const plain = shown({})
    expect({ inputs, seen, weights, output }).toEqual({
      ...{ inputs: plain.inputs, seen: plain.seen, weights: plain.weights, output: plain.output },
    })
  })
})

onEveryBackend((engine) => {
  test.each([lstm, gru, elman] as Cell[])('$name with rates of 0 runs fused, with the same bits', (cell) => {
    const parameters = initCell(cell, engine(), 5, 9)
    const zero = { zoneout: { h: 0, c: 0 }, weightDrop: 0, inputDropout: 0, recurrentDropout: 0 }
    engine().scope(() => {
      const x = packedSequences(engine(), [3, 5], 5)
      const plain = runCell(cell, parameters, x).output.data.data
      const given = runCell(cell, parameters, x, undefined, { regularisation: zero, training })
      expect(given.output.data.data).toEqual(plain)
    })
  })

  test('a stream with zoneout gives the bits of the whole sequence', () => {
    const layers = [
      { cell: 'lstm', size: 9 },
      { cell: 'lstmProjection', size: 8, zoneout: { c: 0.5 } },
      { cell: 'gru', size: 5, zoneout: 0 },
    ]
    const stack = new Stack({ engine: engine(), random: new Random(1), inputSize: 4, layers, zoneout: 0.2 })
    const [sequence] = sequencesOf([11], 4)
    const whole = engine().scope(() =>
      stack.forward(packSequences(engine(), [sequence], 4)).output.data.data.slice(),
    )
    const stream = stack.stream()
    for (let step = 0; step < 11; step++)
      expect(stream.push(sequence.slice(4 * step, 4 * step + 4))).toEqual(
        whole.subarray(5 * step, 5 * step + 5),
      )
    stream.end()
  })

  test('sequences cut in time go on with the noise of the whole', () => {
    const parameters = initCell(lstm, engine(), 3, 6)
    const regularisation = { zoneout: 0.4, recurrentDropout: 0.4, inputDropout: 0.4, weightDrop: 0.4 }
    engine().scope(() => {
      const x = packedSequences(engine(), [6, 6], 3)
      const whole = runCell(lstm, parameters, x, undefined, { regularisation, training })
      const part = (begin: number, end: number) => ({
        data: engine().tensor(x.data.data.slice(6 * begin, 6 * end), [2 * (end - begin), 3]),
        layout: PackedLayout.of([end - begin, end - begin]),
      })
      const first = runCell(lstm, parameters, part(0, 2), undefined, { regularisation, training })
      const rest = runCell(lstm, parameters, part(2, 6), first.final, {
        ...{ regularisation, training, firstStep: 2 },
      })
      expect(rest.final.h.data).toEqual(whole.final.h.data)
      expect(rest.final.c.data).toEqual(whole.final.c.data)
    })
  })
})

describe('gradients through segments of time', () => {
  const engine = useEngine({ threads: 1 })

  test.each([
    ['zoneout and variational dropout, to the bit', { ...everything, weightDrop: 0 }, 0],
    ['weight drop, up to rounding', everything, 1e-6],
  ] as const)('see the noise of the whole: %s', (_, noise, tolerance) => {
    const layers = [
      { cell: 'lstm', size: 7 },
      { cell: 'gru', size: 5, zoneout: { h: 0.3 } },
    ]
    const stack = new Stack({ engine: engine(), random: new Random(1), inputSize: 3, layers, ...noise })
    const { layout, data } = packedSequences(engine(), [7, 4, 9, 2], 3)
    const values = data.data.slice()
    const gradients = () => {
      const found = Object.values(stack.parameters()).map(({ gradient }) => Array.from(gradient?.data ?? []))
      zeroGradients(stack.parameters())
      return found
    }
    const x = () => ({ data: engine().tensor(values, [layout.rows, 3]), layout })
    differentiate(engine(), () => sum(square(stack.forward(x(), { training }).output.data)))
    const whole = gradients()
    const segments = timeSegments(layout, 3)
    differentiateThroughTime(engine(), segments.length, (index, states) => {
      const part = segmentOf(x(), segments[index])
      const { output, final } = stack.forward(part, {
        ...{ training, firstStep: segments[index].begin },
        ...(states && { initial: continuing(states, part.layout.batch) }),
      })
      return { final, loss: () => sum(square(output.data)) }
    })
    const inSegments = gradients()
    for (const [k, expected] of whole.entries()) {
      if (tolerance > 0) expectNumbers(inSegments[k], expected, tolerance, `gradient ${k}`)
      else expect(inSegments[k]).toEqual(expected)
    }
    data.dispose()
  })
})

describe('in double precision', () => {
  const engine = useEngine()

  test.each(Object.entries(cells))(
    '%s: the gradients under fixed masks are those of finite differences',
    (_, cell) => {
      const parameters = initCell(cell, engine(), 3, 5)
      const none = { weightDrop: 0, recurrentDropout: 0 } // for cells without recurrent weights
      const noise = cell.stateNames.includes('c') ? everything : withoutCell
      const regularisation = parameters.weight_hh ? noise : { ...noise, ...none }
      const { layout, data } = packedSequences(engine(), [2, 4, 1], 3)
      const start = stateOf(cell, parameters, 3)
      const names = Object.keys(parameters)
      const tensors = [...Object.values(parameters), data, ...cell.stateNames.map((name) => start[name])]
      const error = gradientCheck(
        engine(),
        (...inputs) => {
          const given = Object.fromEntries(names.map((name, k) => [name, inputs[k]]))
          const initial = Object.fromEntries(
            cell.stateNames.map((name, k) => [name, inputs[names.length + 1 + k]]),
          ) as State
          const x = { data: inputs[names.length], layout }
          const options = { regularisation, training }
          const { output, final } = runCell(cell, given, x, initial, options)
          return add(sum(output.data), cell.stateNames.map((name) => sum(final[name])).reduce(add))
        },
        tensors,
      )
      expect(error).toBeLessThan(1e-6)
    },
  )
})

const kinds = (await hasNative()) ? (['native', 'wasm'] as const) : (['wasm'] as const)

describe.each(kinds)('%s', (backend) => {
  const alone = useEngine({ backend, threads: 1 })
  const together = useEngine({ backend, threads: 2 })

  test('one thread and two give the same bits under all noise', () => {
    const found = [alone(), together()].map((engine) => {
      const random = new Random('threads')
      const layers = [
        { cell: 'lstm', size: 61 },
        { cell: 'gru', size: 45, ...withoutCell },
      ]
      const stack = new Stack({ engine, random, inputSize: 33, layers, bidirectional: true, ...everything })
      const results: Record<string, ArrayLike<number>> = {}
      differentiate(engine, () => {
        const x = packedSequences(engine, [9, 17, 12, 8, 17, 3, 5, 11, 16], 33)
        const { output } = stack.forward(x, { training })
        results.output = output.data.data.slice()
        return sum(output.data)
      })
      for (const [name, { gradient }] of Object.entries(stack.parameters()))
        results[name] = gradient?.data.slice() ?? []
      return results
    })
    expect(found[1]).toEqual(found[0])
  })
})

describe('what does not fit', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })
  const stackWith = (options: Regularisation, cell: Cell | string = 'lstm') =>
    new Stack({
      engine: engine(),
      random: new Random(1),
      inputSize: 2,
      layers: [{ cell, size: 3 }],
      ...options,
    })

  test.each([
    [{ weightDrop: 1 }, 'lstm: weightDrop is 1; expected at least 0 and less than 1'],
    [{ zoneout: -0.1 }, 'lstm: zoneout is -0.1; expected at least 0 and less than 1'],
    [{ zoneout: { c: 2 } }, 'lstm: zoneout.c is 2; expected at least 0 and less than 1'],
    [{ inputDropout: Number.NaN }, 'lstm: inputDropout is NaN; expected at least 0 and less than 1'],
  ])('%j is refused when the stack is made', (options, message) => {
    expect(() => stackWith(options)).toThrow(UsageError)
    expect(() => stackWith(options)).toThrow(message)
  })

  test.each([
    [{ zoneout: { c: 0.5 } }, 'gru: zoneout.c is 0.5, but this cell has no state c'],
    [{ zoneout: { cell: 0 } as object }, 'gru: zoneout.cell is 0, but this cell has no state cell'],
    [{ zoneout: { h: 0.1, H: 0.5 } as object }, 'expected rates for h only'],
  ])('%j is refused by a cell without such a state', (options, message) => {
    expect(() => stackWith(options, 'gru')).toThrow(UsageError)
    expect(() => stackWith(options, 'gru')).toThrow(message)
    expect(stackWith({ zoneout: { h: 0.1, c: 0 } }, 'gru').directions).toHaveLength(1)
  })

  test('a projection is refused by a cell that does not project', () => {
    const make = (cell: string) =>
      new Stack({
        engine: engine(),
        random: new Random(1),
        inputSize: 2,
        layers: [{ cell, size: 4, projection: 3 }],
      })
    expect(() => make('gru')).toThrow('gru: projection is 3, but this cell does not project its h of 4 units')
    expect(make('lstmProjection').directions).toHaveLength(1)
  })

  test('masks on recurrent weights are refused by a cell that has none', () => {
    const plain: Cell = {
      ...elman,
      name: 'plain',
      init: (...given) => {
        const { weight_hh: _, ...others } = elman.init(...given)
        return others
      },
      zeroState: ({ bias_ih }, batch) => ({ h: bias_ih.engine.zeros([batch, bias_ih.size]) }),
    } as Cell
    for (const option of ['weightDrop', 'recurrentDropout'])
      expect(() => stackWith({ [option]: 0.2 }, plain)).toThrow(
        `plain: ${option} is 0.2, but this cell has no recurrent matrix weight_hh; expected 0`,
      )
    expect(stackWith({ zoneout: 0.2, inputDropout: 0.2 }, plain).directions).toHaveLength(1)
  })
})
