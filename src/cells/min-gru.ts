import { add, linear, multiply, oneMinus, sigmoid, split } from '../tensor/index.js'
import type { Cell } from './cell.js'
import type { HiddenState } from './elman.js'
import { inputParameters } from './parameters.js'
import { scanSequence, zeroHidden } from './scan.js'

const gateNames = ['z', 'n'] as const

/**
 * Minimal gated recurrent unit: gate and candidate see x alone, so that all of them are known before the first step and training
 * needs no product between one step and the next. Fast on long sequences; a single layer cannot make a gate depend on the past.
 *
 *     z = σ(W_iz x_t + b_iz)               how much of the state is replaced: here z = 1 takes the new value
 *     n = W_in x_t + b_in                  the candidate, without tanh
 *     h_t = (1 - z) ⊙ h_{t-1} + z ⊙ n
 *
 * Shapes: x [batch, I], h [batch, H], weight_ih [2H, I], bias_ih [2H], gate order z n. There is no `weight_hh`, and one bias whether
 * `bias` is `true` or `'single'`.
 * Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi (2024), "Were RNNs all we needed?".
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'minGru', size: 32 }] })
 * ```
 */
export const minGru: Cell<HiddenState> = {
  name: 'minGru',
  gates: gateNames,
  squashing: { z: 'sigmoid', n: 'unbounded' },
  stateNames: ['h'],
  init: (inputSize, hiddenSize, options) => inputParameters(gateNames.length, inputSize, hiddenSize, options),
  zeroState: (parameters, batch) => zeroHidden(parameters, gateNames.length, batch),
  step({ weight_ih, bias_ih }, x, { h }) {
    const [zSum, n] = split(linear(x, weight_ih, bias_ih), 2, 1)
    const z = sigmoid(zSum)
    return { h: add(multiply(oneMinus(z), h), multiply(z, n)), z, n }
  },
  sequence: scanSequence({
    name: 'minGru',
    gates: gateNames.length,
    keepsShares: false,
    forward: (engine, fields, work) => engine.run('minGruForward', fields, work),
    backward: (engine, fields, work) => engine.run('minGruBackward', fields, work),
    prepare: (engine, fields, work) => engine.prepare('minGruForward', fields, work),
  }),
}
