import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Words } from '../../src/data/index.js'

const words = new Words()

describe('Words', () => {
  test.each([
    ["What's the time?", ['what', "'s", 'the', 'time', '?']],
    ["I won't, can't, wouldn't've!", ['i', 'wo', "n't", ',', 'ca', "n't", ',', 'would', "n't", "'ve", '!']],
    ["wo n't 's `` fine '' ...", ['wo', "n't", "'s", '``', 'fine', "''", '...']],
    [
      'st. louis re-imagining $5.00 u.s.',
      ['st', '.', 'louis', 're', '-', 'imagining', '$', '5.00', 'u.s', '.'],
    ],
    ['It’s a café, n’est-ce pas…', ['it', "'s", 'a', 'café', ',', "n'est", '-', 'ce', 'pas', '…']],
    ['cafe\u0301', ['café']],
    ['Привет, мир! 你好 😂😂', ['привет', ',', 'мир', '!', '你好', '😂', '😂']],
    [' \t\n\u00a0 ', []],
    ['', []],
    ['a\u200b b\u0007', ['a', 'b']],
  ])('%s', (text, expected) => {
    expect(words.of(text)).toEqual(expected)
  })

  test('keeps case and writes digits as zeros when asked to', () => {
    expect(new Words({ lowerCase: false }).of("Don't SHOUT")).toEqual(['Do', "n't", 'SHOUT'])
    expect(new Words({ digits: 'zero' }).of('flight 1209 at 6:45 ٣')).toEqual([
      'flight',
      '0000',
      'at',
      '0',
      ':',
      '00',
      '0',
    ])
    expect(words.options).toEqual({ lowerCase: true, digits: 'keep', boundaries: 'unicode' })
  })

  // A space between chunks so that clitics and runs, which go beyond UAX 29, stay out.
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' })
  const plain = fc.string({ unit: fc.constantFrom(...'abYZ019_.,;-$ "'), maxLength: 20 })
  test('cuts ASCII at the word boundaries of Unicode', () => {
    fc.assert(
      fc.property(plain, (text) => {
        fc.pre(!/([.,;\-$"])\1/.test(text))
        const expected = [...segmenter.segment(text)]
          .map(({ segment }) => segment)
          .filter((segment) => segment.trim() !== '')
        expect(new Words({ lowerCase: false }).of(text)).toEqual(expected)
      }),
      { numRuns: 2000 },
    )
  })

  const letters = fc.constantFrom(
    ...'abIst019_.,;:-$ "\'`!?’éßЖ…—😂👩‍👧',
    "n't",
    "'s",
    "'ll",
    ' ',
    '\u0301',
    '\u200d',
    '́',
  )
  test('words joined by blanks give the same words again', () => {
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 24 }), (text) => {
        const once = words.of(text)
        expect(words.of(once.join(' '))).toEqual(once)
      }),
      { numRuns: 3000 },
    )
  })

  test.each(['a', 'é', '!', "a's", 'a.', '中', '😂', '\u200d', 'x '])(
    '1 MB of %j takes a moment',
    (piece) => {
      const start = performance.now()
      words.of(piece.repeat(1_000_000 / piece.length))
      expect(performance.now() - start).toBeLessThan(8000)
    },
  )
})
