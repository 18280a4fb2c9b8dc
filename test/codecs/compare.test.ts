import { expect, it } from 'vitest'
import { compareShapes } from '../../src/codecs/index.js'

it('lists what is missing, of another shape, and unexpected', () => {
  const expected = { a: { shape: [2, 3] }, b: { shape: [] }, c: { shape: [1] } }
  expect(compareShapes(expected, expected)).toEqual([])
  expect(compareShapes(expected, { a: { shape: [3, 2] }, c: { shape: [1] }, d: { shape: [4] } })).toEqual([
    'wrong shape: a is [3, 2], expected [2, 3]',
    'missing: b []',
    'unexpected: d [4]',
  ])
})
