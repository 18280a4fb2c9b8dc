import type { Image } from '../codecs/image.js'
import { problem, shown } from '../data/problem.js'
import { completeParts } from '../data/split.js'
import { DataError, UsageError } from '../errors.js'
import type { Random } from '../random/index.js'
import type { DataParts } from './task.js'

/** A picture as somebody else's network sees it: features of its regions, one after the other. */
export interface RegionFeatures {
  readonly regions: number
  /** Numbers of a region. */
  readonly size: number
  /** `regions · size` numbers. */
  readonly data: Float32Array
}

/** What a caption is about: an image, or what a network has seen in it. */
export type Picture = Image | RegionFeatures

/** A picture and what people have said about it. */
export interface CaptionRow {
  readonly image: Picture
  /** At least one; any of them is right. */
  readonly captions: readonly string[]
  /** What reports call the picture. */
  readonly name?: string
}

/** Whether a picture is given as features. */
export function isFeatures(picture: Picture): picture is RegionFeatures {
  return 'regions' in picture
}

/**
 * Pictures with captions that the caller has in memory: a list of `{ image, captions }` (or `caption`), of which a tenth each is held out for
 * validation and test, or `{ train, valid?, test? }`.
 *
 * @throws DataError for a row without a picture or a caption (it says which), and without training rows.
 */
export function captionsInMemory(given: unknown, random: Random): DataParts<CaptionRow> {
  if (Array.isArray(given)) return captionParts({ all: rowsOf(given, 'rows') }, random)
  const parts = (typeof given === 'object' && given !== null ? given : {}) as Partial<DataParts<unknown>>
  if (!Array.isArray(parts.train))
    throw new DataError(
      'data: expected a list of { image, captions }, or { train, valid, test } with such lists',
    )
  return {
    train: rowsOf(parts.train, 'train'),
    valid: rowsOf(parts.valid ?? [], 'valid'),
    test: rowsOf(parts.test ?? [], 'test'),
  }
}

/** The parts of a data set; those that are missing are held out. */
export function captionParts(
  rows: Parameters<typeof completeParts<CaptionRow>>[0],
  random: Pick<Random, 'shuffle'>,
): ReturnType<typeof completeParts<CaptionRow>> {
  // every picture is a row of its own, however often somebody has said the same
  const places = new Map(
    Object.values(rows).flatMap((list, part) => (list ?? []).map((row, i) => [row, `${part}.${i}`])),
  )
  return completeParts(rows, (row) => ({ text: places.get(row) ?? '', label: '' }), random)
}

function rowsOf(rows: readonly unknown[], name: string): CaptionRow[] {
  if (name !== 'valid' && name !== 'test' && rows.length === 0)
    throw new DataError('data: expected training rows, found none')
  return rows.map((row, index) => {
    const place = `${name}[${index}]`
    const given = (typeof row === 'object' && row !== null ? row : {}) as Partial<CaptionRow> & {
      caption?: unknown
    }
    const texts: readonly unknown[] = Array.isArray(given.captions) ? given.captions : [given.caption]
    const captions = texts.flatMap((text) =>
      typeof text === 'string' && text.trim() !== '' ? [text.trim()] : [],
    )
    if (captions.length === 0 || captions.length < texts.length)
      throw problem(place, 0, 'captions, each a text', shown(given.captions ?? given.caption))
    const wrong = whatIsWrong(given.image)
    if (wrong !== undefined) throw problem(place, 0, 'an image or features', wrong)
    return {
      image: given.image as Picture,
      captions,
      ...(typeof given.name === 'string' && { name: given.name }),
    }
  })
}

/** Throws a `UsageError` unless it is a picture; `name` says which: `predict: picture 2 of 3`. */
export function checkPicture(picture: unknown, name: string): asserts picture is Picture {
  const wrong = whatIsWrong(picture)
  if (wrong !== undefined) throw new UsageError(`${name}: expected an image or features, got ${wrong}`)
}

function whatIsWrong(picture: unknown): string | undefined {
  if (typeof picture !== 'object' || picture === null) return shown(picture)
  const { width, height, channels, regions, size, data } = picture as Record<string, unknown>
  const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0
  const sides = regions === undefined ? [width, height, channels] : [regions, size]
  if (!(data instanceof Float32Array) || !sides.every(isCount)) return shown(picture)
  const expected = sides.reduce((product, side) => product * side, 1)
  if (data.length !== expected) return `${data.length} numbers for ${sides.join(' x ')}`
  return data.every(Number.isFinite) ? undefined : 'numbers that are not finite'
}
