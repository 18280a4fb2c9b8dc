import { crc32 } from './crc32.js'
import type { Image } from './image.js'
import { imageBytes } from './image-bytes.js'

/** Bytes of a stored block of deflate, at most. */
const BLOCK = 0xffff

/**
 * The image as a `data:` address that pages and SVG pictures can hold: a PNG without compression, which needs no library and does not wait.
 *
 * ```ts
 * const tag = `<img src="${imageUri(image)}">`
 * ```
 */
export function imageUri({ width, height, channels, data }: Image): string {
  const bytes = imageBytes(data)
  const row = width * channels
  const lines = new Uint8Array(height * (row + 1)) // a 0 before each line: no filter
  for (let y = 0; y < height; y++) lines.set(bytes.subarray(y * row, (y + 1) * row), y * (row + 1) + 1)
  const kind = { 1: 0, 3: 2, 4: 6 }[channels]
  const header = [...word(width), ...word(height), 8, kind, 0, 0, 0]
  const parts = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', stored(lines)),
    chunk('IEND', []),
  ]
  const text = parts.map((part) => Array.from(part, (byte) => String.fromCharCode(byte)).join('')).join('')
  return `data:image/png;base64,${btoa(text)}`
}

/** zlib's wrapping of bytes as they are: a header, blocks that say how long they are, and the sum by Adler (RFC 1950, 1951). */
function stored(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK))
  const result = new Uint8Array(2 + bytes.length + 5 * blocks + 4)
  result.set([0x78, 0x01])
  let at = 2
  for (let block = 0; block < blocks; block++) {
    const part = bytes.subarray(block * BLOCK, (block + 1) * BLOCK)
    const length = [part.length & 255, part.length >> 8]
    result.set([block === blocks - 1 ? 1 : 0, ...length, ...length.map((byte) => byte ^ 255)], at)
    result.set(part, at + 5)
    at += 5 + part.length
  }
  let [low, high] = [1, 0]
  for (const byte of bytes) {
    low = (low + byte) % 65521
    high = (high + low) % 65521
  }
  result.set(word(high * 65536 + low), at)
  return result
}

function chunk(name: string, body: ArrayLike<number>): Uint8Array {
  const result = new Uint8Array(12 + body.length)
  result.set(word(body.length))
  result.set(
    Array.from(name, (letter) => letter.charCodeAt(0)),
    4,
  )
  result.set(body, 8)
  result.set(word(crc32(result.subarray(4, 8 + body.length))), 8 + body.length)
  return result
}

/** A whole number as four bytes, the largest first. */
function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
}
