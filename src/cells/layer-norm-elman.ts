import { add, layerNorm, linear, tanh } from '../tensor/index.js'
import type { Cell } from './cell.js'
import type { HiddenState } from './elman.js'
import { normalisationGains, recurrentParameters, zeroState } from './parameters.js'

/**
 * Elman's network with layer normalisation. The products with x and with h are normalised apart, each with its own gain, as in the
 * paper's supplement:
 *
 *     h_t = tanh( LN(W_ih x_t; gain_ih, bias_ih) + LN(W_hh h_{t-1}; gain_hh, bias_hh) )
 *     LN(a; α, β) = α ⊙ (a - mean a) / √(variance a + 10⁻⁵) + β
 *
 * The paper's α1, β1, α2, β2 and b: the three shifts only ever occur as their sum, so bias_ih stands for β1 + b and bias_hh for β2.
 * Shapes: x [batch, I], h [batch, H], weight_ih [H, I], weight_hh [H, H], gains and biases [H].
 * Source: Ba, Kiros and Hinton (2016), "Layer normalization".
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'layerNormElman', size: 32 }] })
 * ```
 */
export const layerNormElman: Cell<HiddenState> = {
  name: 'layerNormElman',
  gates: ['h'],
  squashing: { h: 'tanh' },
  stateNames: ['h'],
  init: (inputSize, hiddenSize, options) => ({
    ...recurrentParameters(1, inputSize, hiddenSize, options),
    ...normalisationGains(hiddenSize, options),
  }),
  zeroState: (parameters, batch) => zeroState(layerNormElman, parameters, batch),
  step({ weight_ih, weight_hh, gain_ih, gain_hh, bias_ih, bias_hh }, x, { h }, seen = h) {
    const fromInput = layerNorm(linear(x, weight_ih), gain_ih, bias_ih)
    const fromState = layerNorm(linear(seen, weight_hh), gain_hh, bias_hh)
    return { h: tanh(add(fromInput, fromState)) }
  },
}
