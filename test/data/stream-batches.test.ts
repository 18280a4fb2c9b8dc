import fc from 'fast-check'
import { expect, it } from 'vitest'
import { streamBatches } from '../../src/data/index.js'
import { UsageError } from '../../src/errors.js'

it('cuts a text into streams and these into windows', () => {
  const source = streamBatches([0, 1, 2, 3, 4, 5, 6], { streams: 2, steps: 2 })
  expect(source.batchesPerEpoch).toBe(2)
  const plain = [...source.batches()].map(({ inputs, targets, ...rest }) => ({
    ...rest,
    inputs: [...inputs],
    targets: [...targets],
  }))
  expect(plain).toEqual([
    { streams: 2, steps: 2, inputs: [0, 3, 1, 4], targets: [1, 4, 2, 5] },
    { streams: 2, steps: 1, inputs: [2, 5], targets: [3, 6] },
  ])
})

it('reads every stream in order, predicts what comes next and leaves out less than a step', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 300 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 40 }),
      (count, streams, steps) => {
        fc.pre(count > streams)
        const tokens = Array.from({ length: count }, (_, i) => i)
        const source = streamBatches(tokens, { streams, steps })
        const batches = [...source.batches()]
        expect(batches.length).toBe(source.batchesPerEpoch)
        const streamsRead = Array.from({ length: streams }, (_, stream) =>
          batches.flatMap(({ inputs }) => [...inputs].filter((_, row) => row % streams === stream)),
        )
        const read = streamsRead.flat()
        expect(read).toEqual(tokens.slice(0, read.length))
        expect(count - 1 - read.length).toBeLessThan(streams)
        for (const { inputs, targets } of batches)
          expect([...targets]).toEqual([...inputs].map((token) => token + 1))
        expect([...source.batches()]).toEqual(batches)
      },
    ),
  )
})

it('refuses sizes that make no sense', () => {
  expect(() => streamBatches([1, 2], { streams: 2, steps: 1 })).toThrow(
    'streamBatches: got 2 tokens for 2 streams; expected at least 3',
  )
  expect(() => streamBatches([1, 2], { streams: 0, steps: 1 })).toThrow(UsageError)
  expect(() => streamBatches([1, 2], { streams: 1, steps: 1.5 })).toThrow(
    'streamBatches: steps must be a whole number of at least 1, got 1.5',
  )
})
