import { colour, normalizeImage, resize } from '../data/images.js'
import { FormatError, UsageError } from '../errors.js'
import type { Json, JsonObject } from '../formats/index.js'
import { isFeatures, type Picture } from './caption-rows.js'
import { storedObject } from './stored.js'

/** What a model does to a picture before its network sees it. */
export type PictureReader = PixelReader | FeatureReader

/** Images of one size, in colour, each colour with mean 0 and deviation 1 over the training images. */
export interface PixelReader {
  readonly kind: 'pixels'
  readonly width: number
  readonly height: number
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

/** Features as they are; each picture may have another number of regions. */
export interface FeatureReader {
  readonly kind: 'features'
  readonly size: number
}

/** A colour whose deviation is smaller, a quarter of one of 255 steps, is the same in all pictures but for rounding: it is divided by 1. */
const UNCHANGED = 1e-3

/** Learns from the training pictures how pictures are to be read. Throws a `UsageError` for images among features, and features of different sizes. */
export function readerFor(
  pictures: readonly Picture[],
  { width, height }: { readonly width: number; readonly height: number },
): PictureReader {
  const [first] = pictures
  if (isFeatures(first)) {
    const reader = { kind: 'features', size: first.size } as const
    for (const [i, picture] of pictures.entries()) checkKind(reader, picture, `training picture ${i + 1}`)
    return reader
  }
  return { kind: 'pixels', width, height, ...statisticsOf(pictures, { width, height }) }
}

/** Throws a `UsageError`, which `name` begins, for a picture of the other kind, and for features of another size. */
export function checkKind(reader: PictureReader, picture: Picture, name: string): void {
  if (reader.kind === 'features') {
    if (!isFeatures(picture))
      throw new UsageError(`${name}: expected features of ${reader.size} numbers a region, got an image`)
    if (picture.size !== reader.size)
      throw new UsageError(
        `${name}: expected features of ${reader.size} numbers a region, got ${picture.size}`,
      )
  } else if (isFeatures(picture)) throw new UsageError(`${name}: expected an image, got features`)
}

/** The numbers that the network sees of a picture. Throws as `checkKind` does. */
export function numbersOf(reader: PictureReader, picture: Picture, name: string): Float32Array {
  checkKind(reader, picture, name)
  if (reader.kind === 'features' || isFeatures(picture)) return picture.data
  return normalizeImage(resize(colour(picture), reader), reader).data
}

/** The reader that was stored. Throws a `FormatError` for anything else. */
export function readerFromJSON(json: Json | undefined, where: string): PictureReader {
  const { kind, width, height, mean, deviation, size } = storedObject(json)
  const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0
  const isColour = (value: unknown): value is number[] =>
    Array.isArray(value) && value.length === 3 && value.every(Number.isFinite)
  if (kind === 'features' && isCount(size)) return { kind, size }
  if (kind === 'pixels' && isCount(width) && isCount(height) && isColour(mean) && isColour(deviation))
    return { kind, width, height, mean, deviation }
  throw new FormatError(
    `${where}: pictures: expected how pictures are read, found ${JSON.stringify(json ?? null)}`,
  )
}

/** The reader as it is stored. */
export function readerToJSON(reader: PictureReader): JsonObject {
  return { ...reader }
}

function statisticsOf(
  pictures: readonly Picture[],
  size: { readonly width: number; readonly height: number },
) {
  const [sums, squares] = [new Float64Array(3), new Float64Array(3)]
  for (const [i, picture] of pictures.entries()) {
    if (isFeatures(picture))
      throw new UsageError(`training picture ${i + 1}: expected an image as the first one is, got features`)
    const { data } = resize(colour(picture), size)
    for (let k = 0; k < data.length; k++) {
      sums[k % 3] += data[k]
      squares[k % 3] += data[k] * data[k]
    }
  }
  const count = pictures.length * size.width * size.height
  const mean = Array.from(sums, (sum) => sum / count)
  const deviation = mean.map((middle, c) => {
    const root = Math.sqrt(Math.max(0, squares[c] / count - middle * middle))
    return root < UNCHANGED ? 1 : root
  })
  return { mean, deviation }
}
