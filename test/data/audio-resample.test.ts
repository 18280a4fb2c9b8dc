import { describe, expect, it, test } from 'vitest'
import { mono, Resampler, resample } from '../../src/data/index.js'
import { UsageError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'
import { expectNumbers, readFixture } from '../fixture.js'

interface ResampleFixture {
  noise: number[]
  cases: { from: number; to: number; scipy: number[]; tones: number[]; begin: number; soxr: number[] }[]
}
const fixture = readFixture<ResampleFixture>('resample')

function tone(rate: number, frequency: number, seconds: number, angle = 0): Float64Array {
  return Float64Array.from({ length: Math.round(rate * seconds) }, (_, i) =>
    Math.sin((2 * Math.PI * frequency * i) / rate + angle),
  )
}

/** The largest of the samples in the middle, away from what begins and ends abruptly. */
function loudness(samples: Float32Array): number {
  const quarter = Math.floor(samples.length / 4)
  return samples.subarray(quarter, -quarter).reduce((most, x) => Math.max(most, Math.abs(x)), 0)
}

const pairs = [
  [8000, 16_000],
  [16_000, 8000],
  [44_100, 16_000],
  [16_000, 22_050],
  [48_000, 44_100],
  [16_000, 15_999],
] as const

describe('resample', () => {
  test.each(fixture.cases)('from $from to $to is scipy’s with the same filter, to 1e-5', (entry) => {
    const found = resample(fixture.noise, entry.from, entry.to)
    expectNumbers(found, entry.scipy, 1e-5, 'noise')
  })

  test.each(fixture.cases)(
    'tones from $from to $to are soxr’s, to 2e-4',
    ({ from, to, tones, begin, soxr }) => {
      const parts = tones.map((frequency, i) => tone(from, frequency, 0.2, i))
      const sound = parts[0].map((_, t) => parts.reduce((sum, part) => sum + 0.3 * part[t], 0))
      const found = resample(sound, from, to)
      expectNumbers(found.subarray(begin, begin + soxr.length), soxr, 2e-4, 'tones') // soxr’s own distance from the exact tones is up to 1.4e-4
    },
  )

  test.each(pairs)(
    'from %i to %i: tones below 9/10 of the lower Nyquist frequency stay, to 2e-5',
    (from, to) => {
      for (const share of [0.01, 0.3, 0.9]) {
        const frequency = (share * Math.min(from, to)) / 2
        const found = resample(tone(from, frequency, 0.2), from, to)
        const expected = tone(to, frequency, 0.2)
        const quarter = Math.floor(found.length / 4)
        expectNumbers(
          found.subarray(quarter, -quarter),
          expected.subarray(quarter, found.length - quarter),
          2e-5,
          `${frequency} Hz`,
        )
      }
    },
  )

  test.each([
    [16_000, 8000],
    [44_100, 16_000],
    [48_000, 11_025],
  ])('from %i to %i: tones above the new Nyquist frequency are 100 dB down', (from, to) => {
    for (const frequency of [1.001 * (to / 2), 1.2 * (to / 2), 0.9 * (from / 2)]) {
      const sound = tone(from, frequency, 0.2)
      expect(20 * Math.log10(loudness(resample(sound, from, to)))).toBeLessThan(-100)
    }
  })

  it('makes no frequencies above the old Nyquist frequency: a constant stays constant', () => {
    const found = resample(new Float32Array(2000).fill(0.5), 16_000, 44_100)
    const middle = found.subarray(400, -400)
    expect(new Set(middle)).toEqual(new Set([0.5]))
  })

  it('gives the samples themselves for equal rates, in a list of their own', () => {
    const samples = Float32Array.from(fixture.noise)
    const same = resample(samples, 8000, 8000)
    expect(same).toEqual(samples)
    expect(same).not.toBe(samples)
  })

  it('gives ⌈samples · to / from⌉ samples', () => {
    for (const length of [0, 1, 2, 3, 100, 441, 442])
      for (const [from, to] of pairs)
        expect(resample(new Float32Array(length), from, to).length).toBe(Math.ceil((length * to) / from))
  })

  test.each([...pairs, [8000, 8000], [900, 1]] as const)(
    'a stream from %i to %i gives the bits of the whole',
    (from, to) => {
      const random = new Random(3)
      const resampler = new Resampler(from, to)
      const samples = Float32Array.from({ length: 5000 }, () => random.normal() / 4)
      const whole = resampler.forward(samples)
      const stream = resampler.stream()
      for (let times = 0; times < 2; times++) {
        const found: number[] = []
        for (let at = 0; at < samples.length; ) {
          const end = Math.min(samples.length, at + random.integer(at > 2000 ? 500 : 30))
          found.push(...stream.push(samples.subarray(at, end)))
          at = end
        }
        found.push(...stream.end())
        expect(found).toEqual(Array.from(whole))
      }
    },
  )

  it('computes the weights of each phase once', () => {
    const resampler = new Resampler(44_100, 16_000)
    const weights = resampler.weights(7)
    expect(weights.length).toBe(354) // 128 periods of the lower rate, and one for the phase
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
    resampler.forward(fixture.noise)
    expect(resampler.weights(7)).toBe(weights)
  })

  it('says which rate is wrong', () => {
    expect(() => resample([1], 0, 8000)).toThrow(UsageError)
    expect(() => resample([1], 8000, 0.5)).toThrow(
      'got to 0.5; expected a sample rate, a whole number from 1',
    )
    expect(() => resample([1], 4_294_967_295, 8000)).toThrow('got from 4294967295')
    expect(() => resample([1], 900_000, 8)).toThrow('got rates 900000 and 8; expected at most 1,000 times')
  })
})

describe('mono', () => {
  it('is the mean of the channels', () => {
    expect(
      mono({
        channels: [
          [1, 0.5],
          [0, -0.5],
          [0.5, 0],
        ],
      }),
    ).toEqual(Float32Array.of(0.5, 0))
    expect(mono({ channels: [Float32Array.of(0.25)] })).toEqual(Float32Array.of(0.25))
  })

  it('wants channels of one length', () => {
    expect(() => mono({ channels: [] })).toThrow('got channels of lengths none')
    expect(() => mono({ channels: [[1], [1, 2]] })).toThrow(
      'got channels of lengths 1, 2; expected at least one',
    )
  })
})
