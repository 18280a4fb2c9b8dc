// Draws docs/images/packed.svg: three sequences and the order in which PackedLayout stores their steps.
// node docs/images/packed.mjs (after npm run build)
import { writeFileSync } from 'node:fs'
import { PackedLayout } from 'unrolled/tensor'
import { box, colours, line, picture, text } from './svg.mjs'

const sequences = [
  ['how', 'late'],
  ['set', 'an', 'alarm', 'please'],
  ['what', 'a', 'day'],
]
const fills = [colours.paleOrange, colours.paleBlue, colours.paleGreen]
const layout = PackedLayout.of(sequences.map(({ length }) => length))
const [wide, high, top] = [62, 30, 46]
const word = (x, y, sequence, step) => [
  box(x, y, wide, high, { fill: fills[sequence], stroke: colours.faint, radius: 4, thick: 1 }),
  text(x + wide / 2, y + 20, sequences[sequence][step], { size: 13 }),
]
const note = (x, y, string) => text(x, y, string, { size: 12, colour: colours.faint, anchor: 'start' })

const given = sequences.map((words, sequence) =>
  words.map((_, step) => word(20 + step * wide, top + sequence * (high + 8), sequence, step)),
)
const right = 20 + 4 * wide + 90
const sorted = []
const memory = []
layout.forEachRow((row, position, step) => {
  const sequence = layout.order[position]
  sorted.push(word(right + step * (wide + 8), top + position * (high + 4), sequence, step))
  memory.push(word(20 + row * (wide + 4), top + 176, sequence, step))
})
const sizes = Array.from(layout.batchSizes, (size, step) =>
  text(right + step * (wide + 8) + wide / 2, top + 3 * (high + 4) + 14, size > 1 ? `${size} rows` : '1 row', {
    size: 12,
    colour: colours.faint,
  }),
)
writeFileSync(
  new URL('packed.svg', import.meta.url),
  picture(640, 270, 'How a batch of sequences is packed', [
    note(20, 28, 'three sequences'),
    given,
    line([
      [right - 66, top + 52],
      [right - 18, top + 52],
    ]),
    note(right, 28, 'sorted by length; the columns are the steps'),
    sorted,
    sizes,
    note(20, top + 164, 'in memory: step by step, no gaps'),
    memory,
  ]),
)
