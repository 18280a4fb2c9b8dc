import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { viterbi } from '../../src/decoding/index.js'
import { ShapeError, UsageError } from '../../src/errors.js'
import { Crf } from '../../src/layers/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine, Packed } from '../../src/tensor/index.js'
import {
  backpropagate,
  differentiate,
  gatherRows,
  gradientCheck,
  multiply,
  PackedLayout,
  packSequences,
  sum,
  unpackSequences,
} from '../../src/tensor/index.js'
import type { Stored, StoredByName } from '../fixture.js'
import { expectPacked, expectStored, gradientOf, packedOf, readFixture } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { expectClose, numbers } from '../tensor/values.js'

interface CrfFixture {
  tags: number
  parameters: StoredByName
  emissions: Stored[]
  targets: number[][]
  lossWeights: Stored
  losses: Stored
  gradients: StoredByName
  emissionGradients: Stored[]
}
const fixture = readFixture<CrfFixture>('crf')

function crfOf(engine: Engine, tags: number, size = 1): Crf {
  const crf = new Crf(tags, { engine, random: new Random('crf') })
  for (const [name, parameter] of Object.entries(crf.parameters()))
    parameter.set(numbers(parameter.shape, name).map((value) => size * value))
  return crf
}

/** Every tag sequence of a length with its score, by enumeration. */
function enumerate(crf: Crf, emissions: ArrayLike<number>): { path: number[]; score: number }[] {
  const { tags } = crf
  const { start, transition, end } = crf.scores()
  const steps = emissions.length / tags
  let paths: { path: number[]; score: number }[] = [{ path: [], score: 0 }]
  for (let t = 0; t < steps; t++)
    paths = paths.flatMap(({ path, score }) =>
      Array.from({ length: tags }, (_, tag) => ({
        path: [...path, tag],
        score:
          score + emissions[t * tags + tag] + (t === 0 ? start[tag] : transition[path[t - 1] * tags + tag]),
      })),
    )
  return paths.map(({ path, score }) => ({ path, score: score + end[path[steps - 1]] }))
}

function logSum(scores: readonly number[]): number {
  const largest = Math.max(...scores)
  return largest + Math.log(scores.reduce((total, score) => total + Math.exp(score - largest), 0))
}

const sequencesOf = (lengths: readonly number[], tags: number) =>
  lengths.map((length, i) => numbers([length * tags], `emissions ${i}`))

onEveryBackend((engine) => {
  test('losses and gradients are those of PyTorch', () => {
    const crf = crfOf(engine(), fixture.tags)
    for (const [name, parameter] of Object.entries(crf.parameters()))
      parameter.set(fixture.parameters[name].values)
    engine().scope(() => {
      const emissions = packedOf(engine(), fixture.emissions, true)
      const { value: losses } = engine().record(() => {
        const losses = crf.loss(emissions, emissions.layout.arrange(fixture.targets), 'none')
        const inOrder = gatherRows(losses, engine().indices(emissions.layout.inverseOrder()))
        const { shape, values } = fixture.lossWeights
        expectStored(inOrder, fixture.losses, 'losses')
        return sum(multiply(inOrder, engine().tensor(values, shape)))
      })
      backpropagate(losses)
      for (const [name, parameter] of Object.entries(crf.parameters()))
        expectStored(gradientOf(parameter), fixture.gradients[name], name)
      const gradients = { data: gradientOf(emissions.data), layout: emissions.layout }
      expectPacked(gradients, fixture.emissionGradients, 'emissions')
    })
  })

  test('log Z and the probabilities of tags are those of enumeration', () => {
    const tags = 3
    const crf = crfOf(engine(), tags)
    const sequences = sequencesOf([4, 1, 6, 2], tags)
    engine().scope(() => {
      const emissions = packSequences(engine(), sequences, tags)
      const all = sequences.map((values) => enumerate(crf, values))
      const { order } = emissions.layout
      expectClose(
        crf.logPartition(emissions),
        Array.from(order, (i) => logSum(all[i].map(({ score }) => score))),
      )
      for (const [i, marginals] of unpackSequences(crf.marginals(emissions)).entries()) {
        const logZ = logSum(all[i].map(({ score }) => score))
        const expected = new Float64Array(sequences[i].length)
        for (const { path, score } of all[i])
          for (const [t, tag] of path.entries()) expected[t * tags + tag] += Math.exp(score - logZ)
        expectClose(engine().tensor(marginals), expected)
      }
    })
  })

  // 1: everyday scores. 40 and 200: terms so far apart that exponentials cannot be shared and are taken pair by pair.
  test.each([1, 40, 200])(
    'scores of size %i: the transitions get the expected less the observed counts',
    (size) => {
      const tags = 3
      const crf = crfOf(engine(), tags, size)
      const sequences = sequencesOf([5, 2, 4], tags).map((values) => values.map((value) => size * value))
      const targets = [
        [2, 2, 0, 1, 1],
        [1, 0],
        [0, 0, 2, 1],
      ]
      const loss = differentiate(engine(), () => {
        const emissions = packSequences(engine(), sequences, tags)
        return crf.loss(emissions, emissions.layout.arrange(targets), 'sum')
      })
      const expected = new Float64Array(tags * tags)
      let expectedLoss = 0
      for (const [i, values] of sequences.entries()) {
        const all = enumerate(crf, values)
        const logZ = logSum(all.map(({ score }) => score))
        for (const { path, score } of all) {
          for (let t = 1; t < path.length; t++)
            expected[path[t - 1] * tags + path[t]] += Math.exp(score - logZ)
          if (path.join() === targets[i].join()) expectedLoss += logZ - score
        }
        for (let t = 1; t < targets[i].length; t++) expected[targets[i][t - 1] * tags + targets[i][t]]--
      }
      const tolerance = 1e-5 * size // of log Z, which is as large as the scores
      expect(Math.abs(loss - expectedLoss)).toBeLessThan(tolerance * Math.max(1, expectedLoss))
      expectClose(gradientOf(crf.transition), expected, tolerance)
    },
  )

  test('a sequence gives the same bits alone and in a batch', () => {
    const tags = 19
    const crf = crfOf(engine(), tags)
    const sequences = sequencesOf([4, 1, 30, 7, 7], tags)
    const together = engine().scope(() => measure(crf, packSequences(engine(), sequences, tags)))
    for (const [i, sequence] of sequences.entries()) {
      const alone = engine().scope(() => measure(crf, packSequences(engine(), [sequence], tags)))
      expect(alone[0]).toEqual(together[i])
    }
  })
})

