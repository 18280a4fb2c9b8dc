import { describe, expect, it } from 'vitest'
import { crc32, type Image, readImage, writePng } from '../../src/codecs/index.js'
import { FormatError, UsageError } from '../../src/errors.js'
import { readFixture } from '../fixture.js'

/** A file that Pillow wrote, and the pixels that Pillow reads from it. */
interface StoredImage {
  readonly base64: string
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly highest: number
  readonly pixels: readonly number[]
}

const fixture = readFixture<
  Record<'png' | 'jpeg', Record<string, StoredImage>> & { interlacedBits: StoredImage }
>('images')
const bytesOf = ({ base64 }: StoredImage) => Uint8Array.from(Buffer.from(base64, 'base64'))
const message = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error) => {
      expect(error).toBeInstanceOf(FormatError)
      return (error as Error).message
    },
  )

/** The image's numbers in the fixture's whole steps. */
function stepsOf(image: Image, { highest }: StoredImage): number[] {
  return Array.from(image.data, (value) => value * highest)
}

describe('PNG', () => {
  it.each(Object.entries(fixture.png))('%s: the pixels are Pillow’s', async (_, stored) => {
    const image = await readImage(bytesOf(stored))
    expect([image.width, image.height, image.channels]).toEqual([
      stored.width,
      stored.height,
      stored.channels,
    ])
    expect(stepsOf(image, stored).map((value) => Number(value.toFixed(2)))).toEqual(stored.pixels)
  })

  it('is written and read again', async () => {
    for (const channels of [1, 3, 4] as const) {
      const data = Float32Array.from({ length: 6 * channels }, (_, i) => ((i * 37) % 256) / 255)
      const image = { width: 3, height: 2, channels, data }
      expect(await readImage(await writePng(image))).toEqual(image)
    }
  })

  it('is written with its numbers cut off at 0 and 1', async () => {
    const written = await writePng({ width: 2, height: 1, channels: 1, data: Float32Array.of(-0.5, 1.7) })
    expect(Array.from((await readImage(written)).data)).toEqual([0, 1])
    await expect(writePng({ width: 2, height: 2, channels: 3, data: new Float32Array(4) })).rejects.toThrow(
      UsageError,
    )
  })
})

describe('JPEG', () => {
  // Decoders may differ in rounding; where colour is stored at half the resolution, also in how they spread it.
  const tolerance = (name: string) => (name.includes('half') ? 8 : 2.01)
  it.each(Object.entries(fixture.jpeg))(
    '%s: the pixels are Pillow’s within a step or two',
    async (name, stored) => {
      const image = await readImage(bytesOf(stored))
      expect([image.width, image.height, image.channels]).toEqual([
        stored.width,
        stored.height,
        stored.channels,
      ])
      const distances = stepsOf(image, stored).map((value, i) => Math.abs(value - stored.pixels[i]))
      expect(Math.max(...distances)).toBeLessThanOrEqual(tolerance(name))
    },
  )
})

describe('bad images', () => {
  const png = bytesOf(fixture.png.colour)
  const jpeg = bytesOf(fixture.jpeg.colour)

  /** The file with another size in its header, with the right checksum. */
  function declare(width: number, height: number): Uint8Array {
    const lying = png.slice()
    const view = new DataView(lying.buffer)
    view.setUint32(16, width)
    view.setUint32(20, height)
    view.setUint32(29, crc32(lying.subarray(12, 29)))
    return lying
  }

  it('a PNG that declares 60,000 x 60,000 pixels is refused before anything is unfolded', async () => {
    const before = process.memoryUsage()
    expect(await message(readImage(declare(60_000, 60_000), { name: 'bomb.png' }))).toBe(
      'bomb.png: expected an image of at most 25,000,000 pixels, found a header that declares 60,000 x 60,000 = 3,600,000,000',
    )
    const after = process.memoryUsage()
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(10_000_000)
  })

  it('a JPEG likewise, and the limit is the caller’s', async () => {
    const lying = jpeg.slice()
    const frame = lying.findIndex((byte, i) => byte === 0xff && lying[i + 1] === 0xc0)
    new DataView(lying.buffer).setUint32(frame + 5, 0xea60ea60) // height and width
    expect(await message(readImage(lying, { name: 'bomb.jpg' }))).toContain(
      'bomb.jpg: expected an image of at most 25,000,000 pixels, found a header that declares 60,000 x 60,000',
    )
    expect(await message(readImage(jpeg, { mostPixels: 300 }))).toContain('at most 300 pixels')
    expect(await message(readImage(declare(0, 4)))).toContain('at least one pixel, found 0 x 4')
  })

  it('a PNG whose data unfolds to far more than its pixels is refused by its size', async () => {
    const bytes = 2_000_000
    const chunk = new Uint8Array(12 + bytes)
    const view = new DataView(chunk.buffer)
    view.setUint32(0, bytes)
    chunk.set([0x49, 0x44, 0x41, 0x54], 4) // IDAT
    view.setUint32(8 + bytes, crc32(chunk.subarray(4, 8 + bytes)))
    const stuffed = Uint8Array.from([...png.subarray(0, 33), ...chunk, ...png.subarray(33)])
    expect(await message(readImage(stuffed))).toMatch(/at most [\d,]+ bytes for 5 x 6 pixels, found 2,000,/)
  })

  it('a declared size that the data does not fill is damage', async () => {
    expect(await message(readImage(declare(5, 600)))).toContain('expected a whole PNG image, found damage')
    expect(await message(readImage(declare(500, 6)))).toContain('expected a whole PNG image, found damage')
  })

  it.each([
    ['PNG', png],
    ['progressive JPEG', bytesOf(fixture.jpeg.progressive)],
    ['JPEG', jpeg],
  ])('a %s that is cut short anywhere is refused', async (_, bytes) => {
    for (let length = 8; length < bytes.length; length += 7)
      expect(await message(readImage(bytes.subarray(0, length), { name: 'cut' })), `${length}`).toMatch(
        /^cut: /,
      )
    expect(await message(readImage(bytes.subarray(0, bytes.length - 1), { name: 'cut' }))).toMatch(
      /cut short/,
    )
  })

  it('a flipped bit in a PNG is found, with its place', async () => {
    const damaged = png.slice()
    damaged[50] ^= 4
    expect(await message(readImage(damaged, { name: 'cat.png' }))).toBe(
      'cat.png: byte 33: expected a chunk IDAT with its checksum, found damage',
    )
  })

  it('interlaced pixels of less than a byte are not read, and it says so', async () => {
    expect(await message(readImage(bytesOf(fixture.interlacedBits), { name: 'old.png' }))).toMatch(
      /^old.png: byte 28: expected a PNG image of 1 bits row by row, found it interlaced/,
    )
  })

  it('other formats are named', async () => {
    const begins = (text: string) => new TextEncoder().encode(text)
    expect(await message(readImage(begins('GIF89a......'), { name: 'a.png' }))).toContain(
      'a.png: expected a PNG or JPEG image, found a GIF image',
    )
    expect(await message(readImage(begins('RIFF....WEBPVP8 ')))).toContain('found a WebP image')
    expect(await message(readImage(begins('image,caption')))).toContain('begins with "imag"')
    expect(await message(readImage(new Uint8Array()))).toContain('found an empty file')
  })

  it('a name that lies does not matter: the bytes say what it is', async () => {
    expect((await readImage(jpeg, { name: 'photo.png' })).width).toBe(18)
  })
})
