import type { Tensor } from '../tensor/index.js'
import { addRowSums } from '../tensor/index.js'
import type { Parameters } from './cell.js'
import { addColumnProducts } from './fused.js'

/** Added to the variance by which layer-normalised cells divide. */
export const epsilon = 1e-5

/** The fields of jobs with packed weights; the biases come after the normalisation and are not packed with them. */
export function normalisedWeights({
  weight_ih,
  weight_hh,
}: Parameters): Record<'packedIh' | 'packedHh', number> {
  const { engine } = weight_hh
  return { packedIh: engine.packed(weight_ih, true), packedHh: engine.packed(weight_hh, true) }
}

/** The fields of jobs with the gains and shifts of the products with x and with h. */
export function normalisationFields({ gain_ih, gain_hh, bias_ih, bias_hh }: Parameters) {
  const biases = { biasIh: bias_ih?.place ?? 0, biasHh: bias_hh?.place ?? 0 }
  return { epsilon, gainIh: gain_ih.place, gainHh: gain_hh.place, ...biases }
}

/** Adds the gradients of a gain and of a shift from those of a normalisation's results and what was normalised, both [rows, size]. */
export function addNormalisationGradients(
  gain: Tensor,
  bias: Tensor | undefined,
  results: Tensor,
  normal: Tensor,
): void {
  addColumnProducts(gain, results, 0, normal)
  addRowSums(bias, results)
}
