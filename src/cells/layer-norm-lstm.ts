import { uniformValues } from '../random/initialization.js'
import type { Tensor } from '../tensor/index.js'
import { add, layerNorm, linear, multiply, record, sigmoid, split, tanh } from '../tensor/index.js'
import type { Cell, CellOptions, Parameters, SequenceOperation } from './cell.js'
import {
  beginSequence,
  initialGradients,
  lastRows,
  productGradients,
  stateGradient,
  stateGradients,
} from './fused.js'
import type { LstmState } from './lstm-sequence.js'
import {
  addNormalisationGradients,
  epsilon,
  normalisationFields,
  normalisedWeights,
} from './normalisation.js'
import { normalisationGain, normalisationGains, recurrentParameters, zeroState } from './parameters.js'
import { fusedStepper } from './stepper.js'

const gateNames = ['i', 'f', 'g', 'o'] as const
const forgetGate = gateNames.indexOf('f')

const sequence: SequenceOperation<LstmState> = {
  run(parameters, x, initial, keep = false) {
    const call = beginSequence('layerNormLstm', gateNames.length, parameters, x, initial, keep)
    const { engine, y, inputSize, hiddenSize, work } = call
    const areas = areasOf(hiddenSize, (size) => engine.empty([call.gateRows, size]))
    const cells = engine.empty([call.keep ? x.layout.rows : x.layout.batch, hiddenSize])
    const c = engine.empty([x.layout.batch, hiddenSize])
    const kept = () => ({ ...placesOf(areas), c0: initial?.c.place ?? 0, cells: cells.place })
    const from = { inputSize, x: x.data.place, h0: initial?.h.place ?? 0 }
    const to = { y: y.place, cn: c.place, keep: call.keep ? 1 : 0 }
    const weights = { ...normalisedWeights(parameters), ...fieldsOf(parameters) }
    engine.run('layerNormLstmForward', { ...call.shape(), ...from, ...kept(), ...to, ...weights }, work)
    const h = lastRows(call)
    const traced = stateGradients(call, ['h', 'c'])
    record(engine, [y, h, c], call.inputs, () => {
      const { gates, inputs, hidden, normalCells } = areas
      const [inputSums, hiddenSums, cellSums] = [gates, gates, y].map(({ shape }) => engine.empty(shape))
      const [dh, dc] = [stateGradient(h), stateGradient(c)]
      const sums = { inputSums: inputSums.place, hiddenSums: hiddenSums.place, cellSums: cellSums.place }
      const gradients = { dy: y.gradient?.place ?? 0, dh: dh.place, dc: dc.place }
      const traces = { dhs: traced.h?.place ?? 0, dcs: traced.c?.place ?? 0 }
      const packedHhBackward = engine.packed(parameters.weight_hh, false)
      const fields = { ...call.shape(), ...kept(), ...fieldsOf(parameters), ...sums, ...gradients, ...traces }
      engine.run('layerNormLstmBackward', { ...fields, packedHhBackward }, work)
      initialGradients(initial, { h: dh, c: dc })
      productGradients(call, inputSums, hiddenSums)
      addNormalisationGradients(parameters.gain_ih, parameters.bias_ih, gates, inputs)
      addNormalisationGradients(parameters.gain_hh, parameters.bias_hh, gates, hidden)
      addNormalisationGradients(parameters.gain_c, parameters.bias_c, cellSums, normalCells)
    })
    return {
      output: { data: y, layout: x.layout },
      final: { h, c },
      kept: call.keep ? { gates: areas.gates, cells } : {},
      ...(call.keepGradients && { gradients: () => traced }),
    }
  },
  stepper(parameters, input) {
    const { engine, shape } = parameters.weight_hh
    const hiddenSize = shape[1]
    const c = engine.persistent([1, hiddenSize])
    const areas = areasOf(hiddenSize, (size) => engine.persistent([1, size]))
    const own = { ...placesOf(areas), c0: c.place, cells: c.place, cn: c.place, keep: 0 }
    const given = fieldsOf(parameters)
    return fusedStepper({
      parameters,
      hiddenSize,
      input,
      others: { c },
      work: Object.values(areas),
      weights: () => normalisedWeights(parameters),
      prepare: (fields, weights, work) =>
        engine.prepare('layerNormLstmForward', { ...fields, ...own, ...given, ...weights }, work),
    })
  },
}

