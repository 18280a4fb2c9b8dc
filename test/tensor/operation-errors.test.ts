import { describe, expect, it } from 'vitest'
import { Random } from '../../src/random/index.js'
import * as ops from '../../src/tensor/index.js'
import { useEngine } from './engines.js'

describe('shape errors', () => {
  const engine = useEngine()
  const of = (...shape: number[]) => engine().zeros(shape)
  const indices = (...values: number[]) => engine().indices(values)

  it.each<[string, () => unknown, string]>([
    ['add', () => ops.add(of(2, 3), of(2)), 'add: [2, 3] and [2] do not fit; expected equal shapes'],
    [
      'matmul',
      () => ops.matmul(of(2, 3), of(4, 5)),
      'matmul: [2, 3] and [4, 5] do not fit; expected [M, K] and [K, N]',
    ],
    ['matmul', () => ops.matmul(of(3), of(3, 5)), 'matmul: [3] and [3, 5] do not fit'],
    [
      'linear',
      () => ops.linear(of(2, 3), of(4, 5)),
      'linear: x [2, 3] and weight [4, 5] do not fit; expected x [..., inputs]',
    ],
    [
      'linear',
      () => ops.linear(of(2, 3), of(4, 3), of(5)),
      'weight [4, 3] and bias [5] do not fit; expected bias [4]',
    ],
    [
      'concat',
      () => ops.concat([of(2, 3), of(3, 3)], 1),
      'concat: [2, 3] and [3, 3] do not fit; expected shapes that differ in axis 1 only',
    ],
    ['concat', () => ops.concat([], 0), 'concat: got no tensors; expected at least one'],
    [
      'slice',
      () => ops.slice(of(2, 3), 1, 1, 4),
      'slice: got 1 to 4 along axis 1 of [2, 3]; expected a part of 0 to 3',
    ],
    ['slice', () => ops.slice(of(2, 3), 1, 2, 2), 'slice: got 2 to 2 along axis 1'],
    [
      'split',
      () => ops.split(of(2, 3), 2, 1),
      'split: got 2 parts along axis 1 of [2, 3]; expected a divisor of 3',
    ],
    ['sum', () => ops.sum(of(2, 3), 2), 'sum: got axis 2 for shape [2, 3]; expected -2 to 1'],
    ['max', () => ops.max(of()), 'max: got a scalar; expected at least one axis'],
    ['transpose', () => ops.transpose(of(3)), 'transpose: got shape [3]; expected a matrix, [M, N]'],
    ['reshape', () => ops.reshape(of(2, 3), [4]), 'view: [2, 3] has 6 elements and cannot become [4]'],
    [
      'layerNorm',
      () => ops.layerNorm(of(2, 3), of(2)),
      'x [2, 3], weight [2] and bias none do not fit; expected weight and bias [3]',
    ],
    [
      'gatherRows',
      () => ops.gatherRows(of(2, 3), indices(0, 2)),
      'gatherRows: index 2 at position 1 is outside [2, 3]; expected -1 to 1',
    ],
    [
      'gatherRows',
      () => ops.gatherRows(of(), indices(0)),
      'gatherRows: got a scalar; expected rows, [V, ...]',
    ],
    [
      'embeddingBag',
      () => ops.embeddingBag(of(2, 3), indices(0, 1), indices(-1)),
      'embeddingBag: index -1 at position 0',
    ],
    [
      'embeddingBag',
      () => ops.embeddingBag(of(2, 3), indices(0, 2), indices(1)),
      'got offsets 0, 2 for 1 indices; expected one more than the bags, from 0 to 1',
    ],
    [
      'embeddingBag',
      () => ops.embeddingBag(of(2, 3), indices(0, 1), indices(1), of(2)),
      'got weights [2] for 1 indices; expected [1]',
    ],
    [
      'dropout',
      () => ops.dropout(of(2), 1, new Random(1)),
      'dropout: got rate 1; expected at least 0 and less than 1',
    ],
  ])('of %s say what is wrong', (_, attempt, text) => {
    expect(() => engine().scope(attempt)).toThrow(text)
  })
})
