import { describe, expect, test } from 'vitest'
import { ShapeError, UsageError } from '../../src/errors.js'
import { attend, attentionMemory, attentions, sourcesOf } from '../../src/layers/index.js'
import { segmentOf, setParameters, timeSegments } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Tensor } from '../../src/tensor/index.js'
import {
  add,
  backpropagate,
  concat,
  gradientCheck,
  multiply,
  PackedLayout,
  packSequences,
  slice,
  sum,
} from '../../src/tensor/index.js'
import type { Stored, StoredByName } from '../fixture.js'
import { expectNumbers, expectPacked, expectStored, gradientOf, packedOf, readFixture } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { numbers, tensorOf } from '../tensor/values.js'

interface AttentionFixture {
  querySize: number
  sourceSize: number
  parameters: StoredByName
  sources: Stored[]
  queries: Stored[]
  contextWeights: Stored[]
  weightWeights: Stored[]
  contexts: Stored[]
  weights: Stored[]
  gradients: StoredByName
  sourceGradients: Stored[]
  queryGradients: Stored[]
}
type Kind = keyof typeof attentions
const kinds = Object.keys(attentions) as Kind[]
const fixtures = readFixture<Record<Kind | 'coverage', AttentionFixture>>('attention')
const random = new Random('attention')

