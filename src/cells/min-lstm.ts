import { add, linear, logSigmoid, multiply, sigmoid, split, subtract } from '../tensor/index.js'
import type { Cell } from './cell.js'
import type { HiddenState } from './elman.js'
import { inputParameters } from './parameters.js'
import { scanSequence, zeroHidden } from './scan.js'

const gateNames = ['f', 'i', 'n'] as const
const forgetGate = gateNames.indexOf('f')

/**
 * Minimal long short-term memory: gates and candidate see x alone, as in `minGru`, and the two gates share the state between old and
 * new, so that its size does not depend on how long it has been running.
 *
 *     f, i = σ(W_ih x_t + b_ih)                               forget and input gate, each with its own rows
 *     n = W_in x_t + b_in                                     the candidate, without tanh
 *     h_t = f / (f + i) ⊙ h_{t-1} + i / (f + i) ⊙ n
 *
 * The shares are computed as σ(log f - log i) and σ(log i - log f), which is the same and never 0 / 0.
 * Shapes: x [batch, I], h [batch, H], weight_ih [3H, I], bias_ih [3H], gate order f i n. There is no `weight_hh`, and one bias whether
 * `bias` is `true` or `'single'`.
 * Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi (2024), "Were RNNs all we needed?".
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'minLstm', size: 32 }] })
 * ```
 */
export const minLstm: Cell<HiddenState> = {
  name: 'minLstm',
  gates: gateNames,
  squashing: { f: 'sigmoid', i: 'sigmoid', n: 'unbounded' },
  stateNames: ['h'],
  init: (inputSize, hiddenSize, options) =>
    inputParameters(gateNames.length, inputSize, hiddenSize, options, forgetGate),
  zeroState: (parameters, batch) => zeroHidden(parameters, gateNames.length, batch),
  step({ weight_ih, bias_ih }, x, { h }) {
    const [fSum, iSum, n] = split(linear(x, weight_ih, bias_ih), 3, 1)
    const [logF, logI] = [logSigmoid(fSum), logSigmoid(iSum)]
    const kept = multiply(sigmoid(subtract(logF, logI)), h)
    const written = multiply(sigmoid(subtract(logI, logF)), n)
    return { h: add(kept, written), f: sigmoid(fSum), i: sigmoid(iSum), n }
  },
  sequence: scanSequence({
    name: 'minLstm',
    gates: gateNames.length,
    keepsShares: true,
    forward: (engine, fields, work) => engine.run('minLstmForward', fields, work),
    backward: (engine, fields, work) => engine.run('minLstmBackward', fields, work),
    prepare: (engine, fields, work) => engine.prepare('minLstmForward', fields, work),
  }),
}
