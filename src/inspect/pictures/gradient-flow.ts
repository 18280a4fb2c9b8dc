import type { GradientFlow } from '../gradient-flow.js'
import type { Inspection } from '../inspection.js'
import { rate } from '../verdict.js'
import { spread } from './labels.js'
import type { Scale } from './scale.js'
import { linearScale, logScale, powerLabel } from './scale.js'
import { box, dashes, dot, headed, ink, line, palette, picture, text, textWidth } from './svg.js'

/** A line of the picture: one tensor of the state of one layer. */
interface Curve {
  readonly label: string
  readonly colour: string
  readonly dash: string
  /** Norms relative to the one at the end, by distance from it. */
  readonly values: readonly number[]
  readonly flow: GradientFlow
}

/** Gradients smaller than this in relation to the largest are not drawn: 18 powers of ten are enough for any lecture. */
const decades = 18

/**
 * The norms of gradients over the distance from the end, on a logarithmic scale: straight lines down vanish, lines up explode. Of several
 * inspections each gets a colour; a broken line is h, a full one the memory c.
 */
export function drawGradientFlow(inspections: readonly Inspection[], title?: string): string {
  const curves = curvesOf(inspections)
  const heading = title ?? finding(inspections)
  const labels = curves.map(({ label, flow }) => `${label}${flow.halfLife ? `: ${rate(flow.halfLife)}` : ''}`)
  const right = Math.max(0, ...labels.map((label) => textWidth(label, 13, true))) + 22
  const [left, wide, high] = [64, 520, 300]
  const total = left + wide + right
  const head = headed(heading, total)
  const top = head.bottom + 38
  const longest = Math.max(1, ...curves.map(({ values }) => values.length - 1))
  const x = linearScale(0, longest, left, left + wide, 6)
  const y = heightScale(curves, top, high)
  const ends = curves.map(({ values }) => y(lastDrawn(values, y)[1]))
  const places = spread(ends, 18, top + 8, top + high)
  const what = inspections[0]?.from === 'last' ? '‖∂h_{T}/∂h_{t}‖' : '‖∂L/∂h_{t}‖'
  return picture(total, top + high + 56, heading, [
    head.part,
    text(
      14,
      top - 14,
      `${what} and, where there is one, of the cell c_{t}; relative to the last step, log scale`,
      { size: 12, colour: ink.faint },
    ),
    axes(x, y, { left, top, wide, high }),
    ...curves.map((curve) => curveLine(curve, x, y)),
    ...curves.map(({ values, colour, dash }, k) => {
      const [distance, value] = lastDrawn(values, y)
      const from = [x(distance), y(value)] as const
      return [
        line([from, [left + wide + 6, places[k]], [left + wide + 12, places[k]]], {
          stroke: colour,
          width: 1,
          opacity: 0.6,
        }),
        text(left + wide + 16, places[k] + 4.5, labels[k], { colour, bold: dash === '' }),
      ].join('')
    }),
    text(left + wide / 2, top + high + 42, 'steps back in time, from the last one', {
      size: 13,
      anchor: 'middle',
    }),
  ])
}

function curvesOf(inspections: readonly Inspection[]): Curve[] {
  const several = inspections.length > 1
  let colour = 0
  return inspections.flatMap((inspection) =>
    inspection.layers.flatMap(({ name, cell, flow }) => {
      const own = palette[colour++ % palette.length]
      const layer = inspection.layers.length > 1 ? ` ${name}` : ''
      return flow.map((state): Curve => {
        const reference = state.norms.find(isDrawn) ?? 1
        return {
          label: `${several ? inspection.title : cell}${layer}, ${state.state}`,
          colour: own,
          dash: flow.length > 1 && state.state === 'h' ? dashes[1] : '',
          values: state.norms.map((norm) => norm / reference),
          flow: state,
        }
      })
    }),
  )
}

function heightScale(curves: readonly Curve[], top: number, high: number): Scale {
  const drawn = curves.flatMap(({ values }) => values.filter(isDrawn))
  const largest = drawn.reduce((a, b) => Math.max(a, b), 1)
  const smallest = drawn.reduce((a, b) => Math.min(a, b), 0.1)
  const ceiling = 10 ** Math.ceil(Math.log10(largest) - 1e-9)
  const floor = Math.max(10 ** Math.floor(Math.log10(smallest) + 1e-9), ceiling * 10 ** -decades)
  return logScale(floor, Math.max(ceiling, floor * 10), top + high, top)
}

interface Frame {
  readonly left: number
  readonly top: number
  readonly wide: number
  readonly high: number
}

function axes(x: Scale, y: Scale, { left, top, wide, high }: Frame): string {
  const inside = (value: number) => y(value) >= top && y(value) < top + high - 24
  const hundredth = inside(0.01)
    ? [
        box(left, y(0.01), wide, top + high - y(0.01), { fill: '#f3f4f6' }),
        text(left + 8, top + high - 9, 'vanished: less than 1 % is left', { size: 11.5, colour: ink.faint }),
      ]
    : []
  return [
    ...hundredth,
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
      [
        line(
          [
            [x(tick), top + high],
            [x(tick), top + high + 5],
          ],
          { stroke: ink.line },
        ),
        text(x(tick), top + high + 20, tick.toLocaleString('en'), {
          size: 12,
          anchor: 'middle',
          colour: ink.faint,
        }),
      ].join(''),
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

function curveLine({ values, colour, dash, label, flow }: Curve, x: Scale, y: Scale): string {
  const [last] = lastDrawn(values, y)
  const points = values
    .slice(0, last + 1)
    .flatMap((value, distance) => (isDrawn(value) ? [[x(distance), y(value)] as const] : []))
  const [end] = points.slice(-1)
  return [
    line(points, { stroke: colour, width: 2.5, ...(dash && { dash }) }),
    ...values.slice(0, last + 1).flatMap((value, distance) =>
      isDrawn(value)
        ? [
            dot(x(distance), y(value), 4, {
              fill: colour,
              opacity: 0,
              tip: `${label}: ${distance} steps back ${flow.norms[distance].toExponential(2)}, ${value.toExponential(2)} of the end's`,
            }),
          ]
        : [],
    ),
    end ? dot(end[0], end[1], 3, { fill: colour }) : '',
  ].join('')
}

function isDrawn(value: number): boolean {
  return value > 0 && Number.isFinite(value)
}

// The last point that lies on the chart: [distance, value].
function lastDrawn(values: readonly number[], y: Scale): readonly [number, number] {
  const floor = y.low * 0.999
  let last = 0
  for (const [distance, value] of values.entries())
    if (value >= floor && Number.isFinite(value)) last = distance
    else if (distance > 0) break
  return [last, isDrawn(values[last]) ? values[last] : 1]
}

function finding(inspections: readonly Inspection[]): string {
  if (inspections.length === 1) return inspections[0].verdict.finding
  const sentences = inspections.map(({ title, layers }) => {
    const fits = layers.flatMap(({ flow }) => flow.flatMap(({ halfLife }) => halfLife ?? []))
    const best = fits.reduce<(typeof fits)[number] | undefined>(
      (a, b) => (a && a.factor >= b.factor ? a : b),
      undefined,
    )
    return best ? `${title} ${rate(best)}` : `${title} is unknown`
  })
  return `The gradient of ${sentences.join(', that of ')}.`
}
