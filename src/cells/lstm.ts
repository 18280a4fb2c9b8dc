import type { Tensor } from '../tensor/index.js'
import { add, linear, multiply, record, sigmoid, split, tanh } from '../tensor/index.js'
import type { Cell, Parameters, SequenceOperation } from './cell.js'
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

/** The output h and the cell c of an LSTM, each [batch, hiddenSize]. */
export type LstmState = Readonly<{ h: Tensor; c: Tensor }>

const gateNames = ['i', 'f', 'g', 'o'] as const
const forgetGate = gateNames.indexOf('f')

const sequence: SequenceOperation<LstmState> = {
  run(parameters, x, initial, keep = false) {
    const call = beginSequence('lstm', gateNames.length, parameters, x, initial, keep)
    const { engine, y, inputSize, hiddenSize, work } = call
    const { batch, rows } = x.layout
    const gates = engine.empty([call.gateRows, 4 * hiddenSize])
    const cells = engine.empty([call.keep ? rows : batch, hiddenSize])
    const c = engine.empty([batch, hiddenSize])
    const before = { h0: initial?.h.place ?? 0, c0: initial?.c.place ?? 0 }
    const after = { y: y.place, cells: cells.place, gates: gates.place, cn: c.place, keep: call.keep ? 1 : 0 }
    const fields = {
      ...call.shape(),
      inputSize,
      x: x.data.place,
      ...before,
      ...after,
      ...weightFields(parameters),
    }
    engine.run('lstmForward', fields, work)
    const h = lastRows(call)
    const traced = stateGradients(call, ['h', 'c'])
    record(engine, [y, h, c], call.inputs, () => {
      const dh = stateGradient(h)
      const dc = stateGradient(c)
      const activations = { c0: initial?.c.place ?? 0, cells: cells.place, gates: gates.place }
      const gradients = { dy: y.gradient?.place ?? 0, dh: dh.place, dc: dc.place }
      const traces = { dhs: traced.h?.place ?? 0, dcs: traced.c?.place ?? 0 }
      const packedHhBackward = engine.packed(parameters.weight_hh, false)
      engine.run(
        'lstmBackward',
        { ...call.shape(), ...activations, ...gradients, ...traces, packedHhBackward },
        work,
      )
      initialGradients(initial, { h: dh, c: dc })
      sumGradients(call, gates, gates)
    })
    return {
      output: { data: y, layout: x.layout },
      final: { h, c },
      kept: call.keep ? { gates, cells } : {},
      ...(call.keepGradients && { gradients: () => traced }),
    }
  },
  stepper(parameters, input) {
    const { engine, shape } = parameters.weight_hh
    const [rows, hiddenSize] = shape
    const c = engine.persistent([1, hiddenSize])
    const gates = engine.persistent([1, rows])
    const places = { c0: c.place, cells: c.place, cn: c.place, gates: gates.place, keep: 0 }
    return fusedStepper({
      parameters,
      input,
      others: { c },
      work: [gates],
      weights: () => weightFields(parameters),
      prepare: (fields, weights, work) =>
        engine.prepare('lstmForward', { ...fields, ...places, ...weights }, work),
    })
  },
}

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

function weightFields(parameters: Parameters) {
  const { packedIh, packedHh, packedBiasIh } = packedWeights(parameters, gateNames.length, false)
  return { packedIh, packedHh, packedBias: packedBiasIh }
}
