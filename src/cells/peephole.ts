import { uniformValues } from '../random/initialization.js'
import { add, linear, multiply, sigmoid, split, tanh } from '../tensor/index.js'
import type { Cell, CellOptions, Parameters, SequenceOperation } from './cell.js'
import { addColumnProducts, previousStates } from './fused.js'
import type { LstmState } from './lstm-sequence.js'
import { lstmSequence } from './lstm-sequence.js'
import { recurrentParameters, zeroState } from './parameters.js'

const gateNames = ['i', 'f', 'g', 'o'] as const
const forgetGate = gateNames.indexOf('f')

const sequence: SequenceOperation<LstmState> = lstmSequence({
  name: 'peephole',
  gates: gateNames.length,
  forward: ({ engine, parameters }, fields, work) =>
    engine.run('peepholeForward', { ...fields, ...peepholes(parameters) }, work),
  backward: ({ engine, parameters }, fields, work) =>
    engine.run('peepholeBackward', { ...fields, ...peepholes(parameters) }, work),
  prepare: (parameters, fields, work) =>
    parameters.weight_hh.engine.prepare('peepholeForward', { ...fields, ...peepholes(parameters) }, work),
  ownGradients(call, sums, cells) {
    const { peephole_i, peephole_f, peephole_o } = call.parameters
    const before = previousStates(call, cells, call.initial?.c)
    addColumnProducts(peephole_i, sums, gateNames.indexOf('i'), before)
    addColumnProducts(peephole_f, sums, gateNames.indexOf('f'), before)
    addColumnProducts(peephole_o, sums, gateNames.indexOf('o'), cells)
  },
})

/**
 * LSTM whose gates also look at the cell, each unit's at its own:
 *
 *     i = σ(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi + p_i ⊙ c_{t-1})
 *     f = σ(W_if x_t + b_if + W_hf h_{t-1} + b_hf + p_f ⊙ c_{t-1})
 *     g = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)
 *     c_t = f ⊙ c_{t-1} + i ⊙ g
 *     o = σ(W_io x_t + b_io + W_ho h_{t-1} + b_ho + p_o ⊙ c_t)         the output gate sees the new cell
 *     h_t = o ⊙ tanh(c_t)
 *
 * Shapes: those of `lstm`, gate order i f g o, and the weights p `peephole_i`, `peephole_f`, `peephole_o` [H], which start at 0 under
 * orthogonal initialisation.
 * Source: Gers and Schmidhuber (2000), "Recurrent nets that time and count".
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'peephole', size: 32 }] })
 * ```
 */
export const peephole: Cell<LstmState> = {
  name: 'peephole',
  gates: gateNames,
  squashing: { i: 'sigmoid', f: 'sigmoid', g: 'tanh', o: 'sigmoid' },
  stateNames: ['h', 'c'],
  init: (inputSize, hiddenSize, options) => ({
    ...recurrentParameters(gateNames.length, inputSize, hiddenSize, options, forgetGate),
    ...peepholeParameters(hiddenSize, options),
  }),
  zeroState: (parameters, batch) => zeroState(peephole, parameters, batch),
  step({ weight_ih, weight_hh, bias_ih, bias_hh, ...own }, x, { h, c: before }, seen = h) {
    const sums = split(add(linear(x, weight_ih, bias_ih), linear(seen, weight_hh, bias_hh)), 4, 1)
    const i = sigmoid(add(sums[0], multiply(before, own.peephole_i)))
    const f = sigmoid(add(sums[1], multiply(before, own.peephole_f)))
    const g = tanh(sums[2])
    const c = add(multiply(f, before), multiply(i, g))
    const o = sigmoid(add(sums[3], multiply(c, own.peephole_o)))
    return { h: multiply(o, tanh(c)), c, i, f, g, o }
  },
  sequence,
}

function peepholeParameters(size: number, { engine, random, initialization }: CellOptions): Parameters {
  const make = (name: string) => {
    const peephole = engine.parameter([size])
    if (initialization !== 'orthogonal')
      peephole.set(uniformValues(size, 1 / Math.sqrt(size), random.split(name)))
    return [name, peephole] as const
  }
  return Object.fromEntries(['peephole_i', 'peephole_f', 'peephole_o'].map(make))
}

function peepholes({ peephole_i, peephole_f, peephole_o }: Parameters) {
  return { peepholeI: peephole_i.place, peepholeF: peephole_f.place, peepholeO: peephole_o.place }
}
