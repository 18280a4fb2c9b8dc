import { add, linear, multiply, sigmoid, split, tanh } from '../tensor/index.js'
import type { Cell, SequenceOperation } from './cell.js'
import type { LstmState } from './lstm-sequence.js'
import { lstmSequence } from './lstm-sequence.js'
import { recurrentParameters, zeroState } from './parameters.js'

const gateNames = ['i', 'f', 'g', 'o'] as const
const forgetGate = gateNames.indexOf('f')

const sequence: SequenceOperation<LstmState> = lstmSequence({
  name: 'lstm',
  gates: gateNames.length,
  forward: ({ engine }, fields, work) => engine.run('lstmForward', fields, work),
  backward: ({ engine }, fields, work) => engine.run('lstmBackward', fields, work),
  prepare: ({ weight_hh }, fields, work) => weight_hh.engine.prepare('lstmForward', fields, work),
})

/**
 * Long short-term memory with a forget gate, PyTorch's `nn.LSTM`:
 *
 *     i, f, o = σ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)     input, forget and output gate, each with its own rows
 *     g = tanh(…)                                            the candidate
 *     c_t = f ⊙ c_{t-1} + i ⊙ g
 *     h_t = o ⊙ tanh(c_t)
 *
 * Shapes: x [batch, I], h and c [batch, H], weight_ih [4H, I], weight_hh [4H, H], biases [4H], gate order i f g o.
 * Source: Gers, Schmidhuber and Cummins (2000), "Learning to forget".
 */
export const lstm: Cell<LstmState> = {
  name: 'lstm',
  gates: gateNames,
  squashing: { i: 'sigmoid', f: 'sigmoid', g: 'tanh', o: 'sigmoid' },
  stateNames: ['h', 'c'],
  init: (inputSize, hiddenSize, options) =>
    recurrentParameters(gateNames.length, inputSize, hiddenSize, options, forgetGate),
  zeroState: (parameters, batch) => zeroState(lstm, parameters, batch),
  step({ weight_ih, weight_hh, bias_ih, bias_hh }, x, { h, c: before }, seen = h) {
    const [i, f, g, o] = split(add(linear(x, weight_ih, bias_ih), linear(seen, weight_hh, bias_hh)), 4, 1)
    const c = add(multiply(sigmoid(f), before), multiply(sigmoid(i), tanh(g)))
    return { h: multiply(sigmoid(o), tanh(c)), c }
  },
  sequence,
}
