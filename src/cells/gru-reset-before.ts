import { add, linear, multiply, oneMinus, sigmoid, split, tanh } from '../tensor/index.js'
import type { Cell } from './cell.js'
import type { HiddenState } from './elman.js'
import { recurrentParameters, zeroState } from './parameters.js'

const gateNames = ['r', 'z', 'n'] as const

/**
 * Gated recurrent unit of the first paper: the reset gate works *before* the product with W_hn. Weights trained with `gru`, where it
 * works after it, do not fit.
 *
 *     r, z = σ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)        reset and update gate, each with its own rows
 *     n = tanh(W_in x_t + b_in + W_hn (r ⊙ h_{t-1}) + b_hn)
 *     h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}                        PyTorch's sign: z is the part that is kept
 *
 * Shapes: x [batch, I], h [batch, H], weight_ih [3H, I], weight_hh [3H, H], biases [3H], gate order r z n.
 * Source: Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder".
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'gruResetBefore', size: 32 }] })
 * ```
 */
export const gruResetBefore: Cell<HiddenState> = {
  name: 'gruResetBefore',
  gates: gateNames,
  squashing: { r: 'sigmoid', z: 'sigmoid', n: 'tanh' },
  stateNames: ['h'],
  init: (inputSize, hiddenSize, options) =>
    recurrentParameters(gateNames.length, inputSize, hiddenSize, options),
  zeroState: (parameters, batch) => zeroState(gruResetBefore, parameters, batch),
  step({ weight_ih, weight_hh, bias_ih, bias_hh }, x, { h }, seen = h) {
    // Two products with all of weight_hh, of which each gives away a part: cutting the matrix at every step would take longer.
    const [rx, zx, nx] = split(linear(x, weight_ih, bias_ih), 3, 1)
    const [rh, zh] = split(linear(seen, weight_hh, bias_hh), 3, 1)
    const [r, z] = [sigmoid(add(rx, rh)), sigmoid(add(zx, zh))]
    const [, , nh] = split(linear(multiply(r, seen), weight_hh, bias_hh), 3, 1)
    const n = tanh(add(nx, nh))
    return { h: add(multiply(oneMinus(z), n), multiply(z, h)), r, z, n }
  },
}
