import { resize } from '../data/images.js'
import { FormatError } from '../errors.js'
import type { Json, JsonObject } from '../formats/index.js'
import { numbersOf, type PictureReader } from './caption-pictures.js'
import type { CaptionRow, Picture } from './caption-rows.js'
import { storedObject } from './stored.js'

/** Training pictures that are kept, and the sides of what is kept of an image. */
const MOST = 1000
const SIDE = 8
/** Numbers that are kept of features. */
const NUMBERS = 192

/**
 * The caption of the training picture that looks most alike: the rule that a network has to beat. Of at most 1,000 pictures it keeps 8 x 8
 * pixels (of features the mean over the regions, as 192 numbers), each as a whole number from 0 to 255.
 */
export class NearestPicture {
  constructor(
    readonly reader: PictureReader,
    /** What numbers 0 and 255 stand for. */
    readonly range: readonly [number, number],
    readonly pictures: readonly Uint8Array[],
    readonly captions: readonly string[],
  ) {}

  /** Keeps pictures spread over the rows. */
  static learn(reader: PictureReader, rows: readonly CaptionRow[]): NearestPicture {
    const step = Math.max(1, rows.length / MOST)
    const kept = Array.from({ length: Math.min(MOST, rows.length) }, (_, k) => rows[Math.floor(k * step)])
    const small = kept.map(({ image }) => smallOf(reader, image))
    const range = [0, 0] as [number, number]
    for (const numbers of small)
      for (const value of numbers) {
        range[0] = Math.min(range[0], value)
        range[1] = Math.max(range[1], value)
      }
    return new NearestPicture(
      reader,
      range,
      small.map((numbers) => steps(numbers, range)),
      kept.map(({ captions }) => captions[0]),
    )
  }

  /** The caption of the kept picture with the smallest squared distance; of equally near ones the first. */
  captionOf(picture: Picture): string {
    const sought = steps(smallOf(this.reader, picture), this.range)
    let [best, least] = [0, Number.POSITIVE_INFINITY]
    for (const [k, kept] of this.pictures.entries()) {
      let distance = 0
      for (let i = 0; i < sought.length; i++) distance += (sought[i] - kept[i]) ** 2
      if (distance < least) [best, least] = [k, distance]
    }
    return this.captions[best]
  }

  /** Numbers in hexadecimal digits, two each. */
  toJSON(): JsonObject {
    const text = (numbers: Uint8Array) =>
      Array.from(numbers, (value) => value.toString(16).padStart(2, '0')).join('')
    return { range: [...this.range], pictures: this.pictures.map(text), captions: [...this.captions] }
  }

  /** Throws a `FormatError` for what `toJSON` has not written. */
  static fromJSON(json: Json | undefined, reader: PictureReader, where: string): NearestPicture {
    const { range, pictures, captions } = storedObject(json)
    const isTexts = (value: unknown): value is string[] =>
      Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === 'string')
    const isRange = (value: unknown): value is [number, number] =>
      Array.isArray(value) && value.length === 2 && value.every(Number.isFinite)
    if (!isRange(range) || !isTexts(pictures) || !isTexts(captions) || pictures.length !== captions.length)
      throw new FormatError(`${where}: baselines.nearest: expected pictures and their captions`)
    const bytes = (text: string) =>
      Uint8Array.from({ length: text.length / 2 }, (_, i) =>
        Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
      )
    return new NearestPicture(reader, range, pictures.map(bytes), captions)
  }
}

function smallOf(reader: PictureReader, picture: Picture): Float32Array {
  const data = numbersOf(reader, picture, 'picture')
  if (reader.kind === 'pixels')
    return resize(
      { width: reader.width, height: reader.height, channels: 3, data },
      { width: SIDE, height: SIDE },
    ).data
  const mean = new Float32Array(reader.size)
  for (let i = 0; i < data.length; i++) mean[i % reader.size] += data[i] / (data.length / reader.size)
  const line = { width: reader.size, height: 1, channels: 1, data: mean } as const
  return resize(line, { width: Math.min(NUMBERS, reader.size), height: 1 }).data
}

function steps(numbers: Float32Array, [low, high]: readonly [number, number]): Uint8Array {
  const range = high - low || 1
  return Uint8Array.from(numbers, (value) =>
    Math.round(255 * Math.max(0, Math.min(1, (value - low) / range))),
  )
}
