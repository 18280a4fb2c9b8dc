import { FormatError, UsageError } from '../errors.js'

/** Sound as numbers from -1 to 1, one list per channel, all of one length. */
export interface Sound {
  /** Samples per second. */
  readonly sampleRate: number
  readonly channels: readonly Float32Array[]
}

/** What `readWav` can be told. */
export interface WavOptions {
  /** The name that errors begin with. */
  readonly name?: string
  /** Takes what is there when the header promises more: for recordings through a pipe, whose length nobody knew at the beginning. */
  readonly streamed?: boolean
}

/** What the `fmt ` chunk says. */
interface Format {
  readonly float: boolean
  readonly bits: number
  readonly channels: number
  readonly sampleRate: number
}

const PCM = 1
const FLOAT = 3
const EXTENSIBLE = 0xfffe

/**
 * Reads a WAV file: whole numbers of 8, 16, 24 and 32 bits, floats of 32 and 64, any rate, any number of channels.
 *
 * @throws FormatError, with the place in the file, for anything else, a file that is cut short, a rate of 0, samples that are no numbers.
 *
 * ```ts
 * const { sampleRate, channels: [left] } = readWav(fs.readFileSync('word.wav'), { name: 'word.wav' })
 * ```
 */
export function readWav(bytes: Uint8Array, { name = 'WAV file', streamed = false }: WavOptions = {}): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))
  if (bytes.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE')
    throw new FormatError(
      `${name}: expected a WAV file, which begins with RIFF … WAVE, found ${JSON.stringify(tag(0))}`,
    )
  let format: Format | undefined
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [id, size] = [tag(at), view.getUint32(at + 4, true)]
    const begin = at + 8
    const left = bytes.length - begin
    if (id === 'fmt ') format = formatAt(view, begin, Math.min(size, left), name)
    if (id === 'data') {
      if (!format)
        throw new FormatError(`${name}: byte ${at}: expected the chunk "fmt " before "data", found none`)
      if (size === 0 && left > 0 && !streamed)
        throw new FormatError(
          `${name}: byte ${at}: expected the length of the sound, found 0 though ${left.toLocaleString('en')} bytes follow: was it recorded through a pipe?`,
        )
      if (size > left && !streamed)
        throw new FormatError(
          `${name}: byte ${at}: expected ${size.toLocaleString('en')} bytes of sound, as its header says, found ${left.toLocaleString('en')}: the file is cut short, or was recorded through a pipe`,
        )
      return {
        sampleRate: format.sampleRate,
        channels: samplesAt(view, begin, streamed && size === 0 ? left : Math.min(size, left), format, name),
      }
    }
    at = begin + size + (size % 2) // chunks begin at even places
  }
  throw new FormatError(`${name}: expected a chunk "data" with the sound, found none`)
}

function formatAt(view: DataView, at: number, size: number, name: string): Format {
  const problem = (expected: string, found: string | number) =>
    new FormatError(`${name}: byte ${at}: expected ${expected}, found ${found}`)
  if (size < 16) throw problem('16 bytes that describe the sound', size)
  const [kind, channels] = [view.getUint16(at, true), view.getUint16(at + 2, true)]
  const [sampleRate, bits] = [view.getUint32(at + 4, true), view.getUint16(at + 14, true)]
  const code = kind === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : kind
  if (channels === 0) throw problem('at least one channel', 0)
  if (sampleRate === 0) throw problem('a sample rate above 0 Hz', '0 Hz')
  const known = code === PCM ? [8, 16, 24, 32] : code === FLOAT ? [32, 64] : []
  if (!known.includes(bits))
    throw problem(
      'whole numbers of 8, 16, 24 or 32 bits, or floats of 32 or 64 (ffmpeg -i FILE out.wav makes them)',
      `kind ${code} of ${bits} bits`,
    )
  const block = view.getUint16(at + 12, true)
  if (block !== (channels * bits) / 8)
    throw problem(`samples side by side, ${(channels * bits) / 8} bytes for all channels`, `${block} bytes`)
  return { float: code === FLOAT, bits, channels, sampleRate }
}

function samplesAt(
  view: DataView,
  begin: number,
  size: number,
  format: Format,
  name: string,
): Float32Array[] {
  const { bits, channels } = format
  const bytes = bits / 8
  const read = reader(view, format)
  const length = Math.floor(size / (bytes * channels))
  return Array.from({ length: channels }, (_, channel) => {
    const samples = new Float32Array(length)
    for (let i = 0; i < length; i++) {
      samples[i] = read(begin + (i * channels + channel) * bytes)
      if (!Number.isFinite(samples[i]))
        throw new FormatError(
          `${name}: expected numbers, found ${samples[i]} at sample ${i} of channel ${channel}, ${(i / format.sampleRate).toFixed(2)} seconds in`,
        )
    }
    return samples
  })
}

function reader(view: DataView, { float, bits }: Format): (at: number) => number {
  if (float) return bits === 32 ? (at) => view.getFloat32(at, true) : (at) => view.getFloat64(at, true)
  switch (bits) {
    case 8:
      return (at) => (view.getUint8(at) - 128) / 128
    case 16:
      return (at) => view.getInt16(at, true) / 2 ** 15
    case 24:
      return (at) => (view.getUint8(at) + view.getInt16(at + 1, true) * 256) / 2 ** 23
    default:
      return (at) => view.getInt32(at, true) / 2 ** 31
  }
}

/**
 * A WAV file: whole numbers of 16 bits, or floats of 32 with `float`. Samples beyond -1 and 1 are cut off in whole numbers.
 *
 * ```ts
 * fs.writeFileSync('tone.wav', writeWav({ sampleRate: 16_000, channels: [samples] }))
 * ```
 */
export function writeWav({ sampleRate, channels }: Sound, { float = false } = {}): Uint8Array {
  const [first] = channels
  if (!first || channels.some(({ length }) => length !== first.length))
    throw new UsageError(
      `writeWav: expected at least one channel, all of one length, got lengths ${channels.map(({ length }) => length).join(', ') || 'none'}`,
    )
  if (!Number.isInteger(sampleRate) || sampleRate < 1)
    throw new UsageError(`writeWav: got sampleRate ${sampleRate}; expected a whole number of at least 1`)
  for (const [channel, samples] of channels.entries())
    if (!samples.every(Number.isFinite))
      throw new UsageError(`writeWav: channel ${channel} has samples that are no numbers`)
  const bytes = float ? 4 : 2
  const block = bytes * channels.length
  const view = new DataView(new ArrayBuffer(44 + first.length * block))
  const text = (at: number, value: string) => {
    for (let i = 0; i < value.length; i++) view.setUint8(at + i, value.charCodeAt(i))
  }
  text(0, 'RIFF')
  view.setUint32(4, view.byteLength - 8, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, float ? FLOAT : PCM, true)
  view.setUint16(22, channels.length, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * block, true)
  view.setUint16(32, block, true)
  view.setUint16(34, bytes * 8, true)
  text(36, 'data')
  view.setUint32(40, first.length * block, true)
  for (let i = 0, at = 44; i < first.length; i++)
    for (const samples of channels) {
      if (float) view.setFloat32(at, samples[i], true)
      else
        view.setInt16(at, Math.max(-(2 ** 15), Math.min(2 ** 15 - 1, Math.round(samples[i] * 2 ** 15))), true)
      at += bytes
    }
  return new Uint8Array(view.buffer)
}
