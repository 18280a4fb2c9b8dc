import { FormatError } from '../errors.js'
import type { Sound } from './wav.js'

/** What the four bytes at the beginning of a frame say. */
interface Frame {
  readonly sampleRate: number
  readonly mono: boolean
  /** Bytes with these four. */
  readonly length: number
  /** Bytes from the frame's beginning to where an encoder may have written the number of frames. */
  readonly side: number
}

/**
 * Reads an MP3 file (MPEG-1, 2 and 2.5, layer III; constant and variable bit rates), without the silence that encoders put before and
 * after. The frames are followed from the first to the last before anything is decoded, so that what is cut short or is no sound is found.
 * The decoder (`mpg123-decoder`) is loaded with the first file.
 *
 * @throws FormatError, with the place in the file, for anything else and for files that are damaged or cut short.
 *
 * ```ts
 * const { sampleRate, channels } = await readMp3(fs.readFileSync('song.mp3'), 'song.mp3')
 * ```
 */
export async function readMp3(bytes: Uint8Array, name = 'MP3 file'): Promise<Sound> {
  const { first, mono } = framesOf(bytes, name)
  const { MPEGDecoder } = await loadDecoder(name)
  const decoder = new MPEGDecoder()
  await decoder.ready
  try {
    const { channelData, samplesDecoded, errors } = decoder.decode(bytes)
    if (errors.length > 0 || samplesDecoded === 0)
      throw new FormatError(
        `${name}: expected frames of MP3 sound, found damage ${(errors[0]?.outputSamples ?? 0) / first.sampleRate} seconds in`,
      )
    return { sampleRate: first.sampleRate, channels: mono ? channelData.slice(0, 1) : channelData }
  } finally {
    decoder.free()
  }
}

async function loadDecoder(name: string): Promise<typeof import('mpg123-decoder')> {
  try {
    return await import('mpg123-decoder')
  } catch {
    throw new FormatError(`${name}: expected the package mpg123-decoder, which reads MP3, found none`)
  }
}

/** Whether the bytes begin with a frame of MP3, or with a title (ID3) before one. */
export function looksLikeMp3(bytes: Uint8Array): boolean {
  return tagAt(bytes, 0, 'ID3') || frameAt(bytes, 0) !== undefined
}

/** Follows the frames from one to the next. Throws where one is missing. */
function framesOf(bytes: Uint8Array, name: string): { first: Frame; mono: boolean } {
  let at = titleLength(bytes, name)
  const begin = at
  const end = bytes.length - closingLength(bytes)
  const first = frameAt(bytes, at)
  if (!first)
    throw new FormatError(`${name}: byte ${at}: expected a frame of MP3 sound, found ${shown(bytes, at)}`)
  let [count, mono] = [0, true]
  while (at < end) {
    const frame = frameAt(bytes, at)
    if (!frame || frame.sampleRate !== first.sampleRate)
      throw new FormatError(
        `${name}: byte ${at}: expected a frame of MP3 sound of ${first.sampleRate} Hz, found ${frame ? `one of ${frame.sampleRate} Hz` : shown(bytes, at)}: the file is damaged (ffmpeg -i FILE out.wav may repair it)`,
      )
    if (at + frame.length > end)
      throw new FormatError(
        `${name}: byte ${at}: expected a frame of ${frame.length} bytes, found ${end - at}: the file is cut short`,
      )
    mono &&= frame.mono
    count++
    at += frame.length
  }
  const promised = promisedFrames(bytes, begin, first)
  if (promised !== undefined && count - 1 < promised)
    throw new FormatError(
      `${name}: expected ${promised.toLocaleString('en')} frames of MP3 sound, as its beginning says, found ${(count - 1).toLocaleString('en')}: the file is cut short`,
    )
  return { first, mono }
}

const shown = (bytes: Uint8Array, at: number) =>
  at >= bytes.length
    ? "the file's end"
    : `bytes ${Array.from(bytes.subarray(at, at + 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`

const tagAt = (bytes: Uint8Array, at: number, tag: string) =>
  at >= 0 && Array.from(tag).every((letter, i) => bytes[at + i] === letter.charCodeAt(0))

/** Bytes of the title at the beginning (ID3v2), whose size stands in four times seven bits. */
export function titleLength(bytes: Uint8Array, name: string): number {
  if (!tagAt(bytes, 0, 'ID3')) return 0
  const size = bytes.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 127), 0)
  const length = 10 + size + (bytes[5] & 0x10 ? 10 : 0)
  if (length > bytes.length)
    throw new FormatError(
      `${name}: byte 6: expected a title of ${size.toLocaleString('en')} bytes, as its beginning says, found ${Math.max(0, bytes.length - 10).toLocaleString('en')}: the file is cut short`,
    )
  return length
}

/** Bytes of titles at the end: ID3v1, and APE before it. */
function closingLength(bytes: Uint8Array): number {
  const id3 = tagAt(bytes, bytes.length - 128, 'TAG') ? 128 : 0
  const footer = bytes.length - id3 - 32
  if (!tagAt(bytes, footer, 'APETAGEX')) return id3
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = view.getUint32(footer + 20, true) >= 2 ** 31 ? 32 : 0
  const length = id3 + view.getUint32(footer + 12, true) + header
  return length <= bytes.length ? length : id3
}

/** Thousands of bits per second of layer III, by their code. */
const bitRates = {
  mpeg1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
const sampleRates = [44_100, 48_000, 32_000]

/** The frame at a byte; undefined where none begins. Source: ISO 11172-3 and 13818-3. */
function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 255 || (bytes[at + 1] & 0xe0) !== 0xe0) return undefined
  const version = (bytes[at + 1] >> 3) & 3 // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const layer = (bytes[at + 1] >> 1) & 3 // 1: layer III
  const [rateCode, sampleRateCode] = [bytes[at + 2] >> 4, (bytes[at + 2] >> 2) & 3]
  if (version === 1 || layer !== 1 || rateCode === 0 || rateCode === 15 || sampleRateCode === 3)
    return undefined
  const mpeg1 = version === 3
  const sampleRate = sampleRates[sampleRateCode] / (mpeg1 ? 1 : version === 2 ? 2 : 4)
  const bitRate = 1000 * (mpeg1 ? bitRates.mpeg1 : bitRates.mpeg2)[rateCode]
  const mono = bytes[at + 3] >> 6 === 3
  const padding = (bytes[at + 2] >> 1) & 1
  return {
    sampleRate,
    mono,
    length: Math.floor(((mpeg1 ? 144 : 72) * bitRate) / sampleRate) + padding,
    side: 4 + (mpeg1 ? (mono ? 17 : 32) : mono ? 9 : 17),
  }
}

/** How many frames with sound follow the first, where an encoder wrote it there (`Xing`, `Info`). */
function promisedFrames(bytes: Uint8Array, at: number, { side }: Frame): number | undefined {
  const place = at + side
  if (!tagAt(bytes, place, 'Xing') && !tagAt(bytes, place, 'Info')) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (place + 12 > bytes.length || !(view.getUint32(place + 4) & 1)) return undefined
  return view.getUint32(place + 8)
}
