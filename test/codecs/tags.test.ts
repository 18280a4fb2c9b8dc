import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Chunk, chunksOf, parseTag, schemeOf, tagsOf } from '../../src/codecs/index.js'
import { UsageError } from '../../src/errors.js'

// chunksOf is compared with the rules of conlleval.pl and with seqeval in test/metrics/text-metrics.test.ts.
const schemes = ['iob1', 'iob2', 'bioes'] as const

/** Chunks in order: gaps, lengths and types. */
const chunkLists = fc
  .array(
    fc.record({
      gap: fc.nat(2),
      length: fc.integer({ min: 1, max: 3 }),
      type: fc.constantFrom('A', 'B', 'x-y'),
    }),
  )
  .map((items) => {
    const chunks: Chunk[] = []
    let place = 0
    for (const { gap, length, type } of items) {
      chunks.push({ type, start: place + gap, end: place + gap + length })
      place += gap + length
    }
    return { chunks, length: place + 1 }
  })

describe('tags', () => {
  const chunks = [
    { type: 'A', start: 0, end: 1 },
    { type: 'A', start: 1, end: 3 },
    { type: 'B', start: 3, end: 4 },
  ]

  test.each([
    ['iob1', 'I-A B-A I-A I-B O'],
    ['iob2', 'B-A B-A I-A B-B O'],
    ['bioes', 'S-A B-A E-A S-B O'],
  ] as const)('write chunks down in %s', (scheme, tags) => {
    expect(tagsOf(chunks, 5, scheme).join(' ')).toBe(tags)
    expect(chunksOf(tags.split(' '))).toEqual(chunks)
  })

  test('of BILOU and BMES are read as BIOES', () => {
    for (const tags of ['U-A B-A L-A U-B O', 'S-A B-A M-A S-B O'])
      expect(chunksOf(tags.split(' ')), tags).toEqual(chunks)
  })

  test.each(schemes)('%s gives the chunks back and is recognised', (scheme) => {
    fc.assert(
      fc.property(chunkLists, ({ chunks, length }) => {
        const tags = tagsOf(chunks, length, scheme)
        expect(chunksOf(tags)).toEqual(chunks)
        const found = schemeOf([tags])
        expect(found.exceptions).toBe(0)
        for (const other of schemes)
          if (found.scheme === other) expect(tagsOf(chunks, length, other)).toEqual(tags)
      }),
    )
  })

  test('that break their scheme are counted', () => {
    expect(schemeOf([['B-A', 'I-A', 'O', 'B-A', 'O', 'I-A']])).toEqual({ scheme: 'iob2', exceptions: 1 })
    expect(schemeOf([['B-A', 'O', 'I-A', 'O', 'I-A']])).toEqual({ scheme: 'iob1', exceptions: 1 })
    expect(schemeOf([['S-A', 'I-A', 'E-A']])).toEqual({ scheme: 'bioes', exceptions: 1 })
    expect(schemeOf([])).toEqual({ scheme: 'iob2', exceptions: 0 })
  })

  test('are parsed strictly', () => {
    expect(parseTag('B-x-y')).toEqual({ letter: 'B', type: 'x-y' })
    expect(parseTag('O')).toEqual({ letter: 'O', type: '' })
    for (const text of ['', 'PER', 'O-PER', 'b-PER', 'B_PER', 'ORG'])
      expect(parseTag(text), text).toBeUndefined()
  })

  test('cannot write overlapping chunks', () => {
    for (const end of [0, 1, 6])
      expect(() => tagsOf([chunks[0], { type: 'A', start: 0, end }], 5, 'iob2')).toThrow(UsageError)
  })
})
