import { UsageError } from '../errors.js'
import { glorotBound, uniformValues } from '../random/initialization.js'
import { add, linear, multiply, sigmoid, split, tanh } from '../tensor/index.js'
import type { Cell, CellOptions, Parameters } from './cell.js'
import type { LstmState } from './lstm-sequence.js'
import { recurrentParameters } from './parameters.js'

const gateNames = ['i', 'f', 'g', 'o'] as const
const forgetGate = gateNames.indexOf('f')

/**
 * LSTM whose output is narrower than its cell, PyTorch's `nn.LSTM(…, proj_size=P)`: many cells remember, few numbers are passed on,
 * and the recurrent matrix shrinks from 4H × H to 4H × P.
 *
 *     i, f, o = σ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)     as in `lstm`, with h of P numbers
 *     g = tanh(…)
 *     c_t = f ⊙ c_{t-1} + i ⊙ g                              H numbers
 *     h_t = W_hr (o ⊙ tanh(c_t))                             P numbers
 *
 * P is the option `projection`, half of H by default.
 * Shapes: x [batch, I], h [batch, P], c [batch, H], weight_ih [4H, I], weight_hh [4H, P], weight_hr [P, H], biases [4H], gate order
 * i f g o. Throws a `UsageError` unless P is a whole number from 1 to H.
 * Source: Sak, Senior and Beaufays (2014), "Long short-term memory recurrent neural network architectures for large scale acoustic
 * modeling".
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'lstmProjection', size: 64, projection: 16 }] })
 * ```
 */
export const lstmProjection: Cell<LstmState> = {
  name: 'lstmProjection',
  gates: gateNames,
  squashing: { i: 'sigmoid', f: 'sigmoid', g: 'tanh', o: 'sigmoid' },
  stateNames: ['h', 'c'],
  init(inputSize, hiddenSize, options) {
    const { projection = Math.ceil(hiddenSize / 2) } = options
    if (!Number.isInteger(projection) || projection < 1 || projection > hiddenSize)
      throw new UsageError(
        `projection: expected a whole number from 1 to hiddenSize ${hiddenSize}, found ${projection}`,
      )
    const usual = recurrentParameters(4, inputSize, hiddenSize, options, forgetGate, projection)
    return { ...usual, weight_hr: projectionWeight(projection, hiddenSize, options) }
  },
  zeroState({ weight_hr }, batch) {
    const [projection, hiddenSize] = weight_hr.shape
    const { engine } = weight_hr
    return { h: engine.zeros([batch, projection]), c: engine.zeros([batch, hiddenSize]) }
  },
  step({ weight_ih, weight_hh, weight_hr, bias_ih, bias_hh }: Parameters, x, { h, c: before }, seen = h) {
    const sums = add(linear(x, weight_ih, bias_ih), linear(seen, weight_hh, bias_hh))
    const [iSum, fSum, gSum, oSum] = split(sums, 4, 1)
    const [i, f, g, o] = [sigmoid(iSum), sigmoid(fSum), tanh(gSum), sigmoid(oSum)]
    const c = add(multiply(f, before), multiply(i, g))
    return { h: linear(multiply(o, tanh(c)), weight_hr), c, i, f, g, o }
  },
}

function projectionWeight(projection: number, hiddenSize: number, options: CellOptions) {
  const { engine, random, initialization = 'pytorch' } = options
  const weight = engine.parameter([projection, hiddenSize])
  const bound = initialization === 'pytorch' ? 1 / Math.sqrt(hiddenSize) : glorotBound(hiddenSize, projection)
  weight.set(uniformValues(weight.size, bound, random.split('weight_hr')))
  return weight
}
