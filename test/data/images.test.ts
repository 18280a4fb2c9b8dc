import { describe, expect, it } from 'vitest'
import type { Image } from '../../src/codecs/index.js'
import { colour, crop, grayscale, normalizeImage, resize } from '../../src/data/index.js'
import { UsageError } from '../../src/errors.js'
import { expectNumbers, readFixture } from '../fixture.js'

interface Sized {
  readonly width: number
  readonly height: number
  readonly values: readonly number[]
}

const fixture = readFixture<{
  resize: Sized & { sizes: readonly Sized[] }
  grayscale: { width: number; height: number; colour: readonly number[]; grey: readonly number[] }
}>('images')

const image = (width: number, height: number, channels: 1 | 3 | 4, values: readonly number[]): Image => ({
  width,
  height,
  channels,
  data: Float32Array.from(values),
})

describe('resize', () => {
  const { width, height, values, sizes } = fixture.resize
  it.each(sizes)('to $width x $height is the exact mean, or Pillow’s bilinear filter', (expected) => {
    const result = resize(image(width, height, 3, values), { width: expected.width, height: expected.height })
    expect([result.width, result.height, result.channels]).toEqual([expected.width, expected.height, 3])
    expectNumbers(result.data, expected.values, 1e-6, 'pixels')
  })

  it('to a height keeps the proportions, at least one pixel', () => {
    const wide = image(30, 10, 1, new Array(300).fill(0.5))
    expect(resize(wide, { height: 4 })).toMatchObject({ width: 12, height: 4 })
    expect(resize(wide, { width: 60 })).toMatchObject({ width: 60, height: 20 })
    expect(resize(wide, { width: 1 })).toMatchObject({ width: 1, height: 1 })
  })

  it('to its own size changes nothing', () => {
    const same = image(3, 2, 1, [0, 0.1, 0.2, 0.3, 0.4, 1])
    expect(resize(same, { width: 3, height: 2 })).toEqual(same)
  })

  it.each([{}, { width: 0 }, { height: 2.5 }, { width: 3, height: Number.NaN }])('%o is refused', (size) => {
    expect(() => resize(image(1, 1, 1, [0]), size)).toThrow(UsageError)
  })
})

describe('channels', () => {
  it('grey is Pillow’s within half a step', () => {
    const { width, height, colour: values, grey } = fixture.grayscale
    const result = grayscale(
      image(
        width,
        height,
        3,
        values.map((x) => x / 255),
      ),
    )
    const distances = Array.from(result.data, (value, i) => Math.abs(value * 255 - grey[i]))
    expect(result.channels).toBe(1)
    expect(Math.max(...distances)).toBeLessThan(0.51)
  })

  it('what is transparent shows white', () => {
    const black = image(3, 1, 4, [0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0.5])
    expect(Array.from(colour(black).data)).toEqual([1, 1, 1, 0, 0, 0, 1, 0.5, 0.5])
    expect(grayscale(black).data[0]).toBeCloseTo(1, 6)
  })

  it('grey as colour is the same number three times', () => {
    expect(Array.from(colour(image(2, 1, 1, [0.25, 1])).data)).toEqual([0.25, 0.25, 0.25, 1, 1, 1])
  })
})

describe('crop', () => {
  const numbered = image(4, 3, 1, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  it('takes a rectangle', () => {
    const part = crop(numbered, { left: 1, top: 1, width: 2, height: 2 })
    expect(part).toEqual(image(2, 2, 1, [5, 6, 9, 10]))
    expect(crop(colour(numbered), { left: 3, top: 2, width: 1, height: 1 })).toEqual(
      image(1, 1, 3, [11, 11, 11]),
    )
  })

  it.each([
    { left: 3, top: 0, width: 2, height: 1 },
    { left: -1, top: 0, width: 1, height: 1 },
    { left: 0, top: 0, width: 0, height: 1 },
    { left: 0, top: 0.5, width: 1, height: 1 },
  ])('%o is refused', (box) => {
    expect(() => crop(numbered, box)).toThrow(UsageError)
  })
})

describe('normalizeImage', () => {
  it('takes one mean and deviation, or one per channel', () => {
    const grey = normalizeImage(image(2, 1, 1, [0.5, 1]), { mean: [0.5], deviation: [0.25] })
    expect(Array.from(grey.data)).toEqual([0, 2])
    const result = normalizeImage(image(1, 1, 3, [1, 0.5, 0]), { mean: [0, 0.5, 1], deviation: [1, 2, 0.5] })
    expect(Array.from(result.data)).toEqual([1, 0, -2])
  })

  it.each([
    { mean: [1, 2], deviation: [1] },
    { mean: [Number.NaN], deviation: [1] },
    { mean: [0], deviation: [0] },
  ])('%o is refused', (options) => {
    expect(() => normalizeImage(image(1, 1, 3, [1, 1, 1]), options)).toThrow(UsageError)
  })
})