onEveryBackend((engine) => {
  test.each(kinds)('%s: contexts, weights and gradients are those of PyTorch', (kind) => {
    const fixture = fixtures[kind]
    const { querySize, sourceSize } = fixture
    const attention = attentions[kind]({ engine: engine(), random, querySize, sourceSize, size: 7 })
    const parameters = attention.parameters()
    const stored = Object.entries(fixture.parameters)
    const plain = stored.map(([name, { shape, values }]) => [name, { shape, data: values }])
    setParameters(attention, Object.fromEntries(plain))
    engine().scope(() => {
      const sources = packedOf(engine(), fixture.sources, true)
      const queries = packedOf(engine(), fixture.queries, true)
      const { value: loss } = engine().record(() => {
        const looksAt = sourcesOf(queries.layout, sources.layout)
        const { context, weights } = attention.forward(queries.data, attention.remember(sources), looksAt)
        expectPacked({ data: context, layout: queries.layout }, fixture.contexts, 'context')
        const weightWeights = engine().empty(weights.values.shape)
        queries.layout.forEachRow((row, position, step) => {
          const i = queries.layout.order[position]
          const { shape, values } = fixture.weights[i]
          const rowOf = (all: readonly number[]) => all.slice(step * shape[1], (step + 1) * shape[1])
          expectNumbers(weights.row(row), rowOf(values), 1e-5, `weights of step ${step} of sequence ${i}`)
          weightWeights.data.set(rowOf(fixture.weightWeights[i].values), weights.offsets[row])
        })
        const contextWeights = packedOf(engine(), fixture.contextWeights)
        return add(sum(multiply(context, contextWeights.data)), sum(multiply(weights.values, weightWeights)))
      })
      backpropagate(loss)
      for (const [name, parameter] of Object.entries(parameters))
        expectStored(gradientOf(parameter), fixture.gradients[name], name)
      const gradientsOf = ({ data, layout }: typeof sources) => ({ data: gradientOf(data), layout })
      expectPacked(gradientsOf(sources), fixture.sourceGradients, 'sources')
      expectPacked(gradientsOf(queries), fixture.queryGradients, 'queries')
    })
  })

  test('with coverage: contexts, weights and gradients are those of PyTorch, step after step', () => {
    const fixture = fixtures.coverage
    const { querySize, sourceSize } = fixture
    const attention = attentions.additive({
      ...{ engine: engine(), random, querySize, sourceSize, size: 7, coverage: true },
    })
    const parameters = attention.parameters()
    const stored = Object.entries(fixture.parameters)
    setParameters(
      attention,
      Object.fromEntries(stored.map(([name, { shape, values }]) => [name, { shape, data: values }])),
    )
    engine().scope(() => {
      const sources = packedOf(engine(), fixture.sources, true)
      const queries = packedOf(engine(), fixture.queries, true)
      const contextWeights = packedOf(engine(), fixture.contextWeights)
      const { value: loss } = engine().record(() => {
        const memory = attention.remember(sources)
        const looksAt = sourcesOf(queries.layout, sources.layout)
        let before: Tensor | undefined
        const losses = timeSegments(queries.layout, 1).map((segment) => {
          const { begin, firstRow, endRow, layout } = segment
          const going = before && slice(before, 0, 0, layout.batch)
          const states = segmentOf(queries, segment).data
          const { context, weights, covered } = attention.forward(
            ...([states, memory, looksAt.subarray(firstRow, endRow), going] as const),
          )
          before = covered
          const weightWeights = engine().empty(weights.values.shape)
          for (let row = 0; row < layout.batch; row++) {
            const i = queries.layout.order[row]
            const rowOf = ({ shape, values }: Stored) =>
              values.slice(begin * shape[1], (begin + 1) * shape[1])
            expectNumbers(
              weights.row(row),
              rowOf(fixture.weights[i]),
              1e-5,
              `weights of step ${begin} of ${i}`,
            )
            const wanted = rowOf(fixture.contexts[i])
            const found = context.data.subarray(row * sourceSize, (row + 1) * sourceSize)
            expectNumbers(found, wanted, 1e-5, `context of step ${begin} of ${i}`)
            weightWeights.data.set(rowOf(fixture.weightWeights[i]), weights.offsets[row])
          }
          const part = segmentOf(contextWeights, segment).data
          return add(sum(multiply(context, part)), sum(multiply(weights.values, weightWeights)))
        })
        return losses.reduce((x, y) => add(x, y))
      })
      backpropagate(loss)
      for (const [name, parameter] of Object.entries(parameters))
        expectStored(gradientOf(parameter), fixture.gradients[name], name)
      const gradientsOf = ({ data, layout }: typeof sources) => ({ data: gradientOf(data), layout })
      expectPacked(gradientsOf(sources), fixture.sourceGradients, 'sources')
      expectPacked(gradientsOf(queries), fixture.queryGradients, 'queries')
    })
  })

  test('with coverage one query gives the same bits as many, however long the other sources are', () => {
    const attention = attentions.additive({
      ...{ engine: engine(), random, querySize: 21, sourceSize: 21, coverage: true },
    })
    const sequences = [3, 40, 17].map((length, i) => numbers([length * 21], `source ${i}`))
    const looksAt = [1, 0, 2, 2, 0, 1, 1]
    engine().scope(() => {
      const queries = tensorOf(engine(), [looksAt.length, 21], 'queries')
      const memory = attention.remember(packSequences(engine(), sequences, 21))
      const first = attention.forward(queries, memory, looksAt)
      const together = attention.forward(queries, memory, looksAt, first.covered)
      for (const [i, position] of looksAt.entries()) {
        const query = engine().tensor(queries.data.slice(21 * i, 21 * (i + 1)), [1, 21])
        const own = attention.remember(
          packSequences(engine(), [sequences[memory.layout.order[position]]], 21),
        )
        const before = attention.forward(query, own).covered
        const alone = attention.forward(query, own, [0], before)
        expect(alone.context.data).toEqual(together.context.data.slice(21 * i, 21 * (i + 1)))
        expect(alone.weights.row(0)).toEqual(together.weights.row(i))
        expect(alone.weights.row(0)).not.toEqual(first.weights.row(i)) // it does see what was looked at
        const steps = own.layout.steps
        const covered = together.covered?.data.subarray(40 * i, 40 * (i + 1)) ?? []
        expect(alone.covered?.data).toEqual(covered.slice(0, steps))
        expect([...covered.slice(steps)]).toEqual(new Array(40 - steps).fill(0)) // no attention to what is not there
      }
    })
  })

  test.each(kinds)('%s: one query of one source gives the same bits as many of many', (kind) => {
    const attention = attentions[kind]({ engine: engine(), random, querySize: 21, sourceSize: 21 })
    const sequences = [3, 40, 17].map((length, i) => numbers([length * 21], `source ${i}`))
    const looksAt = [1, 0, 2, 2, 0, 1, 1]
    engine().scope(() => {
      const queries = tensorOf(engine(), [looksAt.length, 21], 'queries')
      const memory = attention.remember(packSequences(engine(), sequences, 21))
      const together = attention.forward(queries, memory, looksAt)
      for (const [i, position] of looksAt.entries()) {
        const query = engine().tensor(queries.data.slice(21 * i, 21 * (i + 1)), [1, 21])
        const own = [sequences[memory.layout.order[position]]]
        const alone = attention.forward(query, attention.remember(packSequences(engine(), own, 21)))
        expect(alone.context.data).toEqual(together.context.data.slice(21 * i, 21 * (i + 1)))
        expect(alone.weights.row(0)).toEqual(together.weights.row(i))
      }
    })
  })
})