/**
 * LSTM with layer normalisation: the products with x and with h are normalised apart, each over all 4H sums of a row, and so is the
 * cell before it is shown. Training becomes less sensitive to the scale of weights and inputs.
 *
 *     [i f g o] = LN(W_ih x_t; gain_ih, bias_ih) + LN(W_hh h_{t-1}; gain_hh, bias_hh)
 *     c_t = σ(f) ⊙ c_{t-1} + σ(i) ⊙ tanh(g)
 *     h_t = σ(o) ⊙ tanh(LN(c_t; gain_c, bias_c))             c itself is carried on as it is
 *     LN(a; α, β) = α ⊙ (a - mean a) / √(variance a + 10⁻⁵) + β
 *
 * The paper's b and β only ever occur as their sum, so that bias_ih stands for β of the input and b.
 * Shapes: x [batch, I], h and c [batch, H], weight_ih [4H, I], weight_hh [4H, H], gain_ih, gain_hh and their biases [4H], gain_c and
 * bias_c [H], gate order i f g o. Gains start at 1; without biases there is no bias_c either.
 * Source: Ba, Kiros and Hinton (2016), "Layer normalization", with the equations of its supplement.
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'layerNormLstm', size: 32 }] })
 * ```
 */
export const layerNormLstm: Cell<LstmState> = {
  name: 'layerNormLstm',
  gates: gateNames,
  squashing: { i: 'sigmoid', f: 'sigmoid', g: 'tanh', o: 'sigmoid' },
  stateNames: ['h', 'c'],
  init: (inputSize, hiddenSize, options) => ({
    ...recurrentParameters(gateNames.length, inputSize, hiddenSize, options, forgetGate),
    ...normalisationGains(gateNames.length * hiddenSize, options),
    ...cellNormalisation(hiddenSize, options),
  }),
  zeroState: (parameters, batch) => zeroState(layerNormLstm, parameters, batch),
  step(parameters, x, { h, c: before }, seen = h) {
    const { weight_ih, weight_hh, gain_ih, gain_hh, gain_c, bias_ih, bias_hh, bias_c } = parameters
    const fromInput = layerNorm(linear(x, weight_ih), gain_ih, bias_ih, epsilon)
    const fromState = layerNorm(linear(seen, weight_hh), gain_hh, bias_hh, epsilon)
    const sums = split(add(fromInput, fromState), 4, 1)
    const [i, f, g, o] = [sigmoid(sums[0]), sigmoid(sums[1]), tanh(sums[2]), sigmoid(sums[3])]
    const c = add(multiply(f, before), multiply(i, g))
    return { h: multiply(o, tanh(layerNorm(c, gain_c, bias_c, epsilon))), c, i, f, g, o }
  },
  sequence,
}

function cellNormalisation(size: number, options: CellOptions): Parameters {
  const { engine, random, bias = true, initialization = 'pytorch' } = options
  const gain_c = normalisationGain(size, options)
  if (!bias) return { gain_c }
  const bias_c = engine.parameter([size])
  if (initialization === 'pytorch')
    bias_c.set(uniformValues(size, 1 / Math.sqrt(size), random.split('bias_c')))
  return { gain_c, bias_c }
}

type Areas = Readonly<Record<'gates' | 'inputs' | 'hidden' | 'normalCells' | 'inverses', Tensor>>

// What the kernels keep of every row, or use for a few rows at a time.
function areasOf(hiddenSize: number, make: (size: number) => Tensor): Areas {
  const [gates, inputs, hidden] = [1, 2, 3].map(() => make(gateNames.length * hiddenSize))
  return { gates, inputs, hidden, normalCells: make(hiddenSize), inverses: make(3) }
}

function placesOf({ gates, inputs, hidden, normalCells, inverses }: Areas) {
  const normal = { inputs: inputs.place, hidden: hidden.place, normalCells: normalCells.place }
  return { gates: gates.place, ...normal, inverses: inverses.place }
}

function fieldsOf(parameters: Parameters) {
  const { gain_c, bias_c } = parameters
  return { ...normalisationFields(parameters), gainC: gain_c.place, biasC: bias_c?.place ?? 0 }
}
