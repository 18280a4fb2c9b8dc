// Draws docs/images/schedules.svg: the learning-rate schedules of unrolled/optim.
// node docs/images/schedules.mjs (after npm run build)
import { writeFileSync } from 'node:fs'
import { constant, cosine, linearDecay, stepDecay, warmUp } from 'unrolled/optim'
import { colours, line, picture, text } from './svg.mjs'

const steps = 1000
const schedules = [
  ['constant()', constant()],
  ['stepDecay(250, 0.5)', stepDecay(250, 0.5)],
  ['linearDecay(1000)', linearDecay(steps)],
  ['warmUp(100, cosine(900, 0.1))', warmUp(100, cosine(900, 0.1))],
]
const [width, height, gap, left, top] = [160, 90, 20, 34, 36]

const panels = schedules.map(([name, schedule], k) => {
  const begin = left + k * (width + gap)
  const points = Array.from({ length: 201 }, (_, i) => [
    begin + (i / 200) * width,
    top + height * (1 - schedule((i / 200) * (steps - 1))),
  ])
  return [
    line(
      [
        [begin, top],
        [begin, top + height],
        [begin + width, top + height],
      ],
      { colour: colours.line, thick: 1, plain: true },
    ),
    line(points, { colour: colours.blue, thick: 2.5, plain: true }),
    text(begin + width / 2, 20, name, { size: 10.5, mono: true }),
    text(begin + width, top + height + 16, 'step 1,000', { size: 11, anchor: 'end', colour: colours.faint }),
  ]
})
const scale = [0, 1].map((value) =>
  text(left - 8, top + height * (1 - value) + 4, value, { size: 11, anchor: 'end', colour: colours.faint }),
)
const all = picture(left + 4 * (width + gap) + 8, top + height + 30, 'Factors on the learning rate', [
  panels,
  scale,
])
writeFileSync(new URL('schedules.svg', import.meta.url), all)
