import { FormatError, UsageError } from '../errors.js'
import { imageBytes } from './image-bytes.js'
import { decodeJpeg, isJpeg } from './jpeg.js'
import { decodePng, isPng } from './png.js'

/** A picture as numbers from 0 (dark, transparent) to 1, the channels of a pixel side by side, row by row from the top left. */
export interface Image {
  readonly width: number
  readonly height: number
  /** 1: grey. 3: red, green, blue. 4: the same and opacity. */
  readonly channels: 1 | 3 | 4
  /** `height · width · channels` numbers. */
  readonly data: Float32Array
}

/** What `readImage` can be told. */
export interface ImageOptions {
  /** The name that errors begin with. */
  readonly name?: string
  /** The most pixels an image may declare, 25 million by default (6,000 x 4,000 and a little); checked before anything is decoded. */
  readonly mostPixels?: number
}

/** The first bytes of formats that people have and this reader has not. */
const others: readonly (readonly [string, RegExp])[] = [
  ['a GIF image', /^GIF8/],
  ['a WebP image', /^RIFF.{4}WEBP/s],
  ['a BMP image', /^BM/],
  ['a TIFF image', /^(II\*\0|MM\0\*)/],
  ['a HEIC or AVIF image', /^.{4}ftyp/s],
  ['a PDF document', /^%PDF/],
  ['an SVG or XML document', /^\s*</],
]

/**
 * Reads a PNG (1 to 16 bits, grey, colour, palette, opacity) or a JPEG (baseline or progressive, grey or colour), told apart by
 * their first bytes, not by the file's name. Pictures that a camera merely marked as turned are read as they lie.
 *
 * @throws FormatError for other formats, files that are cut short or damaged, and declared sizes beyond `mostPixels`.
 *
 * ```ts
 * const { width, height, channels, data } = await readImage(fs.readFileSync('dog.jpg'), { name: 'dog.jpg' })
 * ```
 */
export async function readImage(
  bytes: Uint8Array,
  { name = 'image', mostPixels = 25_000_000 }: ImageOptions = {},
): Promise<Image> {
  if (isPng(bytes)) return decodePng(bytes, name, mostPixels)
  if (isJpeg(bytes)) return decodeJpeg(bytes, name, mostPixels)
  const begin = String.fromCharCode(...bytes.subarray(0, 12))
  const known = others.find(([, pattern]) => pattern.test(begin))?.[0]
  throw new FormatError(
    `${name}: expected a PNG or JPEG image, found ${known ?? (begin === '' ? 'an empty file' : `a file that begins with ${JSON.stringify(begin.slice(0, 4))}`)}; other formats are brought to PNG by: convert FILE out.png`,
  )
}

/**
 * A PNG file of 8 bits per channel: numbers are cut off at 0 and 1 and rounded to the nearest of 256 steps.
 *
 * ```ts
 * fs.writeFileSync('scene.png', await writePng(image))
 * ```
 */
export async function writePng({ width, height, channels, data }: Image): Promise<Uint8Array> {
  if (data.length !== width * height * channels)
    throw new UsageError(
      `writePng: expected ${width} x ${height} x ${channels} = ${width * height * channels} numbers, got ${data.length}`,
    )
  const { encode } = await import('fast-png')
  return encode({ width, height, channels, depth: 8, data: imageBytes(data) })
}