function measure(crf: Crf, emissions: Packed): { logZ: number; marginals: number[] }[] {
  const partitions = crf.logPartition(emissions).data
  const positions = emissions.layout.inverseOrder()
  return unpackSequences(crf.marginals(emissions)).map((marginals, i) => ({
    logZ: partitions[positions[i]],
    marginals: Array.from(marginals),
  }))
}

describe('in double precision', () => {
  const engine = useEngine()

  test.each(['mean', 'sequence', 'sum', 'none'] as const)(
    'gradients with reduction %s are those of finite differences',
    (reduction) => {
      const tags = 5
      const crf = crfOf(engine(), tags)
      const layout = PackedLayout.of([3, 1, 6])
      const data = engine().persistent([layout.rows, tags])
      data.set(numbers(data.shape, 'emissions'))
      const targets = Array.from({ length: layout.rows }, (_, row) => (row * 7) % tags)
      const inputs = [data, ...Object.values(crf.parameters())]
      const worst = gradientCheck(engine(), () => crf.loss({ data, layout }, targets, reduction), inputs)
      expect(worst).toBeLessThan(1e-6)
    },
  )

  test('random chains: partition, best path and gradient are those of enumeration', () => {
    const chain = {
      seed: fc.integer(),
      tags: fc.integer({ min: 1, max: 4 }),
      size: fc.constantFrom(0.3, 3, 30, 300),
    }
    const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.record({ ...chain, lengths }), ({ seed, tags, size, lengths }) => {
        const random = new Random(seed)
        const crf = crfOf(engine(), tags, size)
        const sequences = lengths.map((length) =>
          Array.from({ length: length * tags }, () => size * random.normal()),
        )
        const all = sequences.map((values) => enumerate(crf, values))
        engine().scope(() => {
          const emissions = packSequences(engine(), sequences, tags)
          const logZ = Array.from(emissions.layout.order, (i) => logSum(all[i].map(({ score }) => score)))
          expectClose(crf.logPartition(emissions), logZ)
          for (const [i, { tags: path, score }] of viterbi(emissions, { scores: crf.scores() }).entries()) {
            const best = all[i].reduce((a, b) => (b.score > a.score ? b : a))
            expect(Array.from(path)).toEqual(best.path)
            expect(score).toBeCloseTo(best.score, 8)
          }
        })
        for (const parameter of Object.values(crf.parameters())) parameter.dispose()
      }),
      { numRuns: 50 },
    )
  })
})

describe('behaviour', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })

  test('long sequences and forbidden transitions stay finite', () => {
    const crf = crfOf(engine(), 3)
    crf.transition.set([-Infinity, 0, -Infinity, 0, -Infinity, 0, 0, 0, -Infinity])
    const steps = 2000
    const tags = Int32Array.from({ length: steps }, (_, t) => t % 2)
    const loss = differentiate(engine(), () => {
      const values = numbers([steps * 3], 'long').map((value) => 50 * value)
      return crf.loss(packSequences(engine(), [values], 3), tags, 'sum')
    })
    expect(Number.isFinite(loss) && loss > 0).toBe(true)
    for (const parameter of Object.values(crf.parameters())) {
      const { data } = gradientOf(parameter)
      expect(data.every(Number.isFinite)).toBe(true)
    }
    expect(gradientOf(crf.transition).data[0]).toBe(0)
  })

  test('what does not fit is refused', () => {
    expect(() => crfOf(engine(), 0)).toThrow('Crf: got 0 tags; expected a whole number from 1 to 12000')
    const crf = crfOf(engine(), 3)
    engine().scope(() => {
      const emissions = packSequences(engine(), [[1, 2, 3, 4, 5, 6]], 3)
      expect(() => crf.loss(packSequences(engine(), [[1, 2]], 2), [0])).toThrow(
        "Crf: got emissions [1, 2]; expected [1, 3], the layout's rows by the tags",
      )
      expect(() => crf.loss(emissions, [0])).toThrow(ShapeError)
      expect(() => crf.loss(emissions, [0, 3])).toThrow(
        'Crf: got target 3 at row 1; expected a whole number from 0 to 2',
      )
      expect(() => crf.loss(emissions, [0, 1], 'average' as 'mean')).toThrow(UsageError)
    })
  })
})
