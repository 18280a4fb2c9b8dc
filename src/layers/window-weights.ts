import type { Tensor } from '../tensor/index.js'
import { concat, reshape, slice, transpose } from '../tensor/index.js'

/** The weights of a convolution, PyTorch's [outputs, inputs, …window], in the order of a window's numbers: [outputs, places · inputs]. */
export function windowWeights(weight: Tensor): Tensor {
  const [outputs, inputs, ...window] = weight.shape
  const places = window.reduce((product, side) => product * side, 1)
  const byPlace = transpose(reshape(weight, [-1, places]))
  return concat(
    Array.from({ length: places }, (_, k) => reshape(slice(byPlace, 0, k, k + 1), [outputs, inputs])),
    1,
  )
}
