import { expect, it } from 'vitest'
import { imageUri, readImage } from '../../src/codecs/index.js'

it.each([
  [1, 5, 3],
  [3, 7, 4],
  [4, 3, 2],
  [3, 200, 150], // two blocks of deflate
] as const)(
  'an image of %i channels, %i x %i, as an address is a PNG with the same pixels',
  async (channels, width, height) => {
    const data = Float32Array.from({ length: width * height * channels }, (_, i) => ((i * 101) % 256) / 255)
    const image = { width, height, channels, data }
    const [head, body] = imageUri(image).split(',')
    expect(head).toBe('data:image/png;base64')
    expect(await readImage(Uint8Array.from(Buffer.from(body, 'base64')))).toEqual(image)
  },
)
