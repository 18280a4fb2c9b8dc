import type { Reading } from '../live-lens.js'
import { spread } from './labels.js'
import type { Scale } from './scale.js'
import { linearScale, logScale, powerLabel } from './scale.js'
import { box, dashes, dot, headed, ink, line, palette, picture, text, textWidth } from './svg.js'

/** The readings of one training. */
export interface Training {
  readonly title: string
  readonly readings: readonly Reading[]
}

const frame = { left: 64, wide: 520, high: 260 }

/** How much of the gradient reaches the beginning of the task while networks learn: what the live lens saw, training by training. */
export function drawTraining(trainings: readonly Training[], heading: string): string {
  const { left, wide, high } = frame
  const right = Math.max(...trainings.map(({ title }) => textWidth(title, 13, true))) + 30
  const total = left + wide + right
  const head = headed(heading, total)
  const top = head.bottom + 38
  const courses = trainings.map(({ readings }) =>
    readings.flatMap(({ step, verdict: { remaining } }) =>
      remaining ? [{ step, remaining: Math.max(remaining, 1e-20) }] : [],
    ),
  )
  const all = courses.flat()
  const x = linearScale(0, Math.max(1, ...all.map(({ step }) => step)), left, left + wide)
  const low = Math.min(0.01, ...all.map(({ remaining }) => remaining))
  const most = Math.max(1, ...all.map(({ remaining }) => remaining))
  const y = logScale(10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(most)), top + high, top)
  const ends = courses.map((course) => y(course.at(-1)?.remaining ?? 1))
  const places = spread(ends, 18, top + 8, top + high)
  return picture(total, top + high + 56, heading, [
    head.part,
    text(
      14,
      top - 14,
      'share of the gradient that reaches the beginning of the task, by the half-life of each reading; log scale',
      { size: 12, colour: ink.faint },
    ),
    grid(x, y, top),
    ...courses.map((course, k) => {
      const colour = palette[k % palette.length]
      const points = course.map(({ step, remaining }) => [x(step), y(remaining)] as const)
      return [
        line(points, { stroke: colour, width: 2.5, dash: dashes[k % dashes.length] }),
        ...points.map(([px, py], place) =>
          dot(px, py, 2.6, {
            fill: colour,
            tip: `step ${course[place].step}: ${course[place].remaining.toExponential(1)}`,
          }),
        ),
        text(left + wide + 14, places[k] + 4.5, trainings[k].title, { colour, bold: true }),
      ].join('')
    }),
    text(left + wide / 2, top + high + 42, 'training step', { anchor: 'middle' }),
  ])
}

function grid(x: Scale, y: Scale, top: number): string {
  const { left, wide, high } = frame
  return [
    box(left, y(0.01), wide, top + high - y(0.01), { fill: '#f3f4f6' }),
    text(left + wide - 8, top + high - 9, 'vanished: less than 1 % is left', {
      size: 11.5,
      anchor: 'end',
      colour: ink.faint,
    }),
    ...y.ticks.map((tick) =>
      [
        line(
          [
            [left, y(tick)],
            [left + wide, y(tick)],
          ],
          { stroke: ink.grid },
        ),
        text(left - 8, y(tick) + 4.5, powerLabel(tick), { size: 12, anchor: 'end', colour: ink.faint }),
      ].join(''),
    ),
    ...x.ticks.map((tick) =>
      text(x(tick), top + high + 20, tick.toLocaleString('en'), {
        size: 12,
        anchor: 'middle',
        colour: ink.faint,
      }),
    ),
    line(
      [
        [left, top + high],
        [left + wide, top + high],
      ],
      { stroke: ink.line },
    ),
  ].join('')
}
