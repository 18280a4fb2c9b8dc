import { ShapeError, UsageError } from '../errors.js'
import { Convolution2d, type Images, maxPool2d } from '../layers/convolution-2d.js'
import type { LayerOptions } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import { concat, gatherRows, PackedLayout, packSequences, relu, tanh } from '../tensor/index.js'
import { prefixed } from './model.js'

/** Turns each picture into features of its regions, which a decoder looks at: a sequence of regions per picture. */
export interface RegionEncoder {
  /** Features of a region. */
  readonly size: number
  /** Its parameters by name. */
  parameters(): Record<string, Tensor>
  /** Pictures as flat lists of numbers, in the caller's order. Throws a `ShapeError` for one that does not fit. */
  encode(pictures: readonly Float32Array[]): Packed
}

/** Places are numbers from -REACH to REACH. */
const REACH = 3

/** How a `GridEncoder` is made. */
export interface GridEncoderOptions extends LayerOptions {
  readonly height: number
  readonly width: number
  /** Numbers of a pixel; 3 by default. */
  readonly channels?: number
  /** Filters of the first convolution; every convolution behind a pooling has twice as many as the one before it. */
  readonly filters: number
  /** How many convolutions, each of 3 x 3 pixels. */
  readonly convolutions: number
  /** The grid has at most so many regions a side: pictures are halved behind convolutions until they have, or until the shorter side is one region. */
  readonly grid: number
}

/**
 * A small convolutional network: convolution, ReLU and, while the picture is larger than the grid, the largest value of each 2 x 2 pixels.
 * What is left is a grid of regions, line by line; each has its features and its place, two numbers from -3 to 3 (Liu et al. 2018, "CoordConv",
 * who take -1 to 1: beside many features that is soon overlooked, and "left of" is learned much later).
 *
 * ```ts
 * const encoder = new GridEncoder({ engine, random, height: 32, width: 32, filters: 16, convolutions: 3, grid: 8 })
 * encoder.rows // 8
 * const regions = encoder.encode([pixels]) // 64 steps of encoder.size features
 * ```
 */
export class GridEncoder implements RegionEncoder {
  readonly engine: Engine
  readonly height: number
  readonly width: number
  readonly channels: number
  /** Regions down and across. */
  readonly rows: number
  readonly columns: number
  readonly size: number
  readonly convolutions: readonly Convolution2d[]
  /** How many convolutions, from the first, have a pooling behind them. */
  readonly halvings: number

  /** Throws a `UsageError` where the convolutions are too few to come to the grid, and for numbers out of range. */
  constructor(options: GridEncoderOptions) {
    const { engine, random, height, width, channels = 3, filters, convolutions, grid } = options
    for (const [name, value] of Object.entries({ height, width, channels, filters, convolutions, grid }))
      if (!Number.isInteger(value) || value < 1)
        throw new UsageError(`GridEncoder: got ${name} ${value}; expected a whole number of at least 1`)
    this.halvings = halvingsFor(height, width, grid)
    if (convolutions < this.halvings)
      throw new UsageError(
        `GridEncoder: got ${convolutions} convolutions; expected at least ${this.halvings}, to halve ${height} x ${width} pixels to a grid of ${grid}`,
      )
    this.engine = engine
    this.height = height
    this.width = width
    this.channels = channels
    this.rows = height >> this.halvings
    this.columns = width >> this.halvings
    const widths = Array.from({ length: convolutions }, (_, k) => filters * 2 ** Math.min(k, this.halvings))
    this.convolutions = widths.map(
      (outputs, k) =>
        new Convolution2d(widths[k - 1] ?? channels, outputs, 3, {
          ...{ engine, random: random.split(`convolution${k}`), padding: 1 },
        }),
    )
    for (const { weight, bias } of this.convolutions) {
      // behind ReLU half of the variance is lost: weights from U(-√(6 / n), √(6 / n)), He et al. (2015), keep it from layer to layer
      weight.set(weight.data.map((value) => value * Math.sqrt(6)))
      bias.set(bias.data.map(() => 0))
    }
    this.size = (widths.at(-1) ?? 0) + 2
  }

