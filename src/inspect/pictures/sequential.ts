import type { SequentialReport } from '../sequential.js'
import { shortened } from './labels.js'
import { linearScale, type Scale } from './scale.js'
import { box, headed, ink, line, palette, picture, text } from './svg.js'

const frame = { left: 64, wide: 560, high: 150 }

/** Autocorrelation and mutual information over the distance in steps, each with the band in which chance keeps it. */
export function drawSequential(report: SequentialReport, title: string): string {
  const { left, wide, high } = frame
  const head = headed(`${shortened(title, 40)}: ${report.verdict}`, left + wide + 20)
  const first = head.bottom + 40
  const second = first + high + 66
  return picture(left + wide + 20, second + high + 52, `${title}: ${report.finding}`, [
    head.part,
    bars(report.autocorrelation, { top: first, low: -report.correlationBand, high: report.correlationBand }),
    text(14, first - 12, 'autocorrelation; grey: what chance makes, 95 times of 100', {
      size: 12,
      colour: ink.faint,
    }),
    bars(report.mutualInformation, { top: second, low: 0, high: report.informationBand }),
    text(14, second - 12, 'mutual information with the past in nats', { size: 12, colour: ink.faint }),
    text(left + wide / 2, second + high + 40, 'steps back', { anchor: 'middle' }),
  ])
}

function bars(values: readonly number[], band: { top: number; low: number; high: number }): string {
  const { left, wide, high } = frame
  const { top } = band
  const least = Math.min(0, band.low, ...values)
  const most = Math.max(band.high * 1.2, ...values)
  const y = linearScale(least, most, top + high, top, 4)
  const x = linearScale(0.5, values.length + 0.5, left, left + wide, 10)
  const each = wide / values.length
  return [
    ...y.ticks.map((tick) => gridLine(y, tick)),
    box(left, y(band.high), wide, y(band.low) - y(band.high), { fill: '#d7dbe0', opacity: 0.7 }),
    ...values.map((value, k) =>
      box(x(k + 1) - 0.35 * each, Math.min(y(0), y(value)), 0.7 * each, Math.abs(y(value) - y(0)), {
        fill: value > band.high || value < band.low ? palette[0] : ink.line,
        tip: `${k + 1} steps back: ${value.toFixed(4)}`,
      }),
    ),
    ...x.ticks
      .filter((tick) => Number.isInteger(tick) && tick >= 1)
      .map((tick) =>
        text(x(tick), top + high + 18, String(tick), { size: 12, anchor: 'middle', colour: ink.faint }),
      ),
  ].join('')
}

function gridLine(y: Scale, tick: number): string {
  const { left, wide } = frame
  return [
    line(
      [
        [left, y(tick)],
        [left + wide, y(tick)],
      ],
      { stroke: tick === 0 ? ink.line : ink.grid },
    ),
    text(left - 8, y(tick) + 4.5, tick.toLocaleString('en'), { size: 12, anchor: 'end', colour: ink.faint }),
  ].join('')
}
