import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DataError, ShapeError, UsageError } from '../../src/errors.js'
import { ctc, ctcSteps } from '../../src/losses/index.js'
import { Random } from '../../src/random/index.js'
import {
  backpropagate,
  gradientCheck,
  multiply,
  PackedLayout,
  packSequences,
  sum,
  unpackSequences,
} from '../../src/tensor/index.js'
import type { Stored } from '../fixture.js'
import { expectPacked, expectStored, gradientOf, packedOf, readFixture } from '../fixture.js'
import { onEveryBackend, openEngine, useEngine } from '../tensor/engines.js'
import { expectClose, numbers } from '../tensor/values.js'

interface CtcFixture {
  blank: number
  targets: number[][]
  logits: Stored[]
  lossWeights: Stored
  losses: Stored
  gradients: Stored[]
}
const fixture = readFixture<CtcFixture>('ctc')

/** What a sequence of classes spells: repetitions are one, blanks are left out. */
function spelled(path: readonly number[], blank: number): string {
  return path.filter((symbol, t) => symbol !== blank && symbol !== path[t - 1]).join()
}

/** Every sequence of classes with its probability, by enumeration. */
function enumerate(logits: ArrayLike<number>, classes: number): { path: number[]; probability: number }[] {
  let paths = [{ path: [] as number[], probability: 1 }]
  for (let t = 0; t < logits.length / classes; t++) {
    const powers = Array.from({ length: classes }, (_, k) => Math.exp(logits[t * classes + k]))
    const total = powers.reduce((a, b) => a + b)
    paths = paths.flatMap(({ path, probability }) =>
      powers.map((power, k) => ({ path: [...path, k], probability: (probability * power) / total })),
    )
  }
  return paths
}

onEveryBackend((engine) => {
  test('losses and gradients are those of PyTorch', () => {
    engine().scope(() => {
      const logits = packedOf(engine(), fixture.logits, true)
      const { value } = engine().record(() => {
        const losses = ctc(logits, fixture.targets, { blank: fixture.blank, reduction: 'none' })
        expectStored(losses, fixture.losses, 'losses')
        const { shape, values } = fixture.lossWeights
        return sum(multiply(losses, engine().tensor(values, shape)))
      })
      backpropagate(value)
      const gradients = { data: gradientOf(logits.data), layout: logits.layout }
      expectPacked(gradients, fixture.gradients, 'logits')
    })
  })

  test('the loss is -log of the sum over all ways to spell the target', () => {
    const [classes, blank] = [3, 1]
    const sequences = [4, 6, 1, 5].map((length, i) => numbers([length * classes], `logits ${i}`))
    for (const targets of [
      [[0], [2, 2, 0], [], [0, 2]],
      [[2, 0], [0, 0], [2], [2, 2]],
    ])
      engine().scope(() => {
        const logits = packSequences(engine(), sequences, classes)
        const expected = sequences.map((values, i) => {
          const right = enumerate(values, classes).filter(
            ({ path }) => spelled(path, blank) === targets[i].join(),
          )
          return -Math.log(right.reduce((total, { probability }) => total + probability, 0))
        })
        expectClose(ctc(logits, targets, { blank, reduction: 'none' }), expected)
      })
  })

  test('known values: one way to spell, and uniform steps with 5, 5, 28 and 84 ways', () => {
    engine().scope(() => {
      const peaks = packSequences(engine(), [[0.1, 0.6, 0.1, 0.1, 0.1, 0.1, 0.1, 0.6, 0.1, 0.1]], 5)
      expect(ctc(peaks, [[1, 2]], { reduction: 'sum' }).item()).toBeCloseTo(2.462858, 5)
      for (const [steps, target, labels, ways, loss] of [
        [3, [1, 2], 2, 5, 1.686399],
        [4, [1, 1], 2, 5, 2.785011],
        [5, [1, 2, 1], 3, 28, 3.599267],
        [6, [1, 2, 3], 3, 84, 3.886949],
      ] as const) {
        const uniform = packSequences(engine(), [new Array(steps * (labels + 1)).fill(0)], labels + 1)
        const found = ctc(uniform, [target], { reduction: 'sum' }).item()
        expect(found).toBeCloseTo(loss, 5)
        expect(Math.exp(-found) * (labels + 1) ** steps).toBeCloseTo(ways, 2)
      }
    })
  })

  test('long sequences of steps that are sure of themselves stay finite', () => {
    engine().scope(() => {
      const [steps, classes] = [2000, 5]
      const logits = packSequences(engine(), [numbers([steps * classes], 'sure').map((x) => 60 * x)], classes)
      logits.data.requiresGradient = true
      const target = Array.from({ length: 300 }, (_, i) => 1 + (i % 4))
      const { value } = engine().record(() => ctc(logits, [target], { reduction: 'sum' }))
      backpropagate(value)
      expect(value.item()).toBeGreaterThan(1000)
      expect(Number.isFinite(value.item())).toBe(true)
      expect(gradientOf(logits.data).data.every(Number.isFinite)).toBe(true)
    })
  })
})

