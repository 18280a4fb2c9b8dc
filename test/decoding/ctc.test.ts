import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LabelScorer, Matrix } from '../../src/decoding/index.js'
import { alignLabels, bestPath, CtcSearch } from '../../src/decoding/index.js'
import { NonFiniteError, ShapeError, UsageError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'

function matrix(steps: readonly (readonly number[])[]): Matrix {
  return { shape: [steps.length, steps[0].length], data: steps.flat().map(Math.log) }
}

function randomMatrix(seed: number, steps: number, classes: number, sharpness = 1): Matrix {
  const random = new Random(seed)
  return matrix(
    Array.from({ length: steps }, () => {
      const powers = Array.from({ length: classes }, () => Math.exp(sharpness * random.normal()))
      const total = powers.reduce((a, b) => a + b)
      return powers.map((power) => power / total)
    }),
  )
}

interface Spelled {
  readonly path: readonly number[]
  readonly text: string
  readonly probability: number
}

/** Every sequence of classes with the text that it spells, by enumeration. */
function enumerate({ shape: [steps, classes], data }: Matrix, blank = 0): Spelled[] {
  let paths: { path: number[]; probability: number }[] = [{ path: [], probability: 1 }]
  for (let t = 0; t < steps; t++)
    paths = paths.flatMap(({ path, probability }) =>
      Array.from({ length: classes }, (_, k) => ({
        path: [...path, k],
        probability: probability * Math.exp(data[t * classes + k]),
      })),
    )
  return paths.map(({ path, probability }) => ({
    ...{ path, probability },
    text: path.filter((symbol, t) => symbol !== blank && symbol !== path[t - 1]).join(),
  }))
}

/** Every text with its probability, the most probable first. */
function texts(all: readonly Spelled[]): [string, number][] {
  const sums = new Map<string, number>()
  for (const { text, probability } of all) sums.set(text, (sums.get(text) ?? 0) + probability)
  return [...sums].sort((a, b) => b[1] - a[1])
}

/** Prefix search with nothing but two probabilities per text: ending with a blank, and with its last label. */
function plainSearch({ shape: [steps, classes], data }: Matrix, width: number): [string, number][] {
  let beam = new Map([['', [1, 0]]])
  for (let t = 0; t < steps; t++) {
    const next = new Map<string, number[]>()
    const add = (text: string, place: number, probability: number) => {
      const entry = next.get(text) ?? [0, 0]
      entry[place] += probability
      next.set(text, entry)
    }
    for (const [text, [blank, last]] of beam)
      for (let k = 0; k < classes; k++) {
        const p = Math.exp(data[t * classes + k])
        const same = text !== '' && text.split(',').at(-1) === String(k)
        const longer = text === '' ? String(k) : `${text},${k}`
        if (k === 0) add(text, 0, (blank + last) * p)
        else if (same) {
          add(text, 1, last * p)
          add(longer, 1, blank * p)
        } else add(longer, 1, (blank + last) * p)
      }
    const ranked = [...next]
      .filter(([, [a, b]]) => a + b > 0)
      .sort((a, b) => b[1][0] + b[1][1] - a[1][0] - a[1][1])
    beam = new Map(ranked.slice(0, width))
  }
  return [...beam].map(([text, [a, b]]) => [text, a + b])
}

const small = fc.record({
  seed: fc.integer(),
  steps: fc.integer({ min: 1, max: 6 }),
  classes: fc.integer({ min: 2, max: 4 }),
})

describe('best path', () => {
  it('follows the most probable class of each step', () => {
    const { labels, logProb } = bestPath(
      matrix([
        [0.1, 0.8, 0.1],
        [0.1, 0.7, 0.2],
        [0.6, 0.3, 0.1],
        [0.2, 0.5, 0.3],
        [0.1, 0.2, 0.7],
      ]),
    )
    expect(labels).toEqual([
      { label: 1, start: 0, end: 2 },
      { label: 1, start: 3, end: 4 },
      { label: 2, start: 4, end: 5 },
    ])
    expect(Math.exp(logProb)).toBeCloseTo(0.8 * 0.7 * 0.6 * 0.5 * 0.7, 12)
  })

  it('misses what many ways say together: two steps of P(a) = 0.4', () => {
    const steps = matrix([
      [0.6, 0.4],
      [0.6, 0.4],
    ])
    const path = bestPath(steps)
    expect(path.labels).toEqual([])
    expect(Math.exp(path.logProb)).toBeCloseTo(0.36, 12)
    const [best, second] = new CtcSearch().push(steps).best(2)
    expect([best.labels, second.labels]).toEqual([[1], []])
    expect(Math.exp(best.logProb)).toBeCloseTo(0.64, 12)
  })
})

describe('alignment', () => {
  it('is the most probable of all ways to spell the labels', () => {
    fc.assert(
      fc.property(small, ({ seed, steps, classes }) => {
        const given = randomMatrix(seed, steps, classes)
        const all = enumerate(given)
        for (const [text] of texts(all)) {
          const labels = text === '' ? [] : text.split(',').map(Number)
          const best = all
            .filter((way) => way.text === text)
            .reduce((a, b) => (b.probability > a.probability ? b : a))
          const found = alignLabels(given, labels)
          expect(Math.exp(found.logProb)).toBeCloseTo(best.probability, 12)
          const path = new Array(steps).fill(0)
          for (const { label, start, end } of found.labels) path.fill(label, start, end)
          expect(path).toEqual(best.path)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('refuses what the steps cannot spell', () => {
    expect(() => alignLabels(randomMatrix(1, 2, 3), [1, 1])).toThrow(/2 labels that 2 steps cannot spell/)
    expect(() => alignLabels(randomMatrix(1, 2, 3), [3])).toThrow(UsageError)
    expect(() => alignLabels(randomMatrix(1, 2, 3), [0])).toThrow(/label 0/)
  })
})

describe('prefix search', () => {
  it('of enough width gives all texts with their probabilities, in order', () => {
    fc.assert(
      fc.property(small, fc.integer({ min: 0, max: 1 }), ({ seed, steps, classes }, blank) => {
        const given = randomMatrix(seed, steps, classes)
        const expected = texts(enumerate(given, blank))
        const found = new CtcSearch({ width: 10_000, blank }).push(given).best(10_000)
        expect(found).toHaveLength(expected.length)
        for (const [i, { labels, logProb, score }] of found.entries()) {
          const probability = expected.find(([text]) => text === labels.join())?.[1] ?? 0
          expect(Math.exp(logProb)).toBeCloseTo(probability, 12)
          expect(Math.exp(logProb)).toBeCloseTo(expected[i][1], 12)
          expect(score).toBe(logProb)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('of any width is that of a plain implementation', () => {
    const sizes = fc.record({
      ...{
        seed: fc.integer(),
        steps: fc.integer({ min: 1, max: 25 }),
        classes: fc.integer({ min: 2, max: 5 }),
      },
      width: fc.integer({ min: 1, max: 4 }),
    })
    fc.assert(
      fc.property(sizes, ({ seed, steps, classes, width }) => {
        const given = randomMatrix(seed, steps, classes)
        const [expected] = plainSearch(given, width)
        const [best] = new CtcSearch({ width }).push(given).best()
        expect(best.labels.join()).toBe(expected[0])
        expect(best.logProb).toBeCloseTo(Math.log(expected[1]), 9)
      }),
      { numRuns: 300 },
    )
  })

  it('finds the best text of what a scorer adds', () => {
    // likes a label after itself, and endings with label 1
    const scorer: LabelScorer<number> = {
      initial: 0,
      next: (before, label) => ({ state: label, score: label === before ? 0.7 : -0.4 }),
      end: (last) => (last === 1 ? 0.9 : 0),
    }
    const added = (labels: readonly number[]) =>
      labels.reduce((sum, label, i) => sum + (label === (labels[i - 1] ?? 0) ? 0.7 : -0.4), 0) +
      (labels.at(-1) === 1 ? 0.9 : 0)
    fc.assert(
      fc.property(small, ({ seed, steps, classes }) => {
        const given = randomMatrix(seed, steps, classes)
        const scored = texts(enumerate(given)).map(
          ([text, probability]) =>
            Math.log(probability) + added(text === '' ? [] : text.split(',').map(Number)),
        )
        const [best] = new CtcSearch({ width: 10_000, scorer }).push(given).best()
        expect(best.score).toBeCloseTo(Math.max(...scored), 10)
        expect(best.score - best.logProb).toBeCloseTo(added(best.labels), 10)
      }),
      { numRuns: 60 },
    )
  })

  it('of width 1 is no better than the search of width 16, and both are cheap on long inputs', () => {
    const given = randomMatrix(3, 3000, 30, 3)
    const narrow = new CtcSearch({ width: 1 }).push(given).best()[0]
    const wide = new CtcSearch().push(given).best()[0]
    expect(wide.logProb).toBeGreaterThan(narrow.logProb)
    expect(wide.logProb).toBeGreaterThan(bestPath(given).logProb)
  })

  it('gives the same in pieces as in one, and never takes back what it called stable', () => {
    const [steps, classes] = [400, 12]
    const given = randomMatrix(8, steps, classes, 6) // as sure as trained networks are
    const whole = new CtcSearch({ width: 6, delay: 30 }).push(given).best(6)
    const search = new CtcSearch({ width: 6, delay: 30 })
    let before: readonly number[] = []
    let mostTentative = 0
    for (let t = 0; t < steps; ) {
      const end = Math.min(steps, t + 1 + (t % 7))
      search.push({
        shape: [end - t, classes],
        data: Array.from(given.data).slice(t * classes, end * classes),
      })
      const { stable, tentative } = search.partial()
      expect(stable.slice(0, before.length)).toEqual(before)
      before = [...stable]
      mostTentative = Math.max(mostTentative, tentative.length)
      t = end
    }
    expect(search.best(6)).toEqual(whole)
    expect(whole[0].labels.slice(0, before.length)).toEqual(before)
    expect(before.length).toBeGreaterThan(150)
    expect(mostTentative).toBeLessThanOrEqual(30)
  })

  it('goes on from a state that was kept as if nothing had been', () => {
    const scorer: LabelScorer<number> = {
      initial: 0,
      next: (state, label) => ({ state: (3 * state + label) % 7, score: state === 2 ? -0.5 : 0.1 }),
      end: (state) => (state === 1 ? -1 : 0),
    }
    for (const delay of [undefined, 6])
      for (let seed = 0; seed < 20; seed++) {
        const options = { width: 4, scorer, ...(delay && { delay }) }
        const steps = (begin: number) => randomMatrix(100 * begin + seed, 15, 4, 2)
        const whole = new CtcSearch(options).push(steps(1)).push(steps(2))
        const begun = new CtcSearch(options).push(steps(1))
        const state = begun.snapshot()
        const other = new CtcSearch(options).push(steps(3))
        other.restore(state)
        expect(other.snapshot()).toEqual(state)
        other.push(steps(2))
        expect(begun.snapshot()).toEqual(state)
        expect(other.best(4)).toEqual(whole.best(4))
        expect(other.partial()).toEqual(whole.partial())
        expect(begun.push(steps(2)).best(4)).toEqual(whole.best(4))
      }
  })

  it('a scorer that forbids everything but words leaves only those', () => {
    const words = ['1,2', '1,2,2', '2']
    const scorer: LabelScorer<string> = {
      initial: '',
      next: (before, label) => {
        const state = before === '' ? String(label) : `${before},${label}`
        return { state, score: words.some((word) => word.startsWith(state)) ? 0 : -Infinity }
      },
      end: (state) => (words.includes(state) ? 0 : -Infinity),
    }
    const found = new CtcSearch({ scorer }).push(randomMatrix(2, 6, 4)).best(10)
    expect(found.map(({ labels }) => labels.join()).sort()).toEqual(words)
  })

  it('refuses wrong arguments by name', () => {
    expect(() => new CtcSearch({ width: 0 })).toThrow(/width/)
    expect(() => new CtcSearch({ classes: 0.5 })).toThrow(/classes/)
    expect(() => new CtcSearch({ delay: 0 })).toThrow(/delay/)
    expect(() => new CtcSearch().push({ shape: [2, 3], data: [0, 0] })).toThrow(ShapeError)
    expect(() => new CtcSearch({ blank: 3 }).push(randomMatrix(1, 2, 3))).toThrow(/blank 3/)
    expect(() => new CtcSearch().push({ shape: [1, 2], data: [Number.NaN, 0] })).toThrow(NonFiniteError)
    const forbids: LabelScorer<null> = {
      initial: null,
      next: () => ({ state: null, score: -Infinity }),
      end: () => 0,
    }
    const impossible = { shape: [1, 2], data: [-Infinity, 0] }
    expect(() => new CtcSearch().push({ shape: [1, 2], data: [Infinity, 0] })).toThrow(NonFiniteError)
    expect(() => new CtcSearch().push(randomMatrix(1, 1, 3)).push(randomMatrix(1, 1, 4))).toThrow(
      /4 classes behind steps of 3/,
    )
    expect(() => new CtcSearch().push({ shape: [1, 2], data: [-Infinity, -Infinity] })).toThrow(
      /for every class/,
    )
    expect(() => new CtcSearch({ scorer: forbids }).push(impossible)).toThrow(/no text is possible/)
  })
})
