import { add, linear, multiply, oneMinus, sigmoid, split, tanh } from '../tensor/index.js'
import type { Cell, SequenceOperation } from './cell.js'
import type { LstmState } from './lstm-sequence.js'
import { lstmSequence } from './lstm-sequence.js'
import { recurrentParameters, zeroState } from './parameters.js'

const gateNames = ['i', 'g', 'o'] as const

const sequence: SequenceOperation<LstmState> = lstmSequence({
  name: 'cifg',
  gates: gateNames.length,
  forward: ({ engine }, fields, work) => engine.run('cifgForward', fields, work),
  backward: ({ engine }, fields, work) => engine.run('cifgBackward', fields, work),
  prepare: ({ weight_hh }, fields, work) => weight_hh.engine.prepare('cifgForward', fields, work),
})

/**
 * LSTM with coupled input and forget gate: what is written makes room for itself, f = 1 - i, so that c stays between -1 and 1.
 *
 *     i, o = σ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)        input and output gate, each with its own rows
 *     g = tanh(…)                                            the candidate
 *     c_t = (1 - i) ⊙ c_{t-1} + i ⊙ g
 *     h_t = o ⊙ tanh(c_t)
 *
 * Shapes: x [batch, I], h and c [batch, H], weight_ih [3H, I], weight_hh [3H, H], biases [3H], gate order i g o.
 * Source: Greff et al. (2015), "LSTM: a search space odyssey".
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'cifg', size: 32 }] })
 * ```
 */
export const cifg: Cell<LstmState> = {
  name: 'cifg',
  gates: gateNames,
  squashing: { i: 'sigmoid', g: 'tanh', o: 'sigmoid' },
  stateNames: ['h', 'c'],
  init: (inputSize, hiddenSize, options) =>
    recurrentParameters(gateNames.length, inputSize, hiddenSize, options),
  zeroState: (parameters, batch) => zeroState(cifg, parameters, batch),
  step({ weight_ih, weight_hh, bias_ih, bias_hh }, x, { h, c: before }, seen = h) {
    const sums = add(linear(x, weight_ih, bias_ih), linear(seen, weight_hh, bias_hh))
    const [iSum, gSum, oSum] = split(sums, 3, 1)
    const [i, g, o] = [sigmoid(iSum), tanh(gSum), sigmoid(oSum)]
    const c = add(multiply(oneMinus(i), before), multiply(i, g))
    return { h: multiply(o, tanh(c)), c, i, g, o }
  },
  sequence,
}
