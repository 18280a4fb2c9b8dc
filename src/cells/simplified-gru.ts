import { add, linear, multiply, oneMinus, sigmoid, split, tanh } from '../tensor/index.js'
import type { Cell } from './cell.js'
import type { HiddenState } from './elman.js'
import { recurrentParameters, zeroState } from './parameters.js'

const gateNames = ['u', 'n'] as const

/**
 * The GRU without its reset gate, as lectures introduce it; its state h is what they call c.
 *
 *     u = σ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)           update gate: how much is replaced
 *     n = tanh(…)                                            the candidate, c~, with rows of its own
 *     h_t = u ⊙ n + (1 - u) ⊙ h_{t-1}
 *
 * Here u is the part that is *new*, as in those lectures; the z of `gru` is the part that is kept.
 * Shapes: x [batch, I], h [batch, H], weight_ih [2H, I], weight_hh [2H, H], biases [2H], gate order u n.
 * Source: Ng (2018), "Sequence models", lecture on gated recurrent units, after Cho et al. (2014).
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'simplifiedGru', size: 32 }] })
 * ```
 */
export const simplifiedGru: Cell<HiddenState> = {
  name: 'simplifiedGru',
  gates: gateNames,
  squashing: { u: 'sigmoid', n: 'tanh' },
  stateNames: ['h'],
  init: (inputSize, hiddenSize, options) =>
    recurrentParameters(gateNames.length, inputSize, hiddenSize, options),
  zeroState: (parameters, batch) => zeroState(simplifiedGru, parameters, batch),
  step({ weight_ih, weight_hh, bias_ih, bias_hh }, x, { h }, seen = h) {
    const sums = add(linear(x, weight_ih, bias_ih), linear(seen, weight_hh, bias_hh))
    const [uSum, nSum] = split(sums, 2, 1)
    const [u, n] = [sigmoid(uSum), tanh(nSum)]
    return { h: add(multiply(u, n), multiply(oneMinus(u), h)), u, n }
  },
}
