import { relu } from '../tensor/index.js'
import type { Cell, CellOptions, Parameters } from './cell.js'
import type { HiddenState } from './elman.js'
import { elmanCell } from './elman.js'
import { recurrentParameters } from './parameters.js'

/**
 * Elman's network with rectified units that starts as a perfect memory: the recurrent matrix is the identity and the biases are zero,
 * so that an untrained unit keeps its value for ever and adds what comes in.
 *
 *     h_t = max(0, W_ih x_t + b_ih + W_hh h_{t-1} + b_hh),   W_hh = 1 and b = 0 before training
 *
 * It differs from `elmanRelu` in its start alone. The option `initialization` decides about W_ih.
 * Shapes: x [batch, I], h [batch, H], weight_ih [H, I], weight_hh [H, H], biases [H].
 * Source: Le, Jaitly and Hinton (2015), "A simple way to initialize recurrent networks of rectified linear units".
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'irnn', size: 32 }] })
 * ```
 */
export const irnn: Cell<HiddenState> = { ...elmanCell('irnn', 1, relu), init: identityParameters }

function identityParameters(inputSize: number, hiddenSize: number, options: CellOptions): Parameters {
  const parameters = recurrentParameters(1, inputSize, hiddenSize, options)
  const { weight_hh, bias_ih, bias_hh } = parameters
  weight_hh.set(Float64Array.from({ length: weight_hh.size }, (_, k) => (k % (hiddenSize + 1) === 0 ? 1 : 0)))
  for (const bias of [bias_ih, bias_hh]) bias?.set(new Float64Array(hiddenSize))
  return parameters
}