describe('in double precision', () => {
  const engine = useEngine()

  test.each(['mean', 'sequence', 'sum', 'none'] as const)('reduction %s: differences agree', (reduction) => {
    const layout = PackedLayout.of([5, 7, 2])
    const x = engine().persistent([layout.rows, 4])
    x.set(numbers([layout.rows * 4], 'x'))
    const targets = [[1, 1], [3, 2, 3, 3], []]
    const worst = gradientCheck(engine(), (data) => ctc({ data, layout }, targets, { reduction }), [x])
    expect(worst).toBeLessThan(1e-6)
  })

  test('gradients of a step add up to nothing, whatever the lengths and targets', () => {
    const cases = fc.record({
      seed: fc.integer(),
      lengths: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
      classes: fc.integer({ min: 2, max: 20 }),
    })
    fc.assert(
      fc.property(cases, ({ seed, lengths, classes }) => {
        const random = new Random(seed)
        const targets = lengths.map((length) =>
          Array.from({ length: random.integer(length + 1) }, () => 1 + random.integer(classes - 1)),
        )
        engine().scope(() => {
          const sequences = lengths.map((length) =>
            Array.from({ length: length * classes }, () => random.normal()),
          )
          const logits = packSequences(engine(), sequences, classes)
          logits.data.requiresGradient = true
          const { value } = engine().record(() =>
            ctc(logits, targets, { reduction: 'sum', impossible: 'skip' }),
          )
          backpropagate(value)
          expect(value.item()).toBeGreaterThanOrEqual(-1e-9)
          for (const gradient of unpackSequences({
            data: gradientOf(logits.data),
            layout: logits.layout,
          }))
            for (let t = 0; t < gradient.length; t += classes)
              expect(Array.from(gradient.subarray(t, t + classes)).reduce((a, b) => a + b)).toBeCloseTo(0, 10)
        })
      }),
      { numRuns: 60 },
    )
  })
})

test('a batch and its sequences alone, with one thread or two, give the same bits', async () => {
  const lengths = [30, 80, 7, 55, 80, 3]
  const classes = 29
  const sequences = lengths.map((length, i) => numbers([length * classes], `speech ${i}`))
  const targets = lengths.map((length, i) =>
    Array.from({ length: length >> 1 }, (_, j) => 1 + ((j * 5 + i) % 28)),
  )
  const results: string[] = []
  for (const threads of [1, 2])
    for (const groups of [[lengths.keys()].map((all) => [...all]), [...lengths.keys()].map((i) => [i])]) {
      const engine = await openEngine({ threads })
      const found = groups.flatMap((rows) =>
        engine.scope(() => {
          const logits = packSequences(
            engine,
            rows.map((i) => sequences[i]),
            classes,
          )
          logits.data.requiresGradient = true
          const { value } = engine.record(() => {
            const losses = ctc(
              logits,
              rows.map((i) => targets[i]),
              { reduction: 'none' },
            )
            return { losses: Array.from(losses.data), total: sum(losses) }
          })
          backpropagate(value.total)
          const gradients = unpackSequences({ data: gradientOf(logits.data), layout: logits.layout })
          return rows.map((_, i) => [value.losses[i], ...gradients[i]])
        }),
      )
      results.push(JSON.stringify(found))
      await engine.dispose()
    }
  expect(new Set(results).size).toBe(1)
})