  /** `convolution0.weight`, `convolution0.bias` … */
  parameters(): Record<string, Tensor> {
    return Object.assign(
      {},
      ...this.convolutions.map((layer, k) => prefixed(`convolution${k}`, layer.parameters())),
    )
  }

  encode(pictures: readonly Float32Array[]): Packed {
    let seen = this.#images(pictures)
    for (const [k, convolution] of this.convolutions.entries()) {
      const { data, ...shape } = convolution.forward(seen)
      const lit = { ...shape, data: relu(data) }
      seen = k < this.halvings ? maxPool2d(lit, 2) : lit
    }
    return this.#regions(seen)
  }

  #images(pictures: readonly Float32Array[]): Images {
    const { engine, height, width, channels } = this
    const length = height * width * channels
    for (const [i, picture] of pictures.entries())
      if (picture.length !== length)
        throw new ShapeError(
          `GridEncoder: picture ${i} has ${picture.length} numbers; expected ${height} x ${width} x ${channels} = ${length}`,
        )
    const data = engine.empty([pictures.length * height * width, channels])
    for (const [i, picture] of pictures.entries()) data.data.set(picture, i * length)
    return { data, batch: pictures.length, height, width }
  }

  /** A step for each region, all pictures side by side, and behind its features where it is. */
  #regions({ data, batch, height, width }: Images): Packed {
    const { engine } = this
    const regions = height * width
    const order = Int32Array.from(
      { length: batch * regions },
      (_, row) => (row % batch) * regions + Math.floor(row / batch),
    )
    const places = engine.empty([batch * regions, 2])
    const from = (k: number, side: number) => (side === 1 ? 0 : REACH * ((2 * k) / (side - 1) - 1))
    for (let row = 0; row < batch * regions; row++) {
      const region = Math.floor(row / batch)
      places.data[2 * row] = from(region % width, width)
      places.data[2 * row + 1] = from(Math.floor(region / width), height)
    }
    const layout = PackedLayout.of(new Int32Array(batch).fill(regions))
    return { data: concat([gatherRows(data, engine.indices(order)), places], 1), layout }
  }
}

/** How often pictures are halved until neither side of the grid is longer than `grid`, or the shorter one is 1. */
export function halvingsFor(height: number, width: number, grid: number): number {
  let halvings = 0
  while (Math.max(height, width) >> halvings > grid && Math.min(height, width) >> halvings > 1) halvings++
  return halvings
}

/**
 * Regions whose features somebody else has computed, such as the last layer of a large network: tanh(W x + b) brings them to a size.
 *
 * ```ts
 * const encoder = new FeatureEncoder({ engine, random, inputSize: 2048, size: 256 })
 * const regions = encoder.encode([features]) // features.length / 2048 steps of 256 features
 * ```
 */
export class FeatureEncoder implements RegionEncoder {
  readonly engine: Engine
  readonly inputSize: number
  readonly size: number
  readonly projection: Linear

  constructor({
    engine,
    random,
    inputSize,
    size,
  }: LayerOptions & { readonly inputSize: number; readonly size: number }) {
    this.engine = engine
    this.inputSize = inputSize
    this.size = size
    this.projection = new Linear(inputSize, size, { engine, random: random.split('projection') })
  }

  /** `projection.weight` and `projection.bias`. */
  parameters(): Record<string, Tensor> {
    return prefixed('projection', this.projection.parameters())
  }

  encode(pictures: readonly Float32Array[]): Packed {
    for (const [i, { length }] of pictures.entries())
      if (length === 0 || length % this.inputSize > 0)
        throw new ShapeError(
          `FeatureEncoder: picture ${i} has ${length} numbers; expected a multiple of ${this.inputSize}`,
        )
    const { data, layout } = packSequences(this.engine, pictures, this.inputSize)
    return { data: tanh(this.projection.forward(data)), layout }
  }
}
