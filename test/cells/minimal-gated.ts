import type { Cell } from '../../src/cells/index.js'
import { recurrentParameters, zeroState } from '../../src/cells/index.js'
import type { Tensor } from '../../src/tensor/index.js'
import { add, linear, multiply, oneMinus, sigmoid, slice, tanh } from '../../src/tensor/index.js'

/** A user's own cell, written with `step` alone: the minimal gated unit of Zhou et al. (2016). */
export const minimalGated: Cell<{ h: Tensor }> = {
  name: 'minimalGated',
  gates: ['f', 'n'],
  stateNames: ['h'],
  init: (inputSize, hiddenSize, options) => recurrentParameters(2, inputSize, hiddenSize, options),
  zeroState: (parameters, batch) => zeroState(minimalGated, parameters, batch),
  step({ weight_ih, weight_hh, bias_ih, bias_hh }, x, { h }, seen = h) {
    const [, size] = h.shape
    const half = (tensor: Tensor, gate: 0 | 1) => slice(tensor, 0, gate * size, (gate + 1) * size)
    const part = (gate: 0 | 1, from: Tensor) =>
      add(
        linear(x, half(weight_ih, gate), half(bias_ih, gate)),
        linear(from, half(weight_hh, gate), half(bias_hh, gate)),
      )
    const f = sigmoid(part(0, seen))
    const n = tanh(part(1, multiply(f, seen)))
    return { h: add(multiply(oneMinus(f), h), multiply(f, n)), f, n }
  },
}
