import { expect, test } from 'vitest'
import { drawRoll, renderRoll } from '../../src/inspect/index.js'
import { expectSound } from './sound.js'

const note = (pitch: number, start: number, end: number, velocity = 80) => ({ pitch, start, end, velocity })
const roll = {
  steps: [[60, 67], [60], [], [61]],
  notes: [note(60, 0, 2), note(67, 0, 1, 127), note(61, 3, 4, 1)],
  primer: 3,
  stepsPerBeat: 1,
}

test('a roll in characters: two pitches to a line, the model begins at the bar', () => {
  expect(renderRoll(roll).split('\n')).toEqual(['     ▀  │', '        │', '        │', '  C4 ▄▄ │▀'])
  expect(renderRoll({ ...roll, primer: 0 })).not.toContain('│')
  expect(renderRoll({ steps: [[], []], primer: 0 })).toBe('  (silence)')
})

test('a long roll fits the lines: a character stands for several steps', () => {
  const steps = Array.from({ length: 300 }, (_, step) => (step % 50 === 0 ? [72, 60] : [60]))
  const lines = renderRoll({ steps, primer: 150 }, { width: 60 }).split('\n')
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(60)
  expect(lines[0].match(/▄/g)).toHaveLength(6)
})

test('a roll as a picture: a bar for every note, in two colours, lighter where it is soft', () => {
  const svg = drawRoll(roll)
  expectSound(svg)
  expect(svg.match(/<rect/g)).toHaveLength(1 + 3)
  expect(svg).toContain('pitch 60, steps 1 to 2')
  expect(svg).toContain('3 steps that were given, and 1 that the model went on with')
  const bars = [...svg.matchAll(/<rect[^>]*rx[^>]*fill="(#\w+)"[^>]*opacity="([\d.]+)"/g)]
  expect(bars.map(([, fill]) => fill)).toEqual(['#0072b2', '#0072b2', '#d55e00'])
  expect(bars.map(([, , opacity]) => Number(opacity))).toEqual([0.76, 1, 0.36])
  expect(svg).toContain('stroke-dasharray')
})

test('a roll without a primer, an empty one, and a heading of its own', () => {
  expect(drawRoll({ ...roll, primer: 0 })).toContain('3 notes in 4 steps, drawn by the model')
  expectSound(drawRoll({ steps: [[]], notes: [], primer: 0, stepsPerBeat: 4 }))
  expect(drawRoll(roll, 'In C')).toContain('In C')
})
