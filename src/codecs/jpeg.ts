import { FormatError } from '../errors.js'
import type { Image } from './image.js'
import { checkImageSize } from './image-size.js'

/** What the frame header says. */
interface Frame {
  readonly width: number
  readonly height: number
  readonly components: number
}

const [EOI, SOS, TEM] = [0xd9, 0xda, 0x01]
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7

/** Whether the file begins as a JPEG does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
}

/** Reads a JPEG: walks its markers to the end, checks the declared size, and has `jpeg-js` compute the pixels. */
export async function decodeJpeg(bytes: Uint8Array, name: string, mostPixels: number): Promise<Image> {
  const { width, height, components } = walk(bytes, name, (frame) =>
    checkImageSize(name, frame.width, frame.height, mostPixels),
  )
  if (components !== 1 && components !== 3)
    throw new FormatError(
      `${name}: expected a JPEG image of 1 component (grey) or 3 (colour), found ${components}; convert FILE -colorspace sRGB out.png brings it to colour`,
    )
  const { decode } = (await import('jpeg-js')).default
  try {
    const { data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: Number.POSITIVE_INFINITY, // both limits: the size has been checked
      maxMemoryUsageInMB: Number.POSITIVE_INFINITY,
    })
    const values = new Float32Array(width * height * components)
    const stride = components === 1 ? 3 : 1 // jpeg-js writes grey three times
    for (let i = 0; i < values.length; i++) values[i] = data[i * stride] / 255
    return { width, height, channels: components, data: values }
  } catch (error) {
    throw new FormatError(`${name}: expected a whole JPEG image, found damage: ${(error as Error).message}`)
  }
}

/** From marker to marker to the end of the image; says what the frame header declares, as soon as it is met. */
function walk(bytes: Uint8Array, name: string, check: (frame: Frame) => void): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let frame: Frame | undefined
  for (let at = 2; ; ) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++ // fill bytes
    const marker = bytes[at + 1]
    if (at + 2 > bytes.length || (marker !== EOI && at + 4 > bytes.length)) throw cutShort(name, bytes)
    if (bytes[at] !== 0xff)
      throw new FormatError(`${name}: byte ${at}: expected a JPEG marker, found ${bytes[at]}`)
    if (marker === EOI) break
    const length = marker === TEM ? 0 : view.getUint16(at + 2)
    if (isFrame(marker)) {
      if (at + 10 > bytes.length) throw cutShort(name, bytes)
      frame = { height: view.getUint16(at + 5), width: view.getUint16(at + 7), components: bytes[at + 9] }
      check(frame)
    }
    at += 2 + length
    if (marker === SOS) at = afterScan(bytes, at)
  }
  if (!frame) throw new FormatError(`${name}: expected a JPEG image with a frame header, found none`)
  return frame
}

/** Where the next marker stands: in the pixels' bits 255 is followed by 0, or by a restart marker. */
function afterScan(bytes: Uint8Array, begin: number): number {
  let at = begin
  while (at < bytes.length && (bytes[at] !== 0xff || bytes[at + 1] === 0 || isRestart(bytes[at + 1]))) at++
  return at
}

function cutShort(name: string, bytes: Uint8Array): FormatError {
  return new FormatError(
    `${name}: byte ${bytes.length}: expected a JPEG image to its end, found it cut short`,
  )
}
