import type { Engine } from '../tensor/index.js'
import type { Parameters } from './cell.js'

/** Where a cell's weights lie as the kernels want them; `packedHh` is 0 for a cell without recurrent weights. `packedBiasIh` holds the sum of both biases unless they are apart. */
export interface PackedWeights {
  packedIh: number
  packedHh: number
  packedBiasIh: number
  packedBiasHh: number
}

/** Packs the weights of a cell; they are packed again only after one of them was written to. */
export function packedWeights(parameters: Parameters, gates: number, biasesApart: boolean): PackedWeights {
  const { weight_ih, weight_hh, bias_ih, bias_hh } = parameters
  const { engine } = weight_ih
  const [, inputSize] = weight_ih.shape
  const hiddenSize = weight_ih.shape[0] / gates
  const sizes = [inputSize, weight_hh ? hiddenSize : 0, 1, biasesApart ? 1 : 0].map((rows) =>
    engine.packedSize(rows, hiddenSize, gates),
  )
  const sources = [weight_hh, weight_ih, bias_ih, bias_hh].filter((source) => source !== undefined)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const place = engine.derived(biasesApart ? 'cell, biases apart' : 'cell', sources, total, (place) =>
    engine.run(
      'packCell',
      {
        gates,
        inputSize,
        hiddenSize,
        weightIh: weight_ih.place,
        weightHh: weight_hh?.place ?? 0,
        biasIh: bias_ih?.place ?? 0,
        biasHh: bias_hh?.place ?? 0,
        ...parts(engine, place, sizes, biasesApart),
      },
      total,
    ),
  )
  return parts(engine, place, sizes, biasesApart)
}

function parts(engine: Engine, place: number, sizes: readonly number[], biasesApart: boolean): PackedWeights {
  const [ih, hh, biasIh] = sizes.map((size) => (size * engine.bytesPerReal) / 4)
  return {
    packedIh: place,
    packedHh: hh ? place + ih : 0,
    packedBiasIh: place + ih + hh,
    packedBiasHh: biasesApart ? place + ih + hh + biasIh : 0,
  }
}
