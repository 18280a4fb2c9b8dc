import { describe, expect, it } from 'vitest'
import { readWav, writeWav } from '../../src/codecs/index.js'
import { FormatError, UsageError } from '../../src/errors.js'

interface Written {
  readonly kind?: number
  readonly bits: number
  readonly channels?: number
  readonly rate?: number
  readonly body: ArrayLike<number>
  /** What the header says of the body's length, if it lies. */
  readonly promised?: number
  readonly before?: ArrayLike<number>
}

/** A WAV file, byte by byte as the format's description has it. */
function wav({
  kind = 1,
  bits,
  channels = 1,
  rate = 8000,
  body,
  promised = body.length,
  before = [],
}: Written): Uint8Array {
  const word = (value: number) => [
    value & 255,
    (value >>> 8) & 255,
    (value >>> 16) & 255,
    (value >>> 24) & 255,
  ]
  const half = (value: number) => word(value).slice(0, 2)
  const text = (value: string) => Array.from(value, (letter) => letter.charCodeAt(0))
  const block = (channels * bits) / 8
  const extended = kind === 0xfffe
  const extension = extended
    ? [...half(22), ...half(bits), ...word(4), ...half(3), ...new Array(14).fill(9)]
    : []
  const format = [
    ...half(kind),
    ...half(channels),
    ...word(rate),
    ...word(rate * block),
    ...half(block),
    ...half(bits),
    ...extension,
  ]
  return Uint8Array.from([
    ...[...text('RIFF'), ...word(0), ...text('WAVE'), ...Array.from(before)],
    ...[...text('fmt '), ...word(format.length), ...format],
    ...[...text('data'), ...word(promised), ...Array.from(body)],
  ])
}

const bytesOf = (values: Float32Array | Float64Array | Int16Array | Int32Array) =>
  new Uint8Array(values.buffer, 0, values.byteLength)

describe('reading', () => {
  it.each([
    ['8 bits', wav({ bits: 8, body: [0, 128, 192, 255] }), [-1, 0, 0.5, 127 / 128]],
    [
      '16 bits',
      wav({ bits: 16, body: bytesOf(Int16Array.of(-32768, 0, 16384, 32767)) }),
      [-1, 0, 0.5, 32767 / 32768],
    ],
    [
      '24 bits',
      wav({ bits: 24, body: [0, 0, 128, 0, 0, 0, 0, 0, 64, 255, 255, 255] }),
      [-1, 0, 0.5, -(2 ** -23)],
    ],
    ['32 bits', wav({ bits: 32, body: bytesOf(Int32Array.of(-(2 ** 31), 0, 2 ** 30)) }), [-1, 0, 0.5]],
    ['floats', wav({ kind: 3, bits: 32, body: bytesOf(Float32Array.of(-1, 0.25, 2)) }), [-1, 0.25, 2]],
    ['long floats', wav({ kind: 3, bits: 64, body: bytesOf(Float64Array.of(-1, 0.25)) }), [-1, 0.25]],
    ['extensible', wav({ kind: 0xfffe, bits: 32, body: bytesOf(Float32Array.of(0.5)) }), [0.5]],
    ['a list before it', wav({ bits: 8, body: [0], before: [76, 73, 83, 84, 3, 0, 0, 0, 1, 2, 3, 0] }), [-1]],
  ])('%s', (_, bytes, expected) => {
    const { sampleRate, channels } = readWav(bytes)
    expect(sampleRate).toBe(8000)
    expect(channels.map((samples) => Array.from(samples))).toEqual([expected])
  })

  it('channels lie sample by sample', () => {
    const { channels } = readWav(wav({ bits: 16, channels: 2, body: bytesOf(Int16Array.of(1, 2, 3, 4, 5)) }))
    expect(channels.map((samples) => Array.from(samples, (x) => x * 32768))).toEqual([
      [1, 3],
      [2, 4],
    ])
  })

  it('reads what it writes', () => {
    const sound = {
      sampleRate: 44_100,
      channels: [Float32Array.of(-1, 0, 0.5), Float32Array.of(0.25, -0.75, 0)],
    }
    expect(readWav(writeWav(sound))).toEqual(sound)
    expect(readWav(writeWav(sound, { float: true }))).toEqual(sound)
    const loud = { sampleRate: 8000, channels: [Float32Array.of(1.5, -1.5)] }
    expect(Array.from(readWav(writeWav(loud)).channels[0])).toEqual([32767 / 32768, -1])
    expect(readWav(writeWav({ sampleRate: 1, channels: [new Float32Array(0)] })).channels[0]).toHaveLength(0)
  })
})

