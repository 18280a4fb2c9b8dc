import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sceneClip, soundScene, spokenSpan } from '../../src/data/index.js'
import { UsageError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'

/** Silence (or a little noise), a tone, silence. */
function clip(before: number, length: number, after: number, level = 0): Float32Array {
  const random = new Random(before + length)
  return Float32Array.from({ length: before + length + after }, (_, i) =>
    i >= before && i < before + length ? Math.sin(i) : level * random.normal(),
  )
}

describe('where somebody speaks', () => {
  it.each([0, 0.001, 0.02])('is found with noise of deviation %s around it', (level) => {
    const { begin, end } = spokenSpan(clip(1000, 3000, 2000, level), 8000)
    expect(Math.abs(begin - 1000)).toBeLessThanOrEqual(80)
    expect(Math.abs(end - 4000)).toBeLessThanOrEqual(80)
  })

  it('is all of a clip that is equally loud, or silent', () => {
    expect(spokenSpan(clip(0, 800, 0), 8000)).toEqual({ begin: 0, end: 800 })
    expect(spokenSpan(new Float32Array(500), 8000)).toEqual({ begin: 0, end: 500 })
    expect(spokenSpan([0.5], 8000)).toEqual({ begin: 0, end: 1 })
  })
})

describe('scenes', () => {
  const flat = (length: number, value: number) => ({
    samples: new Float32Array(length).fill(value),
    ...{ begin: 0, end: length },
  })
  // whole numbers tell what lies where: the word 1, others 10, the background almost nothing
  const parts = {
    positives: [flat(50, 1), { ...flat(80, 1), begin: 10, end: 70 }],
    negatives: [flat(30, 10)],
    backgrounds: [new Float32Array(70).fill(1)],
  }
  const options = { length: 1000, words: 4, others: 5, gap: 20, gain: 0, noise: [200, 200] as const }

  it('are clips over a background, none over another and each with its gap', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 60, max: 1500 }), (seed, length) => {
        const { samples, words } = soundScene(parts, { ...options, length }, new Random(seed))
        expect(samples).toHaveLength(length)
        const heard = Array.from(samples, Math.round)
        expect(heard.every((value) => [0, 1, 10].includes(value))).toBe(true)
        const runs = heard.join(',').match(/(?:\b1,?)+|(?:10,?)+/g) ?? []
        const gaps = heard.join(',').split(/(?:\b(?:1|10)\b,?)+/)
        for (const gap of gaps.slice(1))
          expect(gap.split(',').filter(Boolean).length).toBeGreaterThanOrEqual(20)
        expect(runs.filter((run) => run.startsWith('1,')).length).toBe(words.length)
        for (const { begin, end } of words) {
          expect([50, 60]).toContain(end - begin)
          expect(heard.slice(begin, end).every((value) => value === 1)).toBe(true)
        }
      }),
    )
  })

  it('draw everything from the generator: equal seeds, equal scenes', () => {
    const make = (seed: number) =>
      soundScene(parts, { ...options, gain: 6, noise: [0, 20] }, new Random(seed))
    expect(make(1)).toEqual(make(1))
    expect(make(1)).not.toEqual(make(2))
    const counts = Array.from({ length: 200 }, (_, seed) => make(seed).words.length)
    expect([...new Set(counts)].sort()).toEqual([0, 1, 2, 3, 4])
  })

  it('the background lies as far below the words as it is told', () => {
    const loud = sceneClip(clip(100, 400, 100), 8000)
    const powerOf = (samples: Float32Array) => samples.reduce((sum, x) => sum + x * x, 0) / samples.length
    const random = new Random(3)
    const noise = Float32Array.from({ length: 300 }, () => random.normal())
    const given = { ...options, length: 600, words: 0, others: 0, noise: [20, 20] as const }
    const { samples, words } = soundScene(
      { positives: [loud], negatives: [], backgrounds: [noise] },
      given,
      random,
    )
    expect(words).toEqual([])
    const spoken = powerOf(loud.samples.subarray(loud.begin, loud.end))
    expect(10 * Math.log10(spoken / powerOf(samples))).toBeCloseTo(20, 4)
    const silent = { positives: [loud], negatives: [], backgrounds: [new Float32Array(10)] }
    expect(powerOf(soundScene(silent, given, random).samples)).toBe(0)
  })

  it('need the word and a background', () => {
    const random = new Random(1)
    expect(() => soundScene({ ...parts, positives: [] }, options, random)).toThrow(UsageError)
    expect(() => soundScene({ ...parts, backgrounds: [] }, options, random)).toThrow(UsageError)
  })
})
