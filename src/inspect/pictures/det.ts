import { type DetPoint, detFrontier } from '../../metrics/detections.js'
import { spread } from './labels.js'
import { logScale, type Scale } from './scale.js'
import { dashes, dot, headed, ink, line, palette, picture, text } from './svg.js'

/** A detector's trade-off, to be drawn. */
export interface DetCourse {
  readonly title: string
  readonly curve: readonly DetPoint[]
  /** Where it stands at its threshold. */
  readonly chosen?: { readonly falseRejects: number; readonly falseAcceptsPerHour: number }
}

const frame = { left: 70, wide: 560, high: 320, right: 130, none: 34 }

/**
 * The trade-off of detectors (DET): for each number of false accepts an hour the fewest words that are missed, both on logarithmic scales
 * with zero at their ends. Better is further down and to the left; a dot marks where a detector stands at its threshold.
 */
export function drawDet(courses: readonly DetCourse[], title?: string): string {
  const { left, wide, high, right, none } = frame
  const fronts = courses.map(({ curve }) => detFrontier(curve))
  const values = (of: (point: DetPoint) => number) =>
    fronts.flatMap((front) => front.map(of)).filter((value) => value > 0)
  const rates = values((point) => point.falseAcceptsPerHour)
  const shares = values((point) => point.falseRejects)
  const heading = title ?? finding(courses)
  const head = headed(heading, left + wide + right)
  const top = head.bottom + 46
  const bottom = top + high
  const x = logScale(
    tenBelow(Math.min(1, ...rates)),
    tenAbove(Math.max(10, ...rates)),
    left + none,
    left + wide,
  )
  const y = logScale(tenBelow(Math.min(0.1, ...shares)), 1, bottom - none, top)
  const place = (scale: Scale, zero: number, value: number) => (value > 0 ? scale(value) : zero)
  const at = (falseAcceptsPerHour: number, falseRejects: number) =>
    [place(x, left, falseAcceptsPerHour), place(y, bottom, falseRejects)] as const
  const ends = fronts.map((front) => at(0, front.at(-1)?.falseRejects ?? 1)[1])
  const labels = spread(ends, 18, top + 8, bottom)
  return picture(left + wide + right, bottom + 58, heading, [
    head.part,
    text(14, top - 20, 'words that are missed', { size: 12, colour: ink.faint }),
    ...y.ticks.map((tick) => row(y(tick), `${Number((100 * tick).toPrecision(3))} %`)),
    row(bottom, '0'),
    ...x.ticks.map((tick) => column(x(tick), tick.toLocaleString('en'), top, bottom)),
    column(left, '0', top, bottom),
    ...courses.map(({ title: name, chosen }, k) => {
      const colour = palette[k % palette.length]
      const points = steps(fronts[k].map((point) => at(point.falseAcceptsPerHour, point.falseRejects)))
      const last = points.at(-1)
      return [
        line(last ? [...points, [left + wide, last[1]]] : points, {
          ...{ stroke: colour, width: 2.5, dash: dashes[k % dashes.length] },
        }),
        ...(chosen
          ? [
              dot(...at(chosen.falseAcceptsPerHour, chosen.falseRejects), 5, {
                fill: colour,
                tip: `${name}: ${(100 * chosen.falseRejects).toFixed(1)} % missed, ${chosen.falseAcceptsPerHour.toFixed(2)} false an hour`,
              }),
            ]
          : []),
        text(left + wide + 10, labels[k] + 4.5, name, { colour, bold: true }),
      ].join('')
    }),
    text(left + wide / 2, bottom + 44, 'false detections an hour', { anchor: 'middle' }),
  ])
}

const tenBelow = (value: number) => 10 ** Math.floor(Math.log10(value) + 1e-9)
const tenAbove = (value: number) => 10 ** Math.ceil(Math.log10(value) - 1e-9)

/** Stairs through points: between two the errors of the first hold. */
function steps(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  return points.flatMap((point, k) => (k === 0 ? [point] : [[point[0], points[k - 1][1]] as const, point]))
}

function row(y: number, label: string): string {
  const { left, wide } = frame
  const grid = line(
    [
      [left, y],
      [left + wide, y],
    ],
    { stroke: ink.grid },
  )
  return grid + text(left - 8, y + 4.5, label, { size: 12, anchor: 'end', colour: ink.faint })
}

function column(x: number, label: string, top: number, bottom: number): string {
  const grid = line(
    [
      [x, top],
      [x, bottom],
    ],
    { stroke: ink.grid },
  )
  return grid + text(x, bottom + 20, label, { size: 12, anchor: 'middle', colour: ink.faint })
}

function finding(courses: readonly DetCourse[]): string {
  const chosen = courses[0]?.chosen
  if (!chosen) return 'What detectors miss, and how often they are wrong'
  return `${(100 * chosen.falseRejects).toFixed(1)} % missed at ${chosen.falseAcceptsPerHour.toFixed(2)} false detections an hour`
}