describe('bad files', () => {
  const name = 'a.wav'
  it.each([
    ['no WAV', Uint8Array.from([1, 2, 3]), /^a\.wav: expected a WAV file/],
    ['nothing', new Uint8Array(0), /expected a WAV file/],
    [
      'cut short',
      wav({ bits: 16, body: [1, 2, 3, 4] }).subarray(0, -2),
      /byte 36: expected 4 bytes of sound, as its header says, found 2/,
    ],
    ['4 GB promised', wav({ bits: 16, body: [1, 2], promised: 2 ** 32 - 1 }), /4,294,967,295 bytes of sound/],
    ['0 Hz', wav({ bits: 16, rate: 0, body: [] }), /byte 20: expected a sample rate above 0 Hz/],
    ['no channel', wav({ bits: 16, channels: 0, body: [] }), /at least one channel/],
    ['12 bits', wav({ bits: 12, body: [] }), /kind 1 of 12 bits/],
    ['compressed', wav({ kind: 2, bits: 4, body: [] }), /kind 2 of 4 bits/],
    [
      'no number',
      wav({ kind: 3, bits: 32, body: bytesOf(Float32Array.of(0, Number.NaN)) }),
      /found NaN at sample 1 of channel 0, 0\.00 seconds in/,
    ],
    ['no sound', wav({ bits: 16, body: [] }).subarray(0, 36), /a chunk "data" with the sound, found none/],
    ['no format', Uint8Array.from(Buffer.from('RIFF0000WAVEdata\0\0\0\0')), /"fmt " before "data"/],
    [
      'half a format',
      Uint8Array.from(Buffer.from('RIFF0000WAVEfmt \x10\0\0\0\x01\0')),
      /16 bytes that describe the sound, found 2/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => readWav(bytes, { name })).toThrow(FormatError)
    expect(() => readWav(bytes, { name })).toThrow(message)
  })

  it('a recording through a pipe is read as far as it goes', () => {
    const bytes = wav({ bits: 16, body: [0, 64, 1], promised: 2 ** 32 - 1 })
    expect(Array.from(readWav(bytes, { streamed: true }).channels[0])).toEqual([0.5])
  })

  it('a length of 0 is a placeholder of recorders', () => {
    const bytes = wav({ bits: 16, body: [0, 64, 0, 192], promised: 0 })
    expect(() => readWav(bytes, { name })).toThrow(/found 0 though 4 bytes follow/)
    expect(Array.from(readWav(bytes, { streamed: true }).channels[0])).toEqual([0.5, -0.5])
    expect(readWav(wav({ bits: 16, body: [] })).channels[0]).toHaveLength(0)
  })

  it('24 bits in boxes of 32 are not read as noise', () => {
    const bytes = wav({ bits: 24, body: [1, 2, 3, 0] })
    bytes[32] = 4
    expect(() => readWav(bytes, { name })).toThrow(/3 bytes for all channels, found 4 bytes/)
  })

  it('writing needs channels of one length and a rate', () => {
    expect(() => writeWav({ sampleRate: 8000, channels: [] })).toThrow(UsageError)
    expect(() =>
      writeWav({ sampleRate: 8000, channels: [new Float32Array(1), new Float32Array(2)] }),
    ).toThrow(/lengths 1, 2/)
    expect(() => writeWav({ sampleRate: 8000, channels: [Float32Array.of(Number.NaN)] })).toThrow(/channel 0/)
    expect(() => writeWav({ sampleRate: 0.5, channels: [new Float32Array(1)] })).toThrow(/sampleRate 0\.5/)
  })
})
