import type { Tensor } from '../tensor/index.js'
import { add, linear, record, relu, tanh } from '../tensor/index.js'
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

/** The state of cells that carry nothing but their output. */
export type HiddenState = Readonly<{ h: Tensor }>

/**
 * Elman's recurrent network, PyTorch's `nn.RNN`: h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).
 *
 * Shapes: x [batch, I], h [batch, H], weight_ih [H, I], weight_hh [H, H], biases [H].
 * Source: Elman (1990), "Finding structure in time".
 */
export const elman: Cell<HiddenState> = elmanCell('elman', 0, tanh)

/**
 * Elman's network with rectified units: h_t = max(0, W_ih x_t + b_ih + W_hh h_{t-1} + b_hh); shapes as for `elman`.
 * Source: Le, Jaitly and Hinton (2015), "A simple way to initialize recurrent networks of rectified linear units".
 */
export const elmanRelu: Cell<HiddenState> = elmanCell('elmanRelu', 1, relu)

/** The cell of Elman's equation with the function g: kind `activation` of the kernels. */
export function elmanCell(name: string, activation: 0 | 1, g: (x: Tensor) => Tensor): Cell<HiddenState> {
  const cell: Cell<HiddenState> = {
    name,
    gates: ['h'],
    squashing: { h: activation === 0 ? 'tanh' : 'rectified' },
    stateNames: ['h'],
    init: (inputSize, hiddenSize, options) => recurrentParameters(1, inputSize, hiddenSize, options),
    zeroState: (parameters, batch) => zeroState(cell, parameters, batch),
    step: ({ weight_ih, weight_hh, bias_ih, bias_hh }, x, { h }, seen = h) => ({
      h: g(add(linear(x, weight_ih, bias_ih), linear(seen, weight_hh, bias_hh))),
    }),
    sequence: elmanSequence(name, activation),
  }
  return cell
}

function elmanSequence(name: string, activation: 0 | 1): SequenceOperation<HiddenState> {
  return {
    run(parameters, x, initial, keep = false) {
      const call = beginSequence(name, 1, parameters, x, initial, keep)
      const { engine, y, inputSize, work } = call
      const places = { x: x.data.place, h0: initial?.h.place ?? 0, y: y.place }
      const fields = { ...call.shape(), inputSize, activation, ...places, ...weightFields(parameters) }
      engine.run('elmanForward', fields, work)
      const h = lastRows(call)
      const traced = stateGradients(call, ['h'])
      record(engine, [y, h], call.inputs, () => {
        const sums = engine.empty(y.shape)
        const dh = stateGradient(h)
        const gradients = {
          gates: sums.place,
          dy: y.gradient?.place ?? 0,
          dh: dh.place,
          dhs: traced.h?.place ?? 0,
        }
        const packedHhBackward = engine.packed(parameters.weight_hh, false)
        const backward = { ...call.shape(), activation, y: y.place, ...gradients, packedHhBackward }
        engine.run('elmanBackward', backward, work)
        initialGradients(initial, { h: dh })
        sumGradients(call, sums, sums)
      })
      return {
        output: { data: y, layout: x.layout },
        final: { h },
        kept: call.keep ? { gates: y } : {},
        ...(call.keepGradients && { gradients: () => traced }),
      }
    },
    stepper: (parameters, input) =>
      fusedStepper({
        parameters,
        hiddenSize: parameters.weight_hh.shape[1],
        input,
        others: {},
        work: [],
        weights: () => weightFields(parameters),
        prepare: (fields, weights, work) =>
          parameters.weight_hh.engine.prepare('elmanForward', { ...fields, activation, ...weights }, work),
      }),
  }
}

function weightFields(parameters: Parameters) {
  const { packedIh, packedHh, packedBiasIh } = packedWeights(parameters, 1, false)
  return { packedIh, packedHh, packedBias: packedBiasIh }
}
