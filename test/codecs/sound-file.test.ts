import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFlac, readMp3, readSound, writeWav } from '../../src/codecs/index.js'
import { FormatError } from '../../src/errors.js'
import { readFixture } from '../fixture.js'

interface StoredFile {
  name: string
  bytes: string
  rate: number
  /** Every `step`-th sample of each channel, floats of 32 bits. */
  channels: string[]
  length: number
  step: number
}
const files = readFixture<StoredFile[]>('sounds')

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'))
const floatsOf = (text: string) => new Float32Array(bytesOf(text).buffer)
const file = (name: string) => bytesOf(files.find((one) => one.name === name)?.bytes ?? '')
const changed = (bytes: Uint8Array, at: number, values: readonly number[]) => {
  const copy = bytes.slice()
  copy.set(values, at)
  return copy
}
const textBytes = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0))

async function expectRefused(bytes: Uint8Array, message: RegExp): Promise<void> {
  await expect(readSound(bytes, 'a.sound')).rejects.toThrow(FormatError)
  await expect(readSound(bytes, 'a.sound')).rejects.toThrow(message)
}

describe('sound files', () => {
  it.each(files)(
    '$name is what libsndfile decodes',
    async ({ name, bytes, rate, channels, length, step }) => {
      const sound = await readSound(bytesOf(bytes), name)
      expect(sound.sampleRate).toBe(rate)
      expect(sound.channels).toHaveLength(channels.length)
      const tolerance = name.endsWith('.flac') ? 0 : 1e-4
      for (const [i, channel] of sound.channels.entries()) {
        expect(channel).toHaveLength(length)
        for (const [j, expected] of floatsOf(channels[i]).entries())
          expect(Math.abs(channel[j * step] - expected), `sample ${j * step}`).toBeLessThanOrEqual(tolerance)
      }
    },
  )

  it('are told by their first bytes', async () => {
    const sound = { sampleRate: 8000, channels: [Float32Array.of(0.5, -0.25)] }
    expect(await readSound(writeWav(sound), 'a.mp3')).toEqual(sound)
    const title = [...textBytes('ID3'), 4, 0, 0, 0, 0, 0, 6, ...textBytes('a song')]
    for (const name of ['tone.mp3', 'tone.flac'])
      expect(await readSound(Uint8Array.from([...title, ...file(name)]))).toEqual(await readSound(file(name)))
    await expectRefused(
      Uint8Array.from(textBytes('OggS and so on')),
      /^a\.sound: expected a sound file \(WAV, FLAC or MP3; .*found one that begins with "OggS"/,
    )
    await expectRefused(new Uint8Array(0), /found an empty file/)
  })

  it('WAV files keep their errors', async () => {
    const bytes = writeWav({ sampleRate: 8000, channels: [new Float32Array(10)] })
    await expectRefused(bytes.subarray(0, 50), /^a\.sound: byte 36: expected 20 bytes of sound/)
    await expectRefused(changed(bytes, 40, [255, 255, 255, 255]), /expected 4,294,967,295 bytes of sound/)
    await expectRefused(changed(bytes, 24, [0, 0, 0, 0]), /above 0 Hz/)
    const float = writeWav({ sampleRate: 8000, channels: [new Float32Array(10)] }, { float: true })
    await expectRefused(changed(float, 48, [0, 0, 192, 127]), /found NaN at sample 1 of channel 0/)
  })
})

describe('FLAC', () => {
  const bytes = file('silence, last frame short.flac')
  const tone = file('tone.flac')

  it('says where a file is damaged or cut short', async () => {
    await expectRefused(
      tone.subarray(0, 20),
      /^a\.sound: byte 4: expected 34 bytes about the sound, found 12/,
    )
    await expectRefused(
      tone.subarray(0, -5),
      /^a\.sound: byte \d+: expected a frame of sound, found the file's end/,
    )
    await expectRefused(changed(tone, tone.length - 100, [1, 2, 3]), /^a\.sound: byte 86: .* damaged$/)
    const frames = bytes.lastIndexOf(0xf8) - 1 // the last frame begins with ff f8
    await expectRefused(
      changed(bytes, frames, [1]),
      /byte \d+: expected a frame of sound, found other bytes: the/,
    )
    await expectRefused(
      changed(bytes, frames + 5, [1]),
      /found one with a wrong checksum: the file is damaged/,
    )
    await expectRefused(
      bytes.subarray(0, frames),
      /expected 9,000 samples, .* found 8,192: the file is cut short/,
    )
  })

  it('a description out of range is refused, and what it promises is not allocated', async () => {
    await expectRefused(
      changed(tone, 18, [0, 0, tone[20] & 15]),
      /byte 18: expected a sample rate above 0 Hz/,
    )
    await expectRefused(
      changed(tone, 5, [255, 255, 255]),
      /byte 4: expected 16,777,215 bytes about the sound/,
    )
    await expectRefused(
      changed(tone, 4, [tone[4] | 1]),
      /byte 4: expected the description of the sound \(STREAMINFO\), found none/,
    )
    const promising = changed(tone, 21, [tone[21] | 15, 255, 255, 255, 255])
    await expectRefused(promising, /expected 68,719,476,735 samples, .* found 1,200/)
    expect(() => readFlac(Uint8Array.from([1, 2, 3]), 'b.flac')).toThrow(/^b\.flac: expected a FLAC file/)
  })

  it('an unknown number of samples is found out', () => {
    const unknown = changed(tone, 21, [tone[21] & 240, 0, 0, 0, 0])
    expect(readFlac(unknown)).toEqual(readFlac(tone))
  })

  it('numbers that are not worth a code are read as they are', () => {
    // one frame of 4 samples, 8 bits: fixed predictor of order 1, first sample 5, residuals 3, -2, 1 in 4 bits each
    const frame = '111111111111100 0 0110 0000 0000 001 0 00000000 00000011'
    const channel = '0 001001 0 00000101 00 0000 1111 00100 0011 1110 0001'
    const bits = (text: string) => {
      const digits = text.replaceAll(' ', '')
      const padded = digits.padEnd(8 * Math.ceil(digits.length / 8), '0')
      return Array.from({ length: padded.length / 8 }, (_, i) =>
        Number.parseInt(padded.slice(8 * i, 8 * i + 8), 2),
      )
    }
    // remainder of polynomial division, bit by bit
    const remainder = (values: readonly number[], width: number, polynomial: number) => {
      let rest = 0
      for (const value of values)
        for (let bit = 7; bit >= 0; bit--) {
          const carry = ((rest >> (width - 1)) & 1) ^ ((value >> bit) & 1)
          rest = ((rest << 1) & (2 ** width - 1)) ^ (carry ? polynomial : 0)
        }
      return rest
    }
    const header = bits(frame)
    const body = [...header, remainder(header, 8, 0x07), ...bits(channel)]
    const sum = remainder(body, 16, 0x8005)
    const info = [
      128,
      0,
      0,
      34,
      ...new Array(10).fill(0),
      ...bits('00000001111101000000 000 00111'),
      0,
      0,
      0,
      4,
    ]
    const found = readFlac(
      Uint8Array.from([
        ...textBytes('fLaC'),
        ...info,
        ...new Array(16).fill(0),
        ...body,
        sum >> 8,
        sum & 255,
      ]),
    )
    expect(found).toEqual({ sampleRate: 8000, channels: [Float32Array.of(5, 8, 6, 7).map((x) => x / 128)] })
  })

  it('no damage gives anything but an error or the same sound', () => {
    const clean = readFlac(tone)
    fc.assert(
      fc.property(fc.nat(tone.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const body = at >= 42 // before it stand sizes and checksums of the whole, which may change unnoticed
        try {
          const found = readFlac(changed(tone, at, [tone[at] ^ mask]))
          if (body && at > 42 + 4 + 60) expect(found).toEqual(clean)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('MP3', () => {
  const tone = file('tone.mp3')

  it('says where a file is damaged or cut short', async () => {
    await expectRefused(
      tone.subarray(0, -5),
      /^a\.sound: byte \d+: expected a frame of \d+ bytes, found \d+: .*cut short/,
    )
    await expectRefused(
      changed(tone, frameEnd(tone), [1, 2]),
      /byte \d+: expected a frame of MP3 sound of 16000 Hz, found bytes 01 02/,
    )
    await expectRefused(Uint8Array.from([...tone, 1, 2, 3]), /found bytes 01 02 03/)
  })

  it('fewer frames than the first one says are a file that is cut short', async () => {
    await expectRefused(
      tone.subarray(0, frameEnd(tone, frameEnd(tone))),
      /expected \d frames of MP3 sound, as its beginning says, found 1: the file is cut short/,
    )
  })

  it('a title of absurd size is refused', async () => {
    const title = Uint8Array.from([...textBytes('ID3'), 4, 0, 0, 127, 127, 127, 127])
    await expectRefused(title, /byte 6: expected a title of 268,435,455 bytes/)
    await expect(readMp3(Uint8Array.from([1, 2, 3]), 'b.mp3')).rejects.toThrow(
      /^b\.mp3: byte 0: expected a frame/,
    )
  })

  it('titles at the end are passed over', async () => {
    const closing = [...textBytes('TAG'), ...new Array(125).fill(32)]
    const ape = [...textBytes('APETAGEX'), 208, 7, 0, 0, 32, 0, 0, 0, ...new Array(16).fill(0)]
    const bytes = Uint8Array.from([...tone, ...ape, ...closing])
    expect((await readMp3(bytes)).channels[0]).toHaveLength((await readMp3(tone)).channels[0].length)
  })
})

/** Where the frame at a byte ends: where the next one begins, with bytes that all frames share. */
function frameEnd(bytes: Uint8Array, from = 0): number {
  for (let at = from + 4; at < bytes.length; at++)
    if (bytes[at] === bytes[0] && bytes[at + 1] === bytes[1] && bytes[at + 3] === bytes[3]) return at
  throw new Error('no further frame')
}
