import { DataError, UsageError } from '../errors.js'
import { uniformValues } from '../random/initialization.js'
import type { Packed, Tensor } from '../tensor/index.js'
import { gatherRows, linear, PackedLayout, reshape } from '../tensor/index.js'
import type { LayerOptions } from './layer.js'
import { windowWeights } from './window-weights.js'

/** Where the windows of a convolution lie. */
export interface Convolution1dOptions extends LayerOptions {
  /** Steps from one window to the next; 1 by default. */
  stride?: number
  /**
   * `'same'` (default): every stride-th step stands in the middle of a window, zeros stand beyond both ends, and ⌈steps / stride⌉ come out.
   * `'valid'`: windows lie inside the sequence, and 1 + ⌊(steps - width) / stride⌋ come out.
   */
  padding?: 'same' | 'valid'
}

/**
 * A convolution over the steps of sequences, PyTorch's `nn.Conv1d`.
 *
 *     y_t = b + Σ_k W[:, :, k] x_{stride · t + k - before},   k from 0 to width - 1
 *
 * where `before` is ⌊(width - 1) / 2⌋ with padding `'same'` and 0 with `'valid'`. x is packed [rows, inputs], weight [outputs, inputs, width],
 * bias [outputs], y packed [rows, outputs]; with a stride its sequences are shorter.
 *
 * ```ts
 * const convolution = new Convolution1d(25, 50, 3, { engine, random: random.split('convolution') })
 * const { data } = convolution.forward(characters)
 * const front = new Convolution1d(101, 196, 15, { engine, random, stride: 4, padding: 'valid' }) // 5,511 frames to 1,375 steps
 * ```
 */
export class Convolution1d {
  readonly weight: Tensor
  readonly bias: Tensor
  readonly stride: number
  readonly padding: 'same' | 'valid'

  /** Everything starts from U(-1/√(inputs · width), 1/√(inputs · width)), as in PyTorch. Throws a `UsageError` for a width or stride that is no positive whole number. */
  constructor(
    inputs: number,
    outputs: number,
    readonly width: number,
    { engine, random, stride = 1, padding = 'same' }: Convolution1dOptions,
  ) {
    for (const [name, value] of Object.entries({ width, stride }))
      if (!Number.isInteger(value) || value < 1)
        throw new UsageError(`Convolution1d: got ${name} ${value}; expected a whole number of at least 1`)
    this.stride = stride
    this.padding = padding
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

  /** Frames of the first window that lie before the beginning. */
  get before(): number {
    return this.padding === 'same' ? Math.floor((this.width - 1) / 2) : 0
  }

  /** The steps that come out of so many. */
  steps(steps: number): number {
    const { width, stride } = this
    return this.padding === 'same'
      ? Math.ceil(steps / stride)
      : Math.max(0, 1 + Math.floor((steps - width) / stride))
  }

  /** Throws a `ShapeError` unless `x` has `inputs` features, and a `DataError` for a sequence without room for a window. */
  forward({ data, layout }: Packed): Packed {
    const shorter = this.#layout(layout)
    const rows = data.engine.indices(this.#windowRows(layout, shorter))
    const windows = reshape(gatherRows(data, rows), [shorter.rows, -1])
    return { data: linear(windows, windowWeights(this.weight), this.bias), layout: shorter }
  }

  /** A copy of the weights for windows [steps, width · inputs], [outputs, width · inputs]: for streams, whose frames a `WindowStream` cuts. */
  windowWeights(): Tensor {
    const { engine } = this.weight
    return engine.withoutRecording(() => engine.scope(() => windowWeights(this.weight).persist()))
  }

  #layout(layout: PackedLayout): PackedLayout {
    if (this.padding === 'same' && this.stride === 1) return layout
    const lengths = layout.inverseOrder().map((position) => layout.lengths[position]) // in the caller's order
    const short = lengths.findIndex((length) => this.steps(length) === 0)
    if (short >= 0)
      throw new DataError(
        `Convolution1d: sequence ${short} has ${lengths[short]} steps; expected at least a window of ${this.width}`,
      )
    return PackedLayout.of(lengths.map((length) => this.steps(length)))
  }

  // For each row that comes out the rows of its window, -1 (zeros) beyond the ends of its sequence.
  #windowRows(layout: PackedLayout, shorter: PackedLayout): Int32Array {
    const { width, stride, before } = this
    const positions = layout.inverseOrder()
    const rows = new Int32Array(shorter.rows * width)
    shorter.forEachRow((row, place, step) => {
      const position = positions[shorter.order[place]]
      for (let k = 0; k < width; k++) {
        const seen = step * stride + k - before
        const inside = seen >= 0 && seen < layout.lengths[position]
        rows[row * width + k] = inside ? layout.rowOf(position, seen) : -1
      }
    })
    return rows
  }
}
