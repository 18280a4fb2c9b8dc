import { add, linear, multiply, oneMinus, record, sigmoid, split, tanh } from '../tensor/index.js'
import type { Cell, Parameters, SequenceOperation } from './cell.js'
import type { HiddenState } from './elman.js'
import {
  beginSequence,
  initialGradients,
  lastRows,
  stateGradient,
  stateGradients,
  sumGradients,
} from './fused.js'
import { packedWeights } from './packed-weights.js'
import { recurrentParameters, zeroState } from './parameters.js'
import { fusedStepper } from './stepper.js'

const gateNames = ['r', 'z', 'n'] as const

const sequence: SequenceOperation<HiddenState> = {
  run(parameters, x, initial, keep = false) {
    const call = beginSequence('gru', gateNames.length, parameters, x, initial, keep)
    const { engine, y, inputSize, hiddenSize, work } = call
    const gates = engine.empty([call.gateRows, 3 * hiddenSize])
    const hiddenNew = call.keep ? engine.empty(y.shape) : undefined
    const h0 = () => initial?.h.place ?? 0
    const kept = () => ({ y: y.place, gates: gates.place, hiddenNew: hiddenNew?.place ?? 0 })
    const from = { inputSize, x: x.data.place, h0: h0(), keep: call.keep ? 1 : 0 }
    engine.run('gruForward', { ...call.shape(), ...from, ...kept(), ...weightFields(parameters) }, work)
    const h = lastRows(call)
    const traced = stateGradients(call, ['h'])
    record(engine, [y, h], call.inputs, () => {
      const hiddenGates = engine.empty(gates.shape)
      const dh = stateGradient(h)
      const gradients = {
        hiddenGates: hiddenGates.place,
        dy: y.gradient?.place ?? 0,
        dh: dh.place,
        dhs: traced.h?.place ?? 0,
      }
      const packedHhBackward = engine.packed(parameters.weight_hh, false)
      engine.run(
        'gruBackward',
        { ...call.shape(), h0: h0(), ...kept(), ...gradients, packedHhBackward },
        work,
      )
      initialGradients(initial, { h: dh })
      sumGradients(call, gates, hiddenGates)
    })
    return {
      output: { data: y, layout: x.layout },
      final: { h },
      kept: hiddenNew ? { gates, hiddenNew } : {},
      ...(call.keepGradients && { gradients: () => traced }),
    }
  },
  stepper(parameters, input) {
    const { engine, shape } = parameters.weight_hh
    const gates = engine.persistent([1, shape[0]])
    const places = { gates: gates.place, hiddenNew: 0, keep: 0 }
    return fusedStepper({
      parameters,
      hiddenSize: parameters.weight_hh.shape[1],
      input,
      others: {},
      work: [gates],
      weights: () => weightFields(parameters),
      prepare: (fields, weights, work) =>
        engine.prepare('gruForward', { ...fields, ...places, ...weights }, work),
    })
  },
}

/**
 * Gated recurrent unit in PyTorch's convention, `nn.GRU`: the reset gate works after the product, and z is the part that is kept.
 *
 *     r, z = σ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)        reset and update gate, each with its own rows
 *     n = tanh(W_in x_t + b_in + r ⊙ (W_hn h_{t-1} + b_hn))
 *     h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}
 *
 * Shapes: x [batch, I], h [batch, H], weight_ih [3H, I], weight_hh [3H, H], biases [3H], gate order r z n. With a single bias b_hn is 0.
 * Source: Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder", with the reset of cuDNN.
 */
export const gru: Cell<HiddenState> = {
  name: 'gru',
  gates: gateNames,
  squashing: { r: 'sigmoid', z: 'sigmoid', n: 'tanh' },
  stateNames: ['h'],
  init: (inputSize, hiddenSize, options) =>
    recurrentParameters(gateNames.length, inputSize, hiddenSize, options),
  zeroState: (parameters, batch) => zeroState(gru, parameters, batch),
  step({ weight_ih, weight_hh, bias_ih, bias_hh }, x, { h }, seen = h) {
    const [rx, zx, nx] = split(linear(x, weight_ih, bias_ih), 3, 1)
    const [rh, zh, nh] = split(linear(seen, weight_hh, bias_hh), 3, 1)
    const r = sigmoid(add(rx, rh))
    const z = sigmoid(add(zx, zh))
    const n = tanh(add(nx, multiply(r, nh)))
    return { h: add(multiply(oneMinus(z), n), multiply(z, h)) }
  },
  sequence,
}

function weightFields(parameters: Parameters) {
  return packedWeights(parameters, gateNames.length, true)
}
