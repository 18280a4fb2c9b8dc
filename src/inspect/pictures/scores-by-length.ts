import type { LengthBin } from '../../metrics/by-length.js'
import { boundsOf, type LengthScores } from '../scores-by-length.js'
import { shortened, spread } from './labels.js'
import { linearScale } from './scale.js'
import { box, dashes, dot, headed, ink, line, palette, picture, text, textWidth } from './svg.js'

const frame = { left: 58, wide: 620, narrowest: 66, high: 250, rowsHigh: 64, widestName: 26 }

/**
 * A score against the length of the source: a line for each model with the 95 % interval of each bin, and below how many rows each bin
 * has. Where a line falls to the right, long sources are translated worse.
 */
export function drawScoresByLength(scores: LengthScores, title?: string): string {
  const { metric, unit, models } = scores
  const [{ bins }] = models
  const { left, high, rowsHigh } = frame
  const names = models.map((model) => shortened(model.title, frame.widestName))
  const right = Math.max(...names.map((name) => textWidth(name, 13, true))) + 28
  const step = Math.max(frame.narrowest, (frame.wide - left - right) / bins.length)
  const wide = bins.length * step
  const total = left + wide + right
  const heading = title ?? finding(scores)
  const head = headed(heading, total)
  const top = head.bottom + 46
  const bottom = top + high
  const tops = models.flatMap((model) => model.bins.map(({ score, high: upper }) => upper ?? score))
  const y = linearScale(0, Math.max(1, ...tops), bottom, top)
  const x = (bin: number) => left + (bin + 0.5) * step
  const ends = models.map((model) => y(model.bins[bins.length - 1].score))
  const places = spread(ends, 18, top + 8, bottom)
  const bars = models.some((model) => model.bins.some(({ low }) => low !== undefined))
  const below = bottom + 42
  return picture(total, below + rowsHigh + 52, heading, [
    head.part,
    text(14, top - 20, `${metric} of each bin${bars ? '; bars: the middle 95 % of bootstrap samples' : ''}`, {
      ...{ size: 12, colour: ink.faint },
    }),
    ...y.ticks.map((tick) => grid(left, wide, y(tick), tick.toLocaleString('en'))),
    ...models.map((model, k) => {
      const colour = palette[k % palette.length]
      // intervals stand side by side
      const aside = (k - (models.length - 1) / 2) * Math.min(9, 40 / models.length)
      const points = model.bins.map((bin, place) => [x(place) + aside, y(bin.score)] as const)
      return [
        ...model.bins.map((bin, place) => interval(points[place][0], bin, y, colour)),
        line(points, { stroke: colour, width: 2.5, dash: dashes[k % dashes.length] }),
        ...points.map(([px, py], place) =>
          dot(px, py, 3.6, { fill: colour, tip: tipOf(model.bins[place], scores, names[k]) }),
        ),
        text(left + wide + 14, places[k] + 4.5, names[k], { colour, bold: true }),
      ].join('')
    }),
    ...rowsChart(bins, x, below, wide),
    text(left + wide / 2, below + rowsHigh + 36, `length of the source in ${unit}`, { anchor: 'middle' }),
  ])
}

function grid(left: number, wide: number, y: number, label: string): string {
  const ends = [
    [left, y],
    [left + wide, y],
  ] as const
  return (
    line(ends, { stroke: ink.grid }) +
    text(left - 8, y + 4.5, label, { size: 12, anchor: 'end', colour: ink.faint })
  )
}

function interval(x: number, { low, high }: LengthBin, y: (value: number) => number, colour: string): string {
  if (low === undefined || high === undefined) return ''
  const across = (value: number) =>
    line(
      [
        [x - 3.5, y(value)],
        [x + 3.5, y(value)],
      ],
      { stroke: colour, width: 1.4, opacity: 0.6 },
    )
  const along = line(
    [
      [x, y(low)],
      [x, y(high)],
    ],
    { stroke: colour, width: 1.4, opacity: 0.6 },
  )
  return along + across(low) + across(high)
}

function rowsChart(
  bins: readonly LengthBin[],
  x: (bin: number) => number,
  top: number,
  wide: number,
): string[] {
  const { left, rowsHigh } = frame
  const most = Math.max(...bins.map(({ rows }) => rows))
  const bottom = top + rowsHigh
  return [
    text(14, top - 14, 'rows of each bin', { size: 12, colour: ink.faint }),
    ...bins.map(({ rows }, place) => {
      const height = Math.max(1, (rows / most) * (rowsHigh - 16))
      return [
        box(x(place) - 20, bottom - height, 40, height, { fill: '#c9d0d8' }),
        text(x(place), bottom - height - 4, rows.toLocaleString('en'), {
          ...{ size: 11, anchor: 'middle', colour: ink.faint },
        }),
      ].join('')
    }),
    line(
      [
        [left, bottom],
        [left + wide, bottom],
      ],
      { stroke: ink.line },
    ),
    ...bins.map((bin, place) =>
      text(x(place), bottom + 16, boundsOf(bin), { size: 12, anchor: 'middle', colour: ink.faint }),
    ),
  ]
}

function tipOf(bin: LengthBin, { metric, unit }: LengthScores, name: string): string {
  const { score, low, high, rows } = bin
  const between = low === undefined || high === undefined ? '' : ` (${low.toFixed(1)} to ${high.toFixed(1)})`
  return `${name}, ${boundsOf(bin)} ${unit}: ${metric} ${score.toFixed(1)}${between}, ${rows.toLocaleString('en')} rows`
}

function finding({ metric, unit, models }: LengthScores): string {
  const [{ bins }] = models
  if (bins.length === 1) return `${metric} of sources of ${boundsOf(bins[0])} ${unit}`
  const last = bins[bins.length - 1]
  const courses = models.map(
    ({ title, bins: own }) =>
      `${models.length > 1 ? `${shortened(title, frame.widestName)} ` : ''}${own[0].score.toFixed(1)} → ${own[own.length - 1].score.toFixed(1)}`,
  )
  return `${metric} from ${boundsOf(bins[0])} to ${boundsOf(last)} ${unit}: ${courses.join(', ')}`
}