describe('gradients', () => {
  const engine = useEngine()

  test.each(kinds)('of %s are those of finite differences', (kind) => {
    const attention = attentions[kind]({ engine: engine(), random, querySize: 5, sourceSize: 5, size: 3 })
    const layout = PackedLayout.of([2, 4, 1])
    const made = (shape: number[], name: string) => {
      const tensor = engine().persistent(shape)
      tensor.set(numbers(shape, name))
      return tensor
    }
    const [source, queries] = [made([layout.rows, 5], 'source'), made([6, 5], 'queries')]
    const both = (x: Tensor, y: Tensor) => {
      const memory = attention.remember({ data: x, layout })
      const first = attention.forward(y, memory, [2, 0, 1, 0, 0, 1])
      const again = attention.forward(y, memory, [0, 0, 0, 1, 1, 2]) // gradients of two calls are added up
      return concat([first.context.view([30]), first.weights.values, again.context.view([30])], 0)
    }
    const inputs = [source, queries, ...Object.values(attention.parameters())]
    expect(gradientCheck(engine(), (x, y) => both(x, y), inputs)).toBeLessThan(1e-6)
  })

  test('of coverage are those of finite differences, also from what is covered', () => {
    const attention = attentions.additive({
      ...{ engine: engine(), random, querySize: 5, sourceSize: 4, size: 3, coverage: true },
    })
    const layout = PackedLayout.of([2, 4, 1])
    const made = (shape: number[], name: string) => {
      const tensor = engine().persistent(shape)
      tensor.set(numbers(shape, name))
      return tensor
    }
    const [source, queries] = [made([layout.rows, 4], 'source'), made([6, 5], 'queries')]
    const before = made([6, 4], 'before')
    const run = (x: Tensor, y: Tensor, c: Tensor) => {
      const memory = attention.remember({ data: x, layout })
      const first = attention.forward(y, memory, [2, 0, 1, 0, 0, 1], c)
      const second = attention.forward(y, memory, [2, 0, 1, 0, 0, 1], first.covered)
      return concat(
        [first, second].flatMap(({ context, weights, covered }) => [
          ...[context.view([24]), weights.values],
          ...(covered ? [covered.view([24])] : []),
        ]),
        0,
      )
    }
    const inputs = [source, queries, before, ...Object.values(attention.parameters())]
    expect(inputs).toHaveLength(8)
    expect(gradientCheck(engine(), (x, y, c) => run(x, y, c), inputs)).toBeLessThan(1e-6)
  })
})

describe('behaviour', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })

  test('weights add up to 1 over the steps that exist; large scores do not overflow', () => {
    engine().scope(() => {
      const source = packSequences(
        engine(),
        [
          [1000, 2000],
          [1, 2, 3, 4, 5, 6],
        ],
        2,
      )
      const memory = attentionMemory(source.data, source.data, source.layout)
      const { context, weights } = attend(
        engine().tensor([
          [1, 1],
          [900, 0],
          [0, 0],
        ]),
        memory,
        [0, 1, 0],
      )
      expect([0, 1, 2].map((query) => weights.row(query).length)).toEqual([3, 1, 3])
      expect(Array.from(weights.row(2))).toEqual([1 / 3, 1 / 3, 1 / 3].map(Math.fround))
      expect(context.toArray()).toEqual([expect.anything(), [1000, 2000], [3, 4]])
      for (let query = 0; query < 3; query++)
        expect(Array.from(weights.row(query)).reduce((a, b) => a + b)).toBeCloseTo(1, 6)
    })
  })

  test('sourcesOf pairs sequences whatever their lengths', () => {
    const target = PackedLayout.of([1, 3, 2])
    const source = PackedLayout.of([5, 4, 9])
    const sources = sourcesOf(target, source)
    target.forEachRow((row, position) => {
      expect(source.order[sources[row]]).toBe(target.order[position])
    })
    expect(() => sourcesOf(target, PackedLayout.of([1]))).toThrow('sourcesOf: got 3 targets for 1 sources')
  })

  test('what does not fit is refused', () => {
    const given = { engine: engine(), random }
    expect(() => attentions.dot({ ...given, querySize: 2, sourceSize: 3 })).toThrow(UsageError)
    engine().scope(() => {
      const source = packSequences(
        engine(),
        [
          [1, 2],
          [3, 4],
        ],
        2,
      )
      const memory = attentions.dot({ ...given, querySize: 2, sourceSize: 2 }).remember(source)
      const queries = engine().zeros([2, 2])
      expect(() => attend(engine().zeros([2, 3]), memory)).toThrow(
        'attention: queries [2, 3] and keys [2, 2] do not fit; expected rows of one size',
      )
      expect(() => attend(queries, memory, [0])).toThrow(ShapeError)
      expect(() => attend(queries, memory, [0, 2])).toThrow('got source 2 for query 1; expected 0 to 1')
      expect(() => attend(queries, memory, [0, 1], engine().zeros([3]))).toThrow('expected [2]')
      const vector = engine().zeros([2])
      const coverage = { vector, before: engine().zeros([2, 1]) }
      expect(() => attend(queries, memory, [0, 1], undefined, coverage)).toThrow('expected an additive score')
      expect(() => attend(queries, memory, [0, 1], vector, { ...coverage, before: queries })).toThrow(
        'got coverage [2, 2]; expected [2, 1], a row per query and a place per step',
      )
      expect(() =>
        attend(queries, memory, [0, 1], vector, { ...coverage, vector: engine().zeros([3]) }),
      ).toThrow('got a coverage vector [3]; expected [2]')
      expect(() => attentionMemory(queries, engine().zeros([3, 2]), source.layout)).toThrow(ShapeError)
    })
  })
})
