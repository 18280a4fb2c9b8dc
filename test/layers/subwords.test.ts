import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { SubwordRows } from '../../src/layers/index.js'

describe('SubwordRows', () => {
  const rows = new SubwordRows({ words: 10, buckets: 1000 })

  test("a word has its own row and those of its n-grams, by fastText's hash", () => {
    // FNV-1a, 32 bits, of <ca <cat <cat> cat cat> at> (independently computed), modulo 1000, after the 10 words.
    expect(Array.from(rows.of('cat', 7))).toEqual([
      7,
      ...['<ca', '<cat', '<cat>', 'cat', 'cat>', 'at>'].map(row),
    ])
  })

  test('an unknown word has its n-grams alone and shares them with words that look like it', () => {
    const known = new Set(rows.of('colour', 3))
    const unknown = Array.from(rows.of('colours', -1))
    expect(unknown.every((row) => row >= 10 && row < rows.count)).toBe(true)
    expect(unknown.filter((row) => known.has(row)).length).toBeGreaterThan(unknown.length / 2)
  })

  test('characters are whole, not bytes or halves of pairs', () => {
    const single = new SubwordRows({ words: 0, buckets: 1e6, minimum: 1, maximum: 1 })
    expect(single.of('é😀', -1)).toHaveLength(4)
    expect(rows.of('é', -1)).toHaveLength(1)
    expect(rows.of('', -1)).toHaveLength(0)
  })

  test('wrong sizes and indices are refused', () => {
    expect(() => new SubwordRows({ words: 1, buckets: 0 })).toThrow(UsageError)
    expect(() => new SubwordRows({ words: 1, buckets: 5, minimum: 4, maximum: 3 })).toThrow(
      'subwords: maximum is 3; expected a whole number of at least 4',
    )
    expect(() => rows.of('cat', 10)).toThrow(UsageError)
  })
})

function row(ngram: string): number {
  let hash = 2166136261n
  for (const byte of new TextEncoder().encode(ngram)) hash = ((hash ^ BigInt(byte)) * 16777619n) % 2n ** 32n
  return 10 + Number(hash % 1000n)
}