describe('sequences that cannot spell their targets', () => {
  const engine = useEngine()
  const logits = () => packSequences(engine(), [numbers([8], 'a'), numbers([12], 'b'), numbers([4], 'c')], 4)

  test('ctcSteps counts labels, and blanks between equal ones', () => {
    expect([[], [1], [1, 2], [1, 1, 2], [3, 3, 3]].map(ctcSteps)).toEqual([0, 1, 2, 4, 5])
  })

  test('are named with their steps', () => {
    const run = () =>
      engine().scope(() =>
        ctc(logits(), [
          [1, 1],
          [2, 3],
          [1, 2],
        ]),
      )
    expect(run).toThrow(DataError)
    expect(run).toThrow(
      /sequence 0: 2 steps for 2 labels and 1 between equal ones; sequence 2: 1 steps for 2 labels\./,
    )
  })

  test('take no part when they are to be skipped', () => {
    engine().scope(() => {
      const all = logits()
      all.data.requiresGradient = true
      const targets = [
        [1, 1],
        [2, 3],
        [1, 2],
      ]
      const { value } = engine().record(() => {
        const losses = ctc(all, targets, { reduction: 'none', impossible: 'skip' })
        expect(Array.from(losses.data, (loss) => loss > 0)).toEqual([false, true, false])
        return sum(losses)
      })
      backpropagate(value)
      const gradients = unpackSequences({ data: gradientOf(all.data), layout: all.layout })
      expect(gradients.map((gradient) => gradient.some((slope) => slope !== 0))).toEqual([false, true, false])
      const alone = packSequences(engine(), [numbers([12], 'b')], 4)
      const mean = ctc(all, targets, { impossible: 'skip' }).item()
      expect(mean).toBe(ctc(alone, [[2, 3]]).item())
    })
  })

  test('labels without any probability: an infinite loss without a gradient, or no part; NaN stays NaN', () => {
    engine().scope(() => {
      const values = numbers([12], 'b')
      values[1] = values[5] = values[9] = -Infinity // class 1 is never said
      const both = packSequences(engine(), [values, numbers([12], 'd')], 4)
      both.data.requiresGradient = true
      for (const impossible of ['error', 'skip'] as const) {
        const { value } = engine().record(() => ctc(both, [[1], [2]], { reduction: 'sum', impossible }))
        backpropagate(value)
        expect(Number.isFinite(value.item())).toBe(impossible === 'skip')
        expect(gradientOf(both.data).data.every(Number.isFinite)).toBe(true)
      }
      values[3] = Number.NaN
      const broken = packSequences(engine(), [values], 4)
      expect(ctc(broken, [[2]], { reduction: 'sum' }).item()).toBeNaN()
    })
  })

  test('wrong arguments are refused by name', () => {
    const layout = PackedLayout.of([2])
    const data = engine().persistent([2, 4])
    expect(() => ctc({ data, layout }, [])).toThrow(ShapeError)
    expect(() => ctc({ data: engine().persistent([3, 4]), layout }, [[1]])).toThrow(/\[2, classes\]/)
    expect(() => ctc({ data, layout }, [[0]])).toThrow(/label 0 at position 0 of target 0/)
    expect(() => ctc({ data, layout }, [[4]])).toThrow(UsageError)
    expect(() => ctc({ data, layout }, [[1]], { blank: 4 })).toThrow(/blank 4/)
    // @ts-expect-error a program without types
    expect(() => ctc({ data, layout }, [[1]], { reduction: 'avg' })).toThrow(/reduction "avg"/)
  })
})
