import { describe, expect, it, test } from 'vitest'
import { addNoise, changeGain, changeSpeed, maskFeatures, resample, shiftTime } from '../../src/data/index.js'
import { UsageError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'

const drawn = new Random('samples')
const sound = Float32Array.from({ length: 4000 }, () => drawn.normal() / 8)
const noise = Float32Array.from({ length: 1500 }, () => drawn.normal() / 3)
const power = (x: ArrayLike<number>) => Array.from(x).reduce((sum, value) => sum + value * value, 0)
const ones = new Float32Array(40 * 10).fill(1)

const ways: Record<string, (samples: Float32Array, random: Random) => Float32Array> = {
  addNoise: (samples, random) => addNoise(samples, noise, [0, 20], random),
  changeSpeed: (samples, random) => changeSpeed(samples, random, [0.8, 0.9, 1.1, 1.2]),
  shiftTime: (samples, random) => shiftTime(samples, 900, random),
  changeGain: (samples, random) => changeGain(samples, [-6, 6], random),
  maskFeatures: (samples, random) => maskFeatures(samples, 40, random),
}

describe.each(Object.entries(ways))('%s', (_, way) => {
  it('gives the same bits for the same seed, others for others, and leaves its argument alone', () => {
    const before = sound.slice()
    const results = [1, 1, 2, 3, 4, 5].map((seed) => way(sound, new Random(seed)))
    expect(results[1]).toEqual(results[0])
    expect(new Set(results.map(String)).size).toBeGreaterThan(1)
    expect(results[0]).toBeInstanceOf(Float32Array)
    expect(sound).toEqual(before)
  })
})

describe('addNoise', () => {
  test.each([-5, 0, 12, 30])('has the ratio that was asked for: %i dB', (decibels) => {
    const noisy = addNoise(sound, noise, decibels, new Random(1))
    const added = noisy.map((value, i) => value - sound[i])
    expect(10 * Math.log10(power(sound) / power(added))).toBeCloseTo(decibels, 3)
  })

  it('draws the ratio from a range', () => {
    const ratios = Array.from({ length: 200 }, (_, seed) => {
      const noisy = addNoise(sound, noise, [5, 15], new Random(seed))
      return 10 * Math.log10(power(sound) / power(noisy.map((value, i) => value - sound[i])))
    })
    expect(Math.min(...ratios)).toBeGreaterThan(4.999)
    expect(Math.min(...ratios)).toBeLessThan(5.5)
    expect(Math.max(...ratios)).toBeGreaterThan(14.5)
    expect(Math.max(...ratios)).toBeLessThan(15.001)
  })

  it('begins anywhere in the noise, and at its begin again where it ends', () => {
    const steps = Float32Array.of(1, 2, 3)
    const begins = new Set<number>()
    for (let seed = 0; seed < 30; seed++) {
      const added = addNoise(sound, steps, 0, new Random(seed)).map((value, i) => value - sound[i])
      const unit = (added[0] + added[1] + added[2]) / 6
      const found = Array.from(added.subarray(0, 6), (value) => Math.round(value / unit))
      expect(found).toEqual([0, 1, 2, 3, 4, 5].map((i) => steps[(found[0] - 1 + i) % 3]))
      begins.add(found[0])
    }
    expect(begins.size).toBe(3)
  })

  it('leaves silence as it is, and what meets a silent stretch', () => {
    const silence = new Float32Array(100)
    expect(addNoise(silence, noise, 10, new Random(1))).toEqual(silence)
    const click = new Float32Array(100_000)
    click[0] = 1
    expect(addNoise(sound, click, 10, new Random(1))).toEqual(sound)
  })

  it('wants noise', () => {
    expect(() => addNoise(sound, [], 10, new Random(1))).toThrow('got noise of 0 samples')
    expect(() => addNoise(sound, [0, 0], 10, new Random(1))).toThrow(UsageError)
    expect(() => addNoise(sound, [Number.NaN], 10, new Random(1))).toThrow('with a power of NaN')
    expect(() => addNoise(sound, noise, [20, 5], new Random(1))).toThrow('addNoise: decibels: got 20 to 5')
  })
})

describe('changeSpeed', () => {
  it('changes length and pitch by the factor', () => {
    const rate = 8000
    const tone = (frequency: number, length: number) =>
      Float32Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * frequency * i) / rate))
    const fast = changeSpeed(tone(440, 4400), new Random(1), [1.1])
    const expected = tone(484, 4000)
    expect(fast.length).toBe(4000)
    for (let i = 500; i < 3500; i++) expect(Math.abs(fast[i] - expected[i])).toBeLessThan(1e-4)
  })

  it('is one of the factors, each in its turn', () => {
    const expected = [0.9, 1, 1.1].map((factor) => String(resample(sound, 1000 * factor, 1000)))
    const found = Array.from({ length: 40 }, (_, seed) => String(changeSpeed(sound, new Random(seed))))
    expect(new Set(found)).toEqual(new Set(expected))
    expect(expected[1]).toBe(String(sound))
  })

  it('wants factors', () => {
    expect(() => changeSpeed(sound, new Random(1), [])).toThrow('got no factors')
    expect(() => changeSpeed(sound, new Random(1), [1, 0])).toThrow('got factor 0; expected factors from 0.1')
  })
})

