import { FormatError } from '../errors.js'
import { BitReader } from './bit-reader.js'
import type { Sound } from './wav.js'

/** What the beginning of the file says of the whole. */
interface Stream {
  readonly sampleRate: number
  readonly channels: number
  readonly bits: number
  /** Samples per channel; 0 where the encoder did not know. */
  readonly total: number
}

/** What stands at the beginning of a frame. */
interface Frame {
  readonly length: number
  readonly channels: number
  readonly bits: number
  /** Which channel is a difference of two, needs a bit more, and how the two are got back. */
  readonly stereo: 'apart' | 'left and side' | 'side and right' | 'middle and side'
}

/** Samples of all channels that are read at most, 4 GB of them: silence may be packed ten thousand to the byte. */
const most = 2 ** 30

/**
 * Reads a FLAC file: 4 to 32 bits, any rate, up to 8 channels. The samples are exactly those that were encoded, divided by 2^(bits - 1).
 * Each frame's checksums are compared, and the number of samples with what the file's beginning promises.
 *
 * Source: RFC 9639, Free Lossless Audio Codec.
 *
 * @throws FormatError, with the place in the file, for anything else and for files that are damaged or cut short.
 *
 * ```ts
 * const { sampleRate, channels: [left] } = readFlac(fs.readFileSync('word.flac'), 'word.flac')
 * ```
 */
export function readFlac(bytes: Uint8Array, name = 'FLAC file'): Sound {
  const [stream, begin] = streamOf(bytes, name)
  const parts: Float32Array[][] = Array.from({ length: stream.channels }, () => [])
  let samples = 0
  for (let at = begin; at < bytes.length && !(stream.total > 0 && samples >= stream.total); ) {
    const [decoded, end] = frameAt(bytes, at, stream, name)
    for (const [channel, values] of decoded.entries()) parts[channel].push(values)
    samples += decoded[0].length
    if (samples * stream.channels > most)
      throw new FormatError(
        `${name}: byte ${at}: expected at most ${most.toLocaleString('en')} samples, found more: read such a file in parts`,
      )
    at = end
  }
  if (stream.total > 0 && samples !== stream.total)
    throw new FormatError(
      `${name}: expected ${stream.total.toLocaleString('en')} samples, as its beginning says, found ${samples.toLocaleString('en')}: the file is cut short`,
    )
  return { sampleRate: stream.sampleRate, channels: parts.map((list) => joined(list, samples)) }
}

function joined(parts: readonly Float32Array[], length: number): Float32Array {
  const result = new Float32Array(length)
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}

/** The description of the stream, and where its frames begin. */
function streamOf(bytes: Uint8Array, name: string): [Stream, number] {
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== 'fLaC')
    throw new FormatError(`${name}: expected a FLAC file, which begins with fLaC`)
  let stream: Stream | undefined
  for (let at = 4, last = false; !last; ) {
    const size = at + 4 <= bytes.length ? (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3] : 0
    const end = at + 4 + size
    if (end > bytes.length)
      throw new FormatError(
        `${name}: byte ${at}: expected ${size.toLocaleString('en')} bytes about the sound, found ${Math.max(0, bytes.length - at - 4).toLocaleString('en')}: the file is cut short`,
      )
    last = bytes[at] >= 128
    if ((bytes[at] & 127) === 0) stream = description(bytes, at + 4, size, name)
    at = end
    if (last && stream) return [stream, at]
  }
  throw new FormatError(`${name}: byte 4: expected the description of the sound (STREAMINFO), found none`)
}

function description(bytes: Uint8Array, at: number, size: number, name: string): Stream {
  if (size < 34)
    throw new FormatError(`${name}: byte ${at}: expected 34 bytes that describe the sound, found ${size}`)
  const reader = new BitReader(bytes, at + 10, () => never(name, at))
  const stream = {
    sampleRate: reader.unsigned(20),
    channels: reader.unsigned(3) + 1,
    bits: reader.unsigned(5) + 1,
    total: reader.unsigned(36),
  }
  if (stream.sampleRate === 0)
    throw new FormatError(`${name}: byte ${at + 10}: expected a sample rate above 0 Hz, found 0 Hz`)
  return stream
}

function never(name: string, at: number): never {
  throw new FormatError(
    `${name}: byte ${at}: expected a frame of sound, found the file's end: it is cut short or damaged`,
  )
}

