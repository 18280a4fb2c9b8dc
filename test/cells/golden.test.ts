import { describe, expect, test } from 'vitest'
import type { Parameters } from '../../src/cells/index.js'
import {
  cells,
  cifg,
  elman,
  elmanRelu,
  gru,
  gruResetBefore,
  lstm,
  peephole,
  runCell,
  simplifiedGru,
  unroll,
} from '../../src/cells/index.js'
import { parameterCount } from '../../src/models/index.js'
import type { Engine, Tensor } from '../../src/tensor/index.js'
import { packSequences } from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { initCell } from './running.js'

// One unit with x = 1, h = 0.5, c = 0.8 and a triple (w_x, w_h, b) per gate, worked out by hand.
const gates = {
  u: [0.3, 0.7, 0.1],
  r: [-0.4, 0.2, 0.05],
  n: [0.9, -0.6, -0.1],
  i: [0.3, 0.7, 0.1],
  f: [0.5, -0.2, 1],
  o: [-0.3, 0.4, 0.2],
}

onEveryBackend((engine) => {
  test.each([
    ['step', unroll],
    ['fused', runCell],
  ] as const)('one unit gives the numbers worked out by hand (%s)', (_, run) => {
    const one = (cell: (typeof cells)[string], parameters: Parameters, c?: number) => {
      const start = { h: engine().tensor([[0.5]]), ...(c && { c: engine().tensor([[c]]) }) }
      const { final } = run(cell, parameters, packSequences(engine(), [[1]], 1), start)
      return Object.fromEntries(Object.entries(final).map(([name, tensor]) => [name, tensor.item()]))
    }
    engine().scope(() => {
      expect(one(elman, oneUnit(engine(), ['n'])).h).toBeCloseTo(0.462117, 6)
      expect(one(elmanRelu, oneUnit(engine(), ['n'])).h).toBeCloseTo(0.5, 6)
      const state = one(lstm, oneUnit(engine(), ['i', 'f', 'n', 'o']), 0.8)
      expect(state.c).toBeCloseTo(0.955607, 6)
      expect(state.h).toBeCloseTo(0.389698, 6)
      expect(one(simplifiedGru, oneUnit(engine(), ['u', 'n'])).h).toBeCloseTo(0.474271, 6)
      // The forget gate of the LSTM above, f = 0.802184, is 1 - i when i has its weights with the other sign.
      const coupled = withOtherSign(oneUnit(engine(), ['f', 'n', 'o']), 0)
      expect(one(cifg, coupled, 0.8).c).toBeCloseTo(0.733161, 6)
      // Reset before the product: n = 0.584093. With the literature's sign h = u n + (1 - u) h; ours keeps z = 1 - u.
      const before = oneUnit(engine(), ['r', 'u', 'n'])
      expect(one(gruResetBefore, before).h).toBeCloseTo(0.526979, 6)
      expect(one(gruResetBefore, withOtherSign(before, 1)).h).toBeCloseTo(0.557114, 6)
      const looking = { ...oneUnit(engine(), ['i', 'f', 'n', 'o']), ...peepholesOf(engine(), 0.2) }
      const seeing = one(peephole, looking, 0.8)
      expect(seeing.c).toBeCloseTo(0.990572, 6)
      expect(seeing.h).toBeCloseTo(0.434852, 6) // the output gate sees the new c
      // Reset after the product, b_hn = 0.3, and z keeps: h = (1 - z) n + z h with n = 0.664037.
      expect(one(gru, oneUnit(engine(), ['r', 'u', 'n'], [0, 0, 0.3])).h).toBeCloseTo(0.552626, 6)
    })
  })

  test("the gates are kept on request: LSTM's i f g o", () => {
    engine().scope(() => {
      const start = { h: engine().tensor([[0.5]]), c: engine().tensor([[0.8]]) }
      const x = packSequences(engine(), [[1]], 1)
      const { kept } = runCell(lstm, oneUnit(engine(), ['i', 'f', 'n', 'o']), x, start, { keep: true })
      for (const [k, expected] of [0.679179, 0.802184, 0.462117, 0.524979].entries())
        expect(kept.gates.data[k]).toBeCloseTo(expected, 6)
      expect(kept.cells.item()).toBeCloseTo(0.955607, 6)
    })
  })
})

describe('the number of parameters for 100 inputs and 10 units', () => {
  const engine = useEngine()

  test.each([
    ['elman', 1120, 1110, 1100],
    ['elmanRelu', 1120, 1110, 1100],
    ['irnn', 1120, 1110, 1100],
    ['layerNormElman', 1140, 1130, 1120],
    ['simplifiedGru', 2240, 2220, 2200],
    ['gru', 3360, 3330, 3300],
    ['gruResetBefore', 3360, 3330, 3300],
    ['lstm', 4480, 4440, 4400],
    ['cifg', 3360, 3330, 3300],
    ['lstmProjection', 4330, 4290, 4250],
    ['peephole', 4510, 4470, 4430],
    ['layerNormLstm', 4580, 4540, 4490],
    ['layerNormGru', 3420, 3390, 3360],
    ['minGru', 2020, 2020, 2000],
    ['minLstm', 3030, 3030, 3000],
  ])('%s: %i with two biases, %i with one, %i with none', (name, two, single, none) => {
    const count = (bias: boolean | 'single') =>
      parameterCount({ parameters: () => ({ ...initCell(cells[name], engine(), 100, 10, bias) }) })
    expect([count(true), count('single'), count(false)]).toEqual([two, single, none])
  })
})

function peepholesOf(engine: Engine, weight: number): Parameters {
  const make = (gate: string) => [`peephole_${gate}`, engine.tensor([weight])] as const
  return Object.fromEntries(['i', 'f', 'o'].map(make))
}

function oneUnit(engine: Engine, names: readonly (keyof typeof gates)[], hiddenBias?: number[]): Parameters {
  const column = (k: number) => names.map((name) => [gates[name][k]])
  return {
    weight_ih: engine.tensor(column(0)),
    weight_hh: engine.tensor(column(1)),
    bias_ih: engine.tensor(column(2).flat()),
    ...(hiddenBias && { bias_hh: engine.tensor(hiddenBias) }),
  }
}

// σ(-a) = 1 - σ(a): one unit whose gate of a row has its sign turned.
function withOtherSign({ weight_ih, weight_hh, bias_ih }: Parameters, gate: number): Parameters {
  const turned = (tensor: Tensor) =>
    tensor.engine.tensor(
      Array.from(tensor.data, (value, row) => (row === gate ? -value : value)),
      tensor.shape,
    )
  return { weight_ih: turned(weight_ih), weight_hh: turned(weight_hh), bias_ih: turned(bias_ih) }
}
