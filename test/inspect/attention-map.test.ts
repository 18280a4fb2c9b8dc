import { expect, test } from 'vitest'
import { columnsOf, cutTo } from '../../src/inspect/columns.js'
import { drawAttention, renderAttention } from '../../src/inspect/index.js'
import { expectSound } from './sound.js'

/** Token i reads token i, and a little of all others. */
function mapOf(source: readonly string[], target: readonly string[]) {
  const weights = target.map((_, i) =>
    source.map((_, j) => (j === i % source.length ? 0.9 : 0.1 / (source.length - 1))),
  )
  return { source, target, weights }
}
const words = 'der Mann der dort steht liest eine Zeitung </s>'.split(' ')

test('words stand above their columns where there is room', () => {
  const lines = renderAttention(mapOf(words, ['the', 'man', '</s>'])).split('\n')
  expect(lines).toEqual([
    '      der Mann der dort steht liest eine Zeitung </s>',
    ' the │███                                            │ der',
    ' man │    ████                                       │ Mann',
    '</s> │         ███                                   │ der',
  ])
})

test('columns become narrower, then neighbours share one, until the lines fit', () => {
  const long = mapOf(
    Array.from({ length: 70 }, (_, i) => `Wort${i}`),
    ['one', 'two', 'a word of many many many letters', 'new\nline'],
  )
  for (const map of [long, mapOf(words, words), mapOf([...'Mittwoch', '</s>'], [...'03', '</s>'])])
    for (const width of [40, 52, 72, 100]) {
      const text = renderAttention(map, { width })
      // a line of names above, unless the columns are too narrow for them
      expect([0, 1]).toContain(text.split('\n').length - map.target.length)
      for (const line of text.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(width)
    }
  const [first, second] = renderAttention(long, { width: 60 }).split('\n')
  expect(first).toMatch(/│█ *│ Wort0/) // two of them are one column
  expect(second).toMatch(/│█ *│ Wort1/)
  expect(renderAttention(mapOf(words, words), { width: 52 })).toMatch(/│ +█+ +│ Zeitung/)
})

test('signs that take two columns of a terminal have two', () => {
  expect(columnsOf('漢aあ한😀é')).toBe(10)
  expect(columnsOf('e\u0301')).toBe(1)
  expect(cutTo(5, '漢字漢字')).toBe('漢字…')
  const lines = renderAttention(mapOf([...'a漢😀b', '</s>'], ['字', 'ab', '</s>'])).split('\n')
  expect(lines).toEqual(['      a漢😀b⏎', '  字 │█      │ a', '  ab │ ██    │ 漢', '</s> │   ██  │ 😀'])
  for (const width of [40, 60])
    for (const line of renderAttention(mapOf([...'漢'.repeat(50)], ['字']), { width }).split('\n'))
      expect(columnsOf(line)).toBeLessThanOrEqual(width)
})

test('a map is drawn with a tip for each field', () => {
  const svg = drawAttention(mapOf(words, ['the', '<man>']), 'A map')
  expectSound(svg)
  expect(svg).toContain('“&lt;man&gt;” read 90.0 % from “Mann”')
})
