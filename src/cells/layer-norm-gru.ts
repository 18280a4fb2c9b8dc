import type { Tensor } from '../tensor/index.js'
import {
  add,
  layerNorm,
  linear,
  multiply,
  oneMinus,
  record,
  sigmoid,
  slice,
  split,
  tanh,
} from '../tensor/index.js'
import type { Cell, SequenceOperation } from './cell.js'
import type { HiddenState } from './elman.js'
import {
  beginSequence,
  initialGradients,
  lastRows,
  productGradients,
  stateGradient,
  stateGradients,
} from './fused.js'
import {
  addNormalisationGradients,
  epsilon,
  normalisationFields,
  normalisedWeights,
} from './normalisation.js'
import { normalisationGains, recurrentParameters, zeroState } from './parameters.js'
import { fusedStepper } from './stepper.js'

const gateNames = ['r', 'z', 'n'] as const

const sequence: SequenceOperation<HiddenState> = {
  run(parameters, x, initial, keep = false) {
    const call = beginSequence('layerNormGru', gateNames.length, parameters, x, initial, keep)
    const { engine, y, inputSize, hiddenSize, work } = call
    const areas = areasOf(hiddenSize, (size) => engine.empty([call.gateRows, size]))
    const kept = () => ({ ...placesOf(areas), h0: initial?.h.place ?? 0, y: y.place })
    const from = { inputSize, x: x.data.place, keep: call.keep ? 1 : 0 }
    const weights = { ...normalisedWeights(parameters), ...normalisationFields(parameters) }
    engine.run('layerNormGruForward', { ...call.shape(), ...from, ...kept(), ...weights }, work)
    const h = lastRows(call)
    const traced = stateGradients(call, ['h'])
    record(engine, [y, h], call.inputs, () => {
      const { gates, inputs, hidden } = areas
      const [inputSums, hiddenSums, hiddenGates] = [1, 2, 3].map(() => engine.empty(gates.shape))
      const dh = stateGradient(h)
      const sums = {
        inputSums: inputSums.place,
        hiddenSums: hiddenSums.place,
        hiddenGates: hiddenGates.place,
      }
      const gradients = { dy: y.gradient?.place ?? 0, dh: dh.place, dhs: traced.h?.place ?? 0 }
      const packedHhBackward = engine.packed(parameters.weight_hh, false)
      const fields = { ...call.shape(), ...kept(), ...normalisationFields(parameters), ...sums, ...gradients }
      engine.run('layerNormGruBackward', { ...fields, packedHhBackward }, work)
      initialGradients(initial, { h: dh })
      productGradients(call, inputSums, hiddenSums)
      addNormalisationGradients(parameters.gain_ih, parameters.bias_ih, gates, inputs)
      addNormalisationGradients(parameters.gain_hh, parameters.bias_hh, hiddenGates, hidden)
    })
    return {
      output: { data: y, layout: x.layout },
      final: { h },
      kept: call.keep ? { gates: areas.gates } : {},
      ...(call.keepGradients && { gradients: () => traced }),
    }
  },
  stepper(parameters, input) {
    const { engine, shape } = parameters.weight_hh
    const hiddenSize = shape[1]
    const areas = areasOf(hiddenSize, (size) => engine.persistent([1, size]))
    const own = { ...placesOf(areas), keep: 0 }
    const given = normalisationFields(parameters)
    return fusedStepper({
      parameters,
      hiddenSize,
      input,
      others: {},
      work: Object.values(areas),
      weights: () => normalisedWeights(parameters),
      prepare: (fields, weights, work) =>
        engine.prepare('layerNormGruForward', { ...fields, ...own, ...given, ...weights }, work),
    })
  },
}

/**
 * GRU with layer normalisation, the reset after the product as in `gru`. The products with x and with h are normalised apart, and of
 * each the sums of r and z together over their 2H numbers, those of n by themselves over H:
 *
 *     [r z] = σ( LN(W_i(rz) x_t; …) + LN(W_h(rz) h_{t-1}; …) )
 *     n = tanh( LN(W_in x_t; …) + r ⊙ LN(W_hn h_{t-1}; …) )
 *     h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}
 *     LN(a; α, β) = α ⊙ (a - mean a) / √(variance a + 10⁻⁵) + β
 *
 * where α and β are the gates' part of gain_ih and bias_ih for x, of gain_hh and bias_hh for h. (The paper lets z be the new part, and
 * has further biases that only occur in a sum with β.)
 * Shapes: x [batch, I], h [batch, H], weight_ih [3H, I], weight_hh [3H, H], gains and biases [3H], gate order r z n. Gains start at 1.
 * Source: Ba, Kiros and Hinton (2016), "Layer normalization", with the equations of its supplement.
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'layerNormGru', size: 32 }] })
 * ```
 */
export const layerNormGru: Cell<HiddenState> = {
  name: 'layerNormGru',
  gates: gateNames,
  squashing: { r: 'sigmoid', z: 'sigmoid', n: 'tanh' },
  stateNames: ['h'],
  init: (inputSize, hiddenSize, options) => ({
    ...recurrentParameters(gateNames.length, inputSize, hiddenSize, options),
    ...normalisationGains(gateNames.length * hiddenSize, options),
  }),
  zeroState: (parameters, batch) => zeroState(layerNormGru, parameters, batch),
  step({ weight_ih, weight_hh, gain_ih, gain_hh, bias_ih, bias_hh }, x, { h }, seen = h) {
    const [rx, zx, nx] = normalised(linear(x, weight_ih), gain_ih, bias_ih)
    const [rh, zh, nh] = normalised(linear(seen, weight_hh), gain_hh, bias_hh)
    const r = sigmoid(add(rx, rh))
    const z = sigmoid(add(zx, zh))
    const n = tanh(add(nx, multiply(r, nh)))
    return { h: add(multiply(oneMinus(z), n), multiply(z, h)), r, z, n }
  },
  sequence,
}

// The sums [rows, 3H] of r, z and n, normalised: r and z together, n by itself.
function normalised(sums: Tensor, gain: Tensor, bias?: Tensor): Tensor[] {
  const end = gain.size
  const cut = (end / 3) * 2
  const part = (begin: number, end: number) => {
    const shift = bias && slice(bias, 0, begin, end)
    return layerNorm(slice(sums, 1, begin, end), slice(gain, 0, begin, end), shift, epsilon)
  }
  return [...split(part(0, cut), 2, 1), part(cut, end)]
}

type Areas = Readonly<Record<'gates' | 'inputs' | 'hidden' | 'inverses', Tensor>>

// What the kernels keep of every row, or use for a few rows at a time.
function areasOf(hiddenSize: number, make: (size: number) => Tensor): Areas {
  const [gates, inputs, hidden] = [1, 2, 3].map(() => make(gateNames.length * hiddenSize))
  return { gates, inputs, hidden, inverses: make(4) }
}

function placesOf({ gates, inputs, hidden, inverses }: Areas) {
  return { gates: gates.place, inputs: inputs.place, hidden: hidden.place, inverses: inverses.place }
}
