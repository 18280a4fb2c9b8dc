import { afterAll, describe, expect, it } from 'vitest'
import type { InstructionSet, KernelOptions } from '../../src/kernels/kernels.js'
import { openKernels } from '../../src/kernels/kernels.js'
import { describeMachine, nodePlatform } from '../../src/kernels/node.js'
import { Engine, exp, log, logSigmoid, sigmoid, type Tensor, tanh } from '../../src/tensor/index.js'

const sets = describeMachine().instructionSets as InstructionSet[]
const backends: [string, KernelOptions][] = [
  ...sets.map((instructionSet): [string, KernelOptions] => [`native ${instructionSet}`, { instructionSet }]),
  ['wasm simd', { backend: 'wasm', threads: 1 }],
  ['wasm float64', { real: 'float64' }],
]

// JavaScript's own functions are good to about an ulp of a double: an oracle for single precision.
const functions: [string, (x: Tensor) => Tensor, (x: number) => number, number, number][] = [
  ['tanh', tanh, Math.tanh, -12, 12],
  ['sigmoid', sigmoid, (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))), -85, 85],
  ['exp', exp, Math.exp, -85, 88],
  ['log', log, Math.log, 1e-30, 50],
  ['logSigmoid', logSigmoid, (x) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))), -200, 85],
]

/** The gap between neighbouring single-precision numbers at x. */
function ulp32(x: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), -126)
  return 2 ** (exponent - 23)
}

function samples(low: number, high: number): Float32Array {
  const count = 200_003
  const values = Float32Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1))
  const small = Float32Array.from(
    { length: 401 },
    (_, i) => (low < 0 ? (i % 2 ? -1 : 1) : 1) * 10 ** (-i / 12),
  )
  return Float32Array.from([...values, ...small].filter((x) => x >= low && x <= high))
}

describe.each(backends)('%s', async (_, options) => {
  const engine = new Engine(await openKernels(nodePlatform(), options))
  afterAll(() => engine.dispose())

  it.each(functions)('%s is within 4 ulp', (_, operation, oracle, low, high) => {
    const xs = samples(low, high)
    const worst = engine.scope(() => {
      const ys = operation(engine.tensor(xs)).data
      let worst = 0
      for (let i = 0; i < xs.length; i++) {
        const expected = oracle(xs[i])
        const unit = engine.real === 'float32' ? ulp32(expected) : ulp32(expected) * 2 ** -29
        // Near its zero a logarithm is as good as its argument allows: measured against the gap at 1.
        const near0 = operation === log || operation === logSigmoid
        const gap = near0 ? Math.max(unit, engine.real === 'float32' ? 2 ** -24 : 2 ** -53) : unit
        worst = Math.max(worst, Math.abs(ys[i] - expected) / gap)
      }
      return worst
    })
    expect(worst).toBeLessThan(4)
  })

  it('lets NaN and infinities through honestly', () => {
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0]
    engine.scope(() => {
      const x = engine.tensor(special)
      expect([...tanh(x).data]).toEqual([Number.NaN, 1, -1, 0, -0])
      expect([...sigmoid(x).data]).toEqual([Number.NaN, 1, 0, 0.5, 0.5])
      expect([...exp(x).data]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 0, 1, 1])
      expect([...log(x).data]).toEqual([
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NaN,
        Number.NEGATIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
      ])
      expect([...exp(engine.tensor([89, -104, -87.5])).data].map((y) => y === 0 || y > 1e38)).toEqual(
        engine.real === 'float32' ? [true, true, false] : [true, false, false],
      )
    })
  })
})
