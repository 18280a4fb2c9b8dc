import { describe, expect, it, test } from 'vitest'
import type { AudioFeatureKind, AudioFeatureOptions } from '../../src/data/index.js'
import { AudioFeatures, deltas } from '../../src/data/index.js'
import { UsageError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'
import { readFixture } from '../fixture.js'
import { onEveryBackend, openEngine, useEngine } from '../tensor/engines.js'

interface AudioFixture {
  sampleRate: number
  samples: number[]
  results: ({ options: Omit<AudioFeatureOptions, 'engine' | 'sampleRate'>; frames: number } & Record<
    AudioFeatureKind,
    number[][]
  >)[]
  steps: number[]
  deltas: number[]
}
const fixture = readFixture<AudioFixture>('audio')
const kinds = ['power', 'mel', 'logMel', 'mfcc'] as const

onEveryBackend((engine) => {
  test.each(kinds)('%s is librosa’s', (kind) => {
    for (const { options, frames, ...expected } of fixture.results) {
      const features = new AudioFeatures({
        ...{ engine: engine(), sampleRate: fixture.sampleRate, kind },
        ...options,
      })
      engine().scope(() => {
        const found = features.forward(fixture.samples)
        expect(found.shape).toEqual([frames, features.size])
        const largest = Math.max(...expected[kind].flat().map(Math.abs))
        for (const [i, row] of expected[kind].entries())
          for (const [j, value] of row.entries()) {
            const error = Math.abs(found.data[i * 5 * features.size + j] - value)
            // logarithms as they are, the others in relation to the largest
            expect(error / (kind === 'logMel' ? 1 : largest)).toBeLessThan(kind === 'mfcc' ? 1e-5 : 1e-4)
          }
      })
      features.dispose()
    }
  })
})

describe('frames', () => {
  const engine = useEngine({ threads: 1 })

  it('ten seconds at 44.1 kHz, windows of 200 every 80: 5,511 of 101 numbers', () => {
    const features = new AudioFeatures({
      ...{ engine: engine(), sampleRate: 44_100, kind: 'power', window: 200, hop: 80 },
    })
    engine().scope(() => {
      const random = new Random(1)
      const samples = Float32Array.from({ length: 441_000 }, () => random.uniform() - 0.5)
      expect(features.forward(samples).shape).toEqual([5511, 101])
    })
    expect([0, 199, 200, 279, 280].map((samples) => features.frames(samples))).toEqual([0, 0, 1, 1, 2])
  })

  it.each([
    { window: 200, hop: 80 },
    { window: 100, hop: 160 },
    { window: 256, hop: 256 },
  ])('a stream gives the bits of the whole: window $window, hop $hop', ({ window, hop }) => {
    const features = new AudioFeatures({ engine: engine(), sampleRate: 8000, window, hop, bands: 12 })
    const random = new Random(2)
    const samples = Float32Array.from({ length: 9000 }, () => random.normal() / 4)
    const whole = engine().scope(() => features.forward(samples).data.slice())
    const stream = features.stream()
    const found: number[] = []
    for (let at = 0; at < samples.length; ) {
      const end = Math.min(samples.length, at + 1 + random.integer(at > 3000 ? 500 : 30))
      found.push(...stream.push(samples.subarray(at, end)))
      at = end
    }
    expect(found).toEqual(Array.from(whole))
  })

  it('a heap that grows meanwhile is no problem', async () => {
    const small = await openEngine({ backend: 'wasm', threads: 1 })
    const features = new AudioFeatures({ engine: small, sampleRate: 16_000 })
    const found = small.scope(() => features.forward(new Float32Array(80_000)).data.slice())
    expect(found.every((value) => Math.abs(value - Math.log(1e-10)) < 1e-4)).toBe(true)
    await small.dispose()
  })

  it('silence is finite, and lists of numbers will do', () => {
    const features = new AudioFeatures({ engine: engine(), sampleRate: 8000 })
    engine().scope(() => {
      const silent = features.forward(new Array(1000).fill(0))
      expect(silent.shape).toEqual([11, 40])
      for (const value of silent.data) expect(value).toBeCloseTo(Math.log(1e-10), 4)
    })
  })

  it('wrong options are refused by name', () => {
    const make = (options: Partial<AudioFeatureOptions>) =>
      new AudioFeatures({ engine: engine(), sampleRate: 8000, ...options })
    expect(() => make({ hop: 0 })).toThrow(/hop 0/)
    expect(() => make({ sampleRate: 0 })).toThrow(/sampleRate 0/)
    expect(() => make({ window: 200, fft: 128 })).toThrow(/fft 128/)
    expect(() => make({ highest: 5000 })).toThrow(/highest 5000/)
    expect(() => make({ bands: 10, coefficients: 11 })).toThrow(/11 coefficients/)
    expect(() => make({}).forward(new Float32Array(100))).toThrow(UsageError)
    expect(() => make({}).forward(new Float32Array(100))).toThrow(/100 samples, 0\.013 seconds/)
  })
})

describe('deltas', () => {
  it('are librosa’s', () => {
    const found = deltas(fixture.steps, 3)
    for (const [i, expected] of fixture.deltas.entries()) expect(found[i]).toBeCloseTo(expected, 5)
  })

  it('need whole frames', () => {
    expect(() => deltas([1, 2, 3], 2)).toThrow(/multiple of the size, 2/)
    expect(() => deltas([1, 2], 2, 0)).toThrow(/reach 0/)
  })
})
