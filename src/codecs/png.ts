import type { DecodedPng } from 'fast-png'
import { FormatError } from '../errors.js'
import { crc32 } from './crc32.js'
import type { Image } from './image.js'
import { checkImageSize } from './image-size.js'

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** The chunks that pixels are made of. Text, colour profiles and the frames of animations stay behind: some of them unfold without bounds. */
const PIXELS = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']

/** Numbers per pixel by colour type: grey, colour, palette, grey with opacity, colour with opacity. */
const SAMPLES = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
])

/** Whether the file begins as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte)
}

/** Reads a PNG: checks the declared size, then every chunk, and has `fast-png` unfold the pixels. */
export async function decodePng(bytes: Uint8Array, name: string, mostPixels: number): Promise<Image> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 33 || chunkName(bytes, 12) !== 'IHDR')
    throw new FormatError(`${name}: expected a PNG image's header of 33 bytes, found ${bytes.length} bytes`)
  checkImageSize(name, view.getUint32(16), view.getUint32(20), mostPixels)
  const pixels = pixelChunks(bytes, view, name)
  const { decode } = await import('fast-png')
  try {
    return imageOf(decode(pixels))
  } catch (error) {
    throw new FormatError(`${name}: expected a whole PNG image, found damage: ${(error as Error).message}`)
  }
}

/** The file without the chunks that no pixel needs; every chunk's checksum agrees, and the compressed data is no larger than the pixels. */
function pixelChunks(bytes: Uint8Array, view: DataView, name: string): Uint8Array {
  const kept = [bytes.subarray(0, 8)]
  let compressed = 0
  for (let at = 8; ; ) {
    const left = bytes.length - at - 12
    const [length, kind] = left < 0 ? [0, 'none'] : [view.getUint32(at), chunkName(bytes, at + 4)]
    if (left < 0 || length > left)
      throw new FormatError(`${name}: byte ${at}: expected a PNG image to its end, found it cut short`)
    const end = at + 12 + length
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4))
      throw new FormatError(`${name}: byte ${at}: expected a chunk ${kind} with its checksum, found damage`)
    if (PIXELS.includes(kind)) kept.push(bytes.subarray(at, end))
    if (kind === 'IDAT') compressed += length
    if (kind === 'IEND') break
    at = end
  }
  checkPixels(view, compressed, name)
  return concatenate(kept)
}

/**
 * Of what kind the pixels are, and no more compressed data than they can need: deflate never makes anything larger than it was, but
 * for a little, and so a file that unfolds to more than its pixels is refused by its size.
 */
function checkPixels(view: DataView, compressed: number, name: string): void {
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  const [depth, kind, interlaced] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)]
  const samples = SAMPLES.get(kind)
  if (samples === undefined)
    throw new FormatError(`${name}: byte 25: expected a PNG colour type 0, 2, 3, 4 or 6, found ${kind}`)
  if (interlaced !== 0 && depth < 8)
    throw new FormatError(
      `${name}: byte 28: expected a PNG image of ${depth} bits row by row, found it interlaced, which is read from 8 bits on; convert FILE -interlace none out.png mends it`,
    )
  const row = 1 + Math.ceil((width * samples * depth) / 8)
  const most = 2 * height * row + 1024 // twice for interlaced rows and deflate's own bytes
  if (compressed > most)
    throw new FormatError(
      `${name}: expected at most ${most.toLocaleString('en')} bytes for ${width} x ${height} pixels, found ${compressed.toLocaleString('en')}`,
    )
}

function chunkName(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}

function imageOf(png: DecodedPng): Image {
  const { width, height, palette, channels: samples } = png
  const raw = samplesOf(png)
  const highest = 2 ** png.depth - 1
  if (palette) {
    const channels = palette.some((colour) => colour.length === 4) ? 4 : 3
    return built(width, height, channels, (pixel, channel) => {
      const colour = palette[raw[pixel]]
      if (!colour) throw new Error(`colour ${raw[pixel]} of a palette of ${palette.length}`)
      return (colour[channel] ?? 255) / 255
    })
  }
  const transparent = png.transparency && Array.from(png.transparency)
  if (samples === 1 || samples === 3) {
    if (!transparent)
      return built(width, height, samples, (pixel, channel) => raw[pixel * samples + channel] / highest)
    const isTransparent = (pixel: number) =>
      transparent.every((value, sample) => raw[pixel * samples + sample] === value)
    return built(width, height, 4, (pixel, channel) =>
      channel === 3 ? Number(!isTransparent(pixel)) : raw[pixel * samples + (channel % samples)] / highest,
    )
  }
  // grey with opacity: the grey three times
  const sample = (channel: number) => (samples === 4 ? channel : channel === 3 ? 1 : 0)
  return built(width, height, 4, (pixel, channel) => raw[pixel * samples + sample(channel)] / highest)
}

function built(
  width: number,
  height: number,
  channels: 1 | 3 | 4,
  value: (pixel: number, channel: number) => number,
): Image {
  const data = new Float32Array(width * height * channels)
  for (let pixel = 0, i = 0; pixel < width * height; pixel++)
    for (let channel = 0; channel < channels; channel++) data[i++] = value(pixel, channel)
  return { width, height, channels, data }
}

/** One number per sample; those of 1, 2 and 4 bits come several to a byte, each row from a new byte on. */
function samplesOf({ width, height, depth, channels, data }: DecodedPng): ArrayLike<number> {
  const row = Math.ceil((width * channels * depth) / 8)
  const expected = depth === 16 ? height * width * channels : height * row
  if (data.length !== expected) throw new Error(`${data.length} numbers where ${expected} were declared`)
  if (depth >= 8) return data
  const result = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bit = x * depth
      const shift = 8 - depth - (bit % 8)
      result[y * width + x] = (data[y * row + (bit >> 3)] >> shift) & (2 ** depth - 1)
    }
  return result
}