describe('shiftTime and changeGain', () => {
  it('shifts both ways, with silence behind', () => {
    const found = new Set(
      Array.from({ length: 200 }, (_, seed) => String(shiftTime([1, 2, 3], 2.5, new Random(seed)))),
    )
    expect(found).toEqual(new Set(['3,0,0', '2,3,0', '1,2,3', '0,1,2', '0,0,1']))
    expect(shiftTime([1, 2, 3], 0, new Random(1))).toEqual(Float32Array.of(1, 2, 3))
    expect(() => shiftTime([1], -1, new Random(1))).toThrow('got most -1; expected a number of samples')
  })

  it('20 dB are ten times, -6.02 dB half', () => {
    expect(changeGain([0.1, -0.05], 20, new Random(1))).toEqual(Float32Array.of(1, -0.5))
    expect(changeGain([1], -6.0206, new Random(1))[0]).toBeCloseTo(0.5, 6)
    expect(() => changeGain([1], Number.NaN, new Random(1))).toThrow('changeGain: decibels: got NaN')
  })
})

describe('maskFeatures', () => {
  const [size, count] = [10, 40]
  const hidden = (x: Float32Array) => {
    const columns = Array.from({ length: size }, (_, i) => i).filter((i) =>
      Array.from({ length: count }, (_, t) => x[t * size + i]).every((value) => value === 0),
    )
    const rows = Array.from({ length: count }, (_, t) => t).filter((t) =>
      x.subarray(t * size, (t + 1) * size).every((value) => value === 0),
    )
    return { columns, rows }
  }
  const together = (places: number[]) => places.every((place, i) => i === 0 || place === places[i - 1] + 1)

  it('hides stretches of 0 to the widest, wherever they fit', () => {
    const widths = new Set<string>()
    const touched = new Set<string>()
    for (let seed = 0; seed < 500; seed++) {
      const options = { frequencyMasks: 1, frequencyWidth: 3, timeMasks: 1, timeWidth: 5 }
      const masked = maskFeatures(ones, size, new Random(seed), options)
      const { columns, rows } = hidden(masked)
      expect(together(columns) && together(rows)).toBe(true)
      const zeros = masked.filter((value) => value === 0).length
      const { length: wide } = columns
      const { length: long } = rows
      expect(zeros).toBe(wide * count + long * size - wide * long)
      widths.add(`frequency ${wide}`).add(`time ${long}`)
      for (const i of columns) touched.add(`band ${i}`)
      for (const t of rows) touched.add(`frame ${t}`)
    }
    const expected = [0, 1, 2, 3].map((w) => `frequency ${w}`)
    expected.push(...[0, 1, 2, 3, 4, 5].map((w) => `time ${w}`))
    expect(widths).toEqual(new Set(expected))
    expect(touched.size).toBe(size + count)
  })

  it('hides no more than a share of the time, and by the value that was asked for', () => {
    let most = 0
    for (let seed = 0; seed < 100; seed++) {
      const options = { frequencyMasks: 0, timeMasks: 1, timeShare: 0.2, value: -7 }
      const masked = maskFeatures(ones, size, new Random(seed), options)
      const rows = masked.filter((value) => value === -7).length / size
      expect(masked.every((value) => value === 1 || value === -7)).toBe(true)
      most = Math.max(most, rows)
    }
    expect(most).toBe(8)
  })

  it('takes features that are shorter and narrower than the masks, and no masks', () => {
    expect(maskFeatures([1, 1], 1, new Random(1)).length).toBe(2)
    expect(maskFeatures([], 5, new Random(1)).length).toBe(0)
    expect(maskFeatures(ones, size, new Random(1), { frequencyMasks: 0, timeMasks: 0 })).toEqual(ones)
  })

  it('says which option is wrong', () => {
    expect(() => maskFeatures([1, 2, 3], 2, new Random(1))).toThrow('got 3 numbers and size 2; expected')
    expect(() => maskFeatures(ones, size, new Random(1), { timeMasks: 1.5 })).toThrow('got timeMasks 1.5')
    expect(() => maskFeatures(ones, size, new Random(1), { timeShare: 2 })).toThrow('got timeShare 2')
  })
})
