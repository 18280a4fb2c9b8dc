import { UsageError } from '../errors.js'
import { uniformValues } from '../random/initialization.js'
import type { Packed, PackedLayout, Tensor } from '../tensor/index.js'
import { concat, gatherRows, linear, reshape, slice, transpose } from '../tensor/index.js'
import type { LayerOptions } from './layer.js'

/**
 * A convolution over the steps of sequences, PyTorch's `nn.Conv1d` with `padding='same'`: every step sees itself and its
 * neighbours, zeros stand beyond both ends, and a sequence keeps its length.
 *
 *     y_t = b + Σ_k W[:, :, k] x_{t + k - ⌊(width - 1) / 2⌋},   k from 0 to width - 1
 *
 * x is packed [rows, inputs], weight [outputs, inputs, width], bias [outputs], y packed [rows, outputs].
 *
 * ```ts
 * const convolution = new Convolution1d(25, 50, 3, { engine, random: random.split('convolution') })
 * const { data } = convolution.forward(characters)
 * ```
 */
export class Convolution1d {
  readonly weight: Tensor
  readonly bias: Tensor

  /** Everything starts from U(-1/√(inputs · width), 1/√(inputs · width)), as in PyTorch. Throws a `UsageError` for a width that is no positive whole number. */
  constructor(
    inputs: number,
    outputs: number,
    readonly width: number,
    { engine, random }: LayerOptions,
  ) {
    if (!Number.isInteger(width) || width < 1)
      throw new UsageError(`Convolution1d: got width ${width}; expected a whole number of at least 1`)
    this.weight = engine.parameter([outputs, inputs, width])
    this.bias = engine.parameter([outputs])
    const bound = 1 / Math.sqrt(inputs * width)
    for (const [name, parameter] of Object.entries(this.parameters()))
      parameter.set(uniformValues(parameter.size, bound, random.split(name)))
  }

  /** `weight` and `bias`. */
  parameters(): Record<string, Tensor> {
    return { weight: this.weight, bias: this.bias }
  }

  /** Throws a `ShapeError` unless `x` has `inputs` features. */
  forward({ data, layout }: Packed): Packed {
    const rows = data.engine.indices(windowRows(layout, this.width))
    const windows = reshape(gatherRows(data, rows), [layout.rows, -1])
    return { data: linear(windows, this.#byWindow(), this.bias), layout }
  }

  // The weights in the order of a window's numbers: [outputs, width · inputs].
  #byWindow(): Tensor {
    const { weight, width } = this
    const [outputs, inputs] = weight.shape
    const places = transpose(reshape(weight, [-1, width]))
    return concat(
      Array.from({ length: width }, (_, k) => reshape(slice(places, 0, k, k + 1), [outputs, inputs])),
      1,
    )
  }
}

// For each row the rows of its window, -1 (zeros) beyond the ends of its sequence.
function windowRows(layout: PackedLayout, width: number): Int32Array {
  const before = Math.floor((width - 1) / 2)
  const rows = new Int32Array(layout.rows * width)
  layout.forEachRow((row, position, step) => {
    for (let k = 0; k < width; k++) {
      const seen = step + k - before
      const inside = seen >= 0 && seen < layout.lengths[position]
      rows[row * width + k] = inside ? layout.rowOf(position, seen) : -1
    }
  })
  return rows
}
