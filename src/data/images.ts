import type { Image } from '../codecs/image.js'
import { UsageError } from '../errors.js'

/** A rectangle of an image: its top left pixel and its size. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** The size that an image is brought to; where one of the two is left out, the other gives it and the proportions stay. */
export interface ImageSize {
  readonly width?: number
  readonly height?: number
}

/**
 * The image in three channels: grey becomes red = green = blue; what is transparent shows white, as on paper.
 *
 *   colour = opacity · colour + (1 - opacity)
 */
export function colour(image: Image): Image {
  if (image.channels === 3) return image
  const { width, height, channels, data } = image
  const result = new Float32Array(width * height * 3)
  for (let i = 0; i < result.length; i++) {
    const pixel = Math.floor(i / 3) * channels
    const opacity = channels === 4 ? data[pixel + 3] : 1
    result[i] = opacity * data[pixel + (channels === 4 ? i % 3 : 0)] + (1 - opacity)
  }
  return { width, height, channels: 3, data: result }
}

/**
 * The image in one channel, as bright as the eye sees it: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601); what is
 * transparent is white.
 */
export function grayscale(image: Image): Image {
  if (image.channels === 1) return image
  const { width, height, data } = colour(image)
  const result = new Float32Array(width * height)
  for (let i = 0; i < result.length; i++)
    result[i] = 0.299 * data[3 * i] + 0.587 * data[3 * i + 1] + 0.114 * data[3 * i + 2]
  return { width, height, channels: 1, data: result }
}

/** A rectangle of the image. A `UsageError` where it reaches beyond the image. */
export function crop(image: Image, { left, top, width, height }: Box): Image {
  const numbers = [left, top, width, height]
  const inside = left >= 0 && top >= 0 && left + width <= image.width && top + height <= image.height
  if (!numbers.every(Number.isInteger) || width < 1 || height < 1 || !inside)
    throw new UsageError(
      `crop: got ${width} x ${height} pixels from column ${left}, row ${top}; expected whole numbers inside ${image.width} x ${image.height}`,
    )
  const { channels } = image
  const data = new Float32Array(width * height * channels)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels
    data.set(image.data.subarray(from, from + width * channels), y * width * channels)
  }
  return { width, height, channels, data }
}

/**
 * The image at another size. Along each side on its own: a new pixel is the mean of what it covers where the side shrinks (parts of
 * pixels count as parts), and lies between the two nearest pixels, weighed by their nearness, where it grows. The sums run in one
 * order, so the same image gives the same bits everywhere.
 *
 * ```ts
 * const line = resize(grayscale(image), { height: 32 })            // as wide as the proportions say
 * const square = resize(image, { width: 64, height: 64 })
 * ```
 */
export function resize(image: Image, size: ImageSize): Image {
  const { width, height } = wholeSize(image, size)
  return resizeRows(resizeColumns(image, width), height)
}

/** (x - mean) / deviation, channel by channel. A `UsageError` for other than one number, or one per channel, and for deviations that are not positive. */
export function normalizeImage(
  image: Image,
  { mean, deviation }: { readonly mean: readonly number[]; readonly deviation: readonly number[] },
): Image {
  const { channels } = image
  for (const [name, numbers] of Object.entries({ mean, deviation }))
    if (
      (numbers.length !== 1 && numbers.length !== channels) ||
      !numbers.every((x) => Number.isFinite(x) && (name === 'mean' || x > 0))
    )
      throw new UsageError(
        `normalizeImage: got ${name} [${numbers.join(', ')}]; expected one${name === 'mean' ? '' : ' positive'} number, or one for each of ${channels} channels`,
      )
  const pick = (numbers: readonly number[], i: number) => numbers[numbers.length === 1 ? 0 : i % channels]
  return { ...image, data: image.data.map((x, i) => (x - pick(mean, i)) / pick(deviation, i)) }
}

function wholeSize(image: Image, size: ImageSize): { width: number; height: number } {
  const width = size.width ?? Math.max(1, Math.round((image.width * (size.height ?? 0)) / image.height))
  const height = size.height ?? Math.max(1, Math.round((image.height * (size.width ?? 0)) / image.width))
  const given = [size.width, size.height].filter((side) => side !== undefined)
  if (given.length === 0 || !given.every((side) => Number.isInteger(side) && side >= 1))
    throw new UsageError(
      `resize: got width ${size.width}, height ${size.height}; expected a width, a height or both, whole numbers of at least 1`,
    )
  return { width, height }
}

/** What a new pixel along one side is made of: old pixels from `first` on, each with its weight; the weights add up to 1. */
interface Mixture {
  readonly first: number
  readonly weights: readonly number[]
}

function mixtures(from: number, to: number): Mixture[] {
  return Array.from({ length: to }, (_, i) =>
    to < from ? covered(i, from / to) : between(i, from, from / to),
  )
}

/** The old pixels that new pixel i covers, from i · scale to (i + 1) · scale. */
function covered(i: number, scale: number): Mixture {
  const [begin, end] = [i * scale, (i + 1) * scale]
  const first = Math.floor(begin)
  const count = Math.max(1, Math.ceil(end - 1e-9) - first) // an end that is a whole number but for rounding needs no further pixel
  const overlap = (pixel: number) => Math.min(end, pixel + 1) - Math.max(begin, pixel)
  return { first, weights: Array.from({ length: count }, (_, k) => overlap(first + k) / scale) }
}

/** The two old pixels whose middles stand around the middle of new pixel i; at the edge, the outermost one. */
function between(i: number, from: number, scale: number): Mixture {
  const place = Math.max(0, Math.min(from - 1, (i + 0.5) * scale - 0.5))
  const first = Math.floor(place)
  const share = place - first
  return { first, weights: share === 0 ? [1] : [1 - share, share] }
}

function resizeColumns(image: Image, width: number): Image {
  const { height, channels, data } = image
  const result = new Float32Array(width * height * channels)
  for (const [x, { first, weights }] of mixtures(image.width, width).entries())
    for (let y = 0; y < height; y++)
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0
        for (let k = 0; k < weights.length; k++)
          sum += weights[k] * data[(y * image.width + first + k) * channels + channel]
        result[(y * width + x) * channels + channel] = sum
      }
  return { width, height, channels, data: result }
}

function resizeRows(image: Image, height: number): Image {
  const { width, channels, data } = image
  const row = width * channels
  const result = new Float32Array(height * row)
  for (const [y, { first, weights }] of mixtures(image.height, height).entries())
    for (let i = 0; i < row; i++) {
      let sum = 0
      for (let k = 0; k < weights.length; k++) sum += weights[k] * data[(first + k) * row + i]
      result[y * row + i] = sum
    }
  return { width, height, channels, data: result }
}