/** The samples of the frame at a byte, per channel, and where it ends. */
function frameAt(bytes: Uint8Array, at: number, stream: Stream, name: string): [Float32Array[], number] {
  const damaged = (found: string): never => {
    throw new FormatError(
      `${name}: byte ${at}: expected a frame of sound, found ${found}: the file is damaged`,
    )
  }
  const reader = new BitReader(bytes, at, () => never(name, at))
  const frame = headerOf(reader, at, stream, damaged)
  if (frame.channels !== stream.channels)
    damaged(`${frame.channels} channels where the file has ${stream.channels}`)
  const values = Array.from({ length: frame.channels }, (_, channel) => {
    const side = frame.stereo === 'side and right' ? 0 : 1
    const extra = frame.stereo !== 'apart' && channel === side ? 1 : 0
    return subframe(reader, frame.length, frame.bits + extra, damaged)
  })
  reader.align()
  const end = reader.place
  if (reader.unsigned(16) !== crc(bytes, at, end, 16, 0x8005)) damaged('one with a wrong checksum')
  separate(values, frame.stereo)
  return [values.map((channel) => Float32Array.from(channel, (x) => x / 2 ** (frame.bits - 1))), end + 2]
}

/** Sizes of frames and rates that have a code of their own; the others follow the header's fixed part. */
const lengths = [0, 192, 576, 1152, 2304, 4608]
const sampleSizes = [0, 8, 12, 0, 16, 20, 24, 32]
const pairs = ['left and side', 'side and right', 'middle and side'] as const

function headerOf(reader: BitReader, at: number, stream: Stream, damaged: (found: string) => never): Frame {
  if (reader.unsigned(15) !== 0x7ffc) damaged('other bytes')
  reader.unsigned(1) // whether all frames have one length
  const [lengthCode, rateCode] = [reader.unsigned(4), reader.unsigned(4)]
  const [assignment, sizeCode] = [reader.unsigned(4), reader.unsigned(3)]
  if (lengthCode === 0 || rateCode === 15 || assignment > 10 || sizeCode === 3 || reader.unsigned(1) === 1)
    damaged('one with a reserved code')
  passNumber(reader)
  const length =
    lengthCode === 6 || lengthCode === 7
      ? reader.unsigned(lengthCode === 6 ? 8 : 16) + 1
      : (lengths[lengthCode] ?? 2 ** lengthCode)
  if (rateCode >= 12) reader.unsigned(rateCode === 12 ? 8 : 16)
  const end = reader.place
  if (reader.unsigned(8) !== crc(reader.bytes, at, end, 8, 0x07)) damaged('one with a wrong checksum')
  return {
    length,
    channels: assignment < 8 ? assignment + 1 : 2,
    bits: sampleSizes[sizeCode] || stream.bits,
    stereo: assignment < 8 ? 'apart' : pairs[assignment - 8],
  }
}

/** Passes over the frame's number, which is written like a character of UTF-8. */
function passNumber(reader: BitReader): void {
  const first = reader.unsigned(8)
  for (let bit = 0x40; first >= 0xc0 && first & bit; bit >>= 1) reader.unsigned(8)
}

/** One channel of a frame as whole numbers. */
function subframe(
  reader: BitReader,
  length: number,
  bits: number,
  damaged: (found: string) => never,
): Float64Array {
  if (reader.unsigned(1) === 1) damaged('a channel that begins wrongly')
  const kind = reader.unsigned(6)
  const wasted = reader.unsigned(1) === 1 ? reader.zeros() + 1 : 0
  const size = bits - wasted
  if (size < 1) damaged('a channel without bits')
  const values = new Float64Array(length)
  if (kind === 0) values.fill(reader.signed(size))
  else if (kind === 1) for (let i = 0; i < length; i++) values[i] = reader.signed(size)
  else if (kind >= 8 && kind <= 12) fixedPrediction(reader, values, kind - 8, size, damaged)
  else if (kind >= 32) linearPrediction(reader, values, kind - 31, size, damaged)
  else damaged(`a channel of the unknown kind ${kind}`)
  if (wasted > 0) for (let i = 0; i < length; i++) values[i] *= 2 ** wasted
  return values
}

/** Weights of the last samples in the five fixed predictors, the latest first: differences of differences. */
const fixedWeights = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]]

