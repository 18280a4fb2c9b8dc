import { shortened } from './labels.js'
import { linearScale, type Scale } from './scale.js'
import { area, dot, headed, ink, line, palette, picture, text } from './svg.js'

/** A series and how it is said to go on. */
export interface ForecastPicture {
  readonly title: string
  /** The end of the series, oldest first. */
  readonly past: readonly { readonly time: string; readonly value: number }[]
  readonly steps: readonly {
    readonly time: string
    readonly value: number
    readonly low: number
    readonly high: number
  }[]
  /** The share of values that the intervals should hold. */
  readonly coverage: number
}

const frame = { left: 70, wide: 660, high: 260, right: 24 }

/** A series as a line, its forecast as a broken one, and a band in which it should stay with the probability that the heading says. */
export function drawForecast({ title, past, steps, coverage }: ForecastPicture): string {
  const { left, wide, high, right } = frame
  const heading = `${shortened(title, 40)}: ${steps.length === 1 ? 'the next step' : `the next ${steps.length} steps`}, with intervals of ${Math.round(100 * coverage)} %`
  const head = headed(heading, left + wide + right)
  const top = head.bottom + 24
  const values = [...past.map(({ value }) => value), ...steps.flatMap((step) => [step.low, step.high])]
  const [low, most] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity])
  const x = linearScale(0, Math.max(1, past.length + steps.length - 1), left, left + wide)
  const y = linearScale(low, most, top + high, top)
  const now = past.length - 1
  const last = past[now]
  const ahead = [{ ...last, low: last.value, high: last.value }, ...steps]
  const along = (of: (step: (typeof ahead)[number]) => number) =>
    ahead.map((step, k) => [x(now + k), y(of(step))] as const)
  const blue = palette[0]
  return picture(left + wide + right, top + high + 40, heading, [
    head.part,
    grid(y),
    area([...along((step) => step.high), ...along((step) => step.low).reverse()], {
      fill: blue,
      opacity: 0.2,
    }),
    line(
      past.map(({ value }, t) => [x(t), y(value)]),
      { width: 1.6 },
    ),
    line(
      along(({ value }) => value),
      { stroke: blue, width: 2, dash: '5 3' },
    ),
    ...steps.map(({ time, value, low, high }, k) =>
      dot(x(now + 1 + k), y(value), steps.length > 60 ? 1.5 : 3, {
        fill: blue,
        tip: `${time}: ${value} (${low} to ${high})`,
      }),
    ),
    line(
      [
        [x(now), top],
        [x(now), top + high],
      ],
      { stroke: ink.line, dash: '2 3' },
    ),
    ...timeLabels(
      [...past, ...steps].map(({ time }) => time),
      x,
      top + high + 20,
    ),
  ])
}

function grid(y: Scale): string {
  const { left, wide } = frame
  return y.ticks
    .map((tick) =>
      [
        line(
          [
            [left, y(tick)],
            [left + wide, y(tick)],
          ],
          { stroke: ink.grid },
        ),
        text(left - 8, y(tick) + 4.5, tick.toLocaleString('en'), {
          size: 12,
          anchor: 'end',
          colour: ink.faint,
        }),
      ].join(''),
    )
    .join('')
}

/** About five times, from the first to the last. */
function timeLabels(times: readonly string[], x: Scale, at: number): string[] {
  const each = Math.max(1, Math.ceil(times.length / 5))
  return times.flatMap((time, t) =>
    t % each === 0 ? [text(x(t), at, time, { size: 12, anchor: 'middle', colour: ink.faint })] : [],
  )
}
