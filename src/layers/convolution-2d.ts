import { ShapeError, UsageError } from '../errors.js'
import { uniformValues } from '../random/initialization.js'
import type { Tensor } from '../tensor/index.js'
import { describe, gatherRows, linear, PackedLayout, reshape, segmentMax } from '../tensor/index.js'
import type { LayerOptions } from './layer.js'
import { windowWeights } from './window-weights.js'

/** Pictures of one size: a row for each pixel, picture after picture and line after line, [batch · height · width, channels]. */
export interface Images {
  readonly data: Tensor
  readonly batch: number
  readonly height: number
  readonly width: number
}

/** Where the windows of a convolution over pictures lie. */
export interface Convolution2dOptions extends LayerOptions {
  /** Pixels from one window to the next, down and across; 1 by default. */
  stride?: number
  /** Lines and columns of zeros around the picture; 0 by default. */
  padding?: number
}

/**
 * A convolution over pictures, PyTorch's `nn.Conv2d` with a square window.
 *
 *     y[i, j] = b + Σ_{u, v} W[:, :, u, v] x[stride · i + u - padding, stride · j + v - padding]
 *
 * weight [outputs, inputs, size, size], bias [outputs]; zeros stand beyond the edges.
 *
 * ```ts
 * const convolution = new Convolution2d(3, 16, 3, { engine, random: random.split('convolution'), padding: 1 })
 * const seen = convolution.forward({ data: pixels, batch: 8, height: 28, width: 28 }) // 8 · 28 · 28 rows of 16
 * ```
 */
export class Convolution2d {
  readonly weight: Tensor
  readonly bias: Tensor
  readonly stride: number
  readonly padding: number

  /** Everything starts from U(-1/√(inputs · size²), 1/√(inputs · size²)), as in PyTorch. Throws a `UsageError` for numbers out of range. */
  constructor(
    readonly inputs: number,
    outputs: number,
    readonly size: number,
    { engine, random, stride = 1, padding = 0 }: Convolution2dOptions,
  ) {
    checkWhole('Convolution2d', { size, stride }, 1)
    checkWhole('Convolution2d', { padding }, 0)
    this.stride = stride
    this.padding = padding
    this.weight = engine.parameter([outputs, inputs, size, size])
    this.bias = engine.parameter([outputs])
    const bound = 1 / Math.sqrt(inputs * size * size)
    for (const [name, parameter] of Object.entries(this.parameters()))
      parameter.set(uniformValues(parameter.size, bound, random.split(name)))
  }

  /** `weight` and `bias`. */
  parameters(): Record<string, Tensor> {
    return { weight: this.weight, bias: this.bias }
  }

  /** Throws a `ShapeError` unless the pictures have `inputs` channels and room for a window. */
  forward(images: Images): Images {
    const { size, stride, padding, inputs } = this
    checkImages('Convolution2d', images, inputs)
    const { engine } = images.data
    const seen = windowsOf('Convolution2d', images, { size, stride, padding })
    const windows = reshape(gatherRows(images.data, engine.indices(seen.rows)), [
      seen.batch * seen.height * seen.width,
      size * size * inputs,
    ])
    const data = linear(windows, windowWeights(this.weight), this.bias)
    return { data, batch: seen.batch, height: seen.height, width: seen.width }
  }
}

/**
 * The largest value of each channel in square windows that lie side by side, PyTorch's `nn.MaxPool2d`; what is left over at the right and
 * lower edges is not looked at. Throws a `ShapeError` for pictures smaller than a window.
 *
 * ```ts
 * maxPool2d({ data: pixels, batch: 8, height: 28, width: 28 }, 2) // 8 · 14 · 14 rows
 * ```
 */
export function maxPool2d(images: Images, size: number): Images {
  checkWhole('maxPool2d', { size }, 1)
  checkImages('maxPool2d', images, images.data.shape[1])
  const { data } = images
  const { rows, batch, height, width } = windowsOf('maxPool2d', images, { size, stride: size, padding: 0 })
  const count = batch * height * width
  // a window is a sequence of its pixels: the first pixels of all windows, then the second ones
  const places = size * size
  const byStep = Int32Array.from(
    { length: rows.length },
    (_, i) => rows[(i % count) * places + Math.floor(i / count)],
  )
  const layout = PackedLayout.of(new Int32Array(count).fill(places))
  const pixels = gatherRows(data, data.engine.indices(byStep))
  return { data: segmentMax({ data: pixels, layout }), batch, height, width }
}

interface WindowOptions {
  readonly size: number
  readonly stride: number
  readonly padding: number
}

/** The rows of the pixels of each window, -1 beyond the edges, and how many windows there are. */
function windowsOf(operation: string, images: Images, { size, stride, padding }: WindowOptions) {
  const { batch } = images
  const along = (side: number) => Math.floor((side + 2 * padding - size) / stride) + 1
  const [height, width] = [along(images.height), along(images.width)]
  if (height < 1 || width < 1)
    throw new ShapeError(
      `${operation}: got pictures of ${images.height} x ${images.width}; expected room for a window of ${size} x ${size}`,
    )
  const rows = new Int32Array(batch * height * width * size * size)
  let place = 0
  for (let image = 0; image < batch; image++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++)
        for (let u = 0; u < size; u++)
          for (let v = 0; v < size; v++) {
            const [y, x] = [i * stride + u - padding, j * stride + v - padding]
            const inside = y >= 0 && y < images.height && x >= 0 && x < images.width
            rows[place++] = inside ? (image * images.height + y) * images.width + x : -1
          }
  return { rows, batch, height, width }
}

function checkImages(operation: string, { data, batch, height, width }: Images, channels: number): void {
  if (data.shape.length !== 2 || data.shape[0] !== batch * height * width || data.shape[1] !== channels)
    throw new ShapeError(
      `${operation}: got ${describe(data.shape)} for ${batch} pictures of ${height} x ${width}; expected [${batch * height * width}, ${channels}]`,
    )
}

function checkWhole(operation: string, values: Readonly<Record<string, number>>, minimum: number): void {
  for (const [name, value] of Object.entries(values))
    if (!Number.isInteger(value) || value < minimum)
      throw new UsageError(
        `${operation}: got ${name} ${value}; expected a whole number of at least ${minimum}`,
      )
}
