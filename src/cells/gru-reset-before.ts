import type { Tensor } from '../tensor/index.js'
import { add, linear, multiply, oneMinus, sigmoid, slice, split, tanh } from '../tensor/index.js'
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
  stateNames: ['h'],
  init: (inputSize, hiddenSize, options) =>
    recurrentParameters(gateNames.length, inputSize, hiddenSize, options),
  zeroState: (parameters, batch) => zeroState(gruResetBefore, parameters, batch),
  step({ weight_ih, weight_hh, bias_ih, bias_hh }, x, { h }, seen = h) {
    const H = h.shape[1]
    const rows = (tensor: Tensor, begin: number, end: number) => slice(tensor, 0, begin * H, end * H)
    const biased = (begin: number, end: number) => bias_hh && rows(bias_hh, begin, end)
    const [rx, zx, nx] = split(linear(x, weight_ih, bias_ih), 3, 1)
    const [rh, zh] = split(linear(seen, rows(weight_hh, 0, 2), biased(0, 2)), 2, 1)
    const [r, z] = [sigmoid(add(rx, rh)), sigmoid(add(zx, zh))]
    const n = tanh(add(nx, linear(multiply(r, seen), rows(weight_hh, 2, 3), biased(2, 3))))
    return { h: add(multiply(oneMinus(z), n), multiply(z, h)), r, z, n }
  },
}