function fixedPrediction(
  reader: BitReader,
  values: Float64Array,
  order: number,
  bits: number,
  damaged: (found: string) => never,
): void {
  warmUp(reader, values, order, bits, damaged)
  residual(reader, values, order, damaged)
  predict(values, fixedWeights[order], 0)
}

function linearPrediction(
  reader: BitReader,
  values: Float64Array,
  order: number,
  bits: number,
  damaged: (found: string) => never,
): void {
  warmUp(reader, values, order, bits, damaged)
  const precision = reader.unsigned(4) + 1
  const shift = reader.signed(5)
  if (precision === 16 || shift < 0) damaged('a predictor with a reserved code')
  const weights = Array.from({ length: order }, () => reader.signed(precision))
  residual(reader, values, order, damaged)
  predict(values, weights, shift)
}

/** The first samples, from which the others are predicted. */
function warmUp(
  reader: BitReader,
  values: Float64Array,
  order: number,
  bits: number,
  damaged: (found: string) => never,
): void {
  if (order > values.length) damaged('a predictor longer than the frame')
  for (let i = 0; i < order; i++) values[i] = reader.signed(bits)
}

/** x_t = e_t + ⌊Σ w_k x_{t-k} / 2^shift⌋, in place of the residuals e. Sums stay below 2^53, where doubles are exact. */
function predict(values: Float64Array, weights: readonly number[], shift: number): void {
  const order = weights.length
  for (let t = order; t < values.length; t++) {
    let sum = 0
    for (let k = 0; k < order; k++) sum += weights[k] * values[t - 1 - k]
    values[t] += Math.floor(sum / 2 ** shift)
  }
}

/** What prediction leaves over, in Rice codes whose parameter changes from part to part. */
function residual(
  reader: BitReader,
  values: Float64Array,
  order: number,
  damaged: (found: string) => never,
): void {
  const method = reader.unsigned(2)
  if (method > 1) damaged('residuals with a reserved code')
  const parameterBits = method === 0 ? 4 : 5
  const parts = 2 ** reader.unsigned(4)
  const size = values.length / parts
  if (!Number.isInteger(size) || size < order) damaged('residuals that do not fit the frame')
  for (let part = 0, i = order; part < parts; part++) {
    const end = (part + 1) * size
    const parameter = reader.unsigned(parameterBits)
    if (parameter === 2 ** parameterBits - 1) {
      const bits = reader.unsigned(5) // not worth a code: numbers as they are
      for (; i < end; i++) values[i] = reader.signed(bits)
    } else for (; i < end; i++) values[i] = rice(reader, parameter)
  }
}

function rice(reader: BitReader, parameter: number): number {
  const high = reader.zeros()
  const code = high * 2 ** parameter + reader.unsigned(parameter)
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2
}

/** Left and right from a channel and a difference, in place. */
function separate([a, b]: readonly Float64Array[], stereo: Frame['stereo']): void {
  if (stereo === 'apart') return
  for (let i = 0; i < a.length; i++) {
    if (stereo === 'left and side') b[i] = a[i] - b[i]
    else if (stereo === 'side and right') a[i] += b[i]
    else {
      const sum = 2 * a[i] + (Math.abs(b[i]) % 2)
      const side = b[i]
      a[i] = (sum + side) / 2
      b[i] = (sum - side) / 2
    }
  }
}

/** A checksum of `bits` bits: the remainder of the bytes as a polynomial, highest bit first. */
function crc(bytes: Uint8Array, begin: number, end: number, bits: 8 | 16, polynomial: number): number {
  const table = tables[bits] ?? remainders(bits, polynomial)
  tables[bits] = table
  let remainder = 0
  for (let i = begin; i < end; i++)
    remainder = ((remainder << 8) ^ table[((remainder >> (bits - 8)) ^ bytes[i]) & 255]) & (2 ** bits - 1)
  return remainder
}

const tables: { 8?: Uint16Array; 16?: Uint16Array } = {}

function remainders(bits: number, polynomial: number): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte << (bits - 8)
    for (let i = 0; i < 8; i++)
      remainder = remainder & (2 ** (bits - 1)) ? (remainder << 1) ^ polynomial : remainder << 1
    return remainder & (2 ** bits - 1)
  })
}
