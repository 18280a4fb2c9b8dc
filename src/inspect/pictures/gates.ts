import type { GateActivity } from '../gates.js'
import type { Inspection, LayerInspection } from '../inspection.js'
import { shareLabel } from './labels.js'
import { box, headed, ink, line, palette, picture, text } from './svg.js'

const panel = { wide: 168, high: 96, gap: 26 }
const rowHeight = panel.high + 92
const left = 24

/** What the low and the high end mean, by the kind of gate. */
const ends: Readonly<Record<GateActivity['squashing'], readonly [low: string, high: string]>> = {
  sigmoid: ['shut', 'open'],
  tanh: ['at −1', 'at +1'],
  rectified: ['silent', ''],
  unbounded: ['', ''],
}

/**
 * How often each gate had which value: a panel per gate, a row per layer (and per inspection), the saturated ends filled. A gate that is
 * always shut or always open does not learn; a forget gate that is mostly open remembers.
 */
export function drawGates(inspections: readonly Inspection[], title?: string): string {
  const rows = inspections.flatMap((inspection) =>
    inspection.layers
      .filter(({ gates }) => gates.length > 0)
      .map((layer) => ({ layer, name: rowName(inspections, inspection, layer) })),
  )
  const heading = title ?? finding(rows.map(({ layer }) => layer))
  const columns = Math.max(2, ...rows.map(({ layer }) => layer.gates.length))
  const width = left * 2 + columns * panel.wide + (columns - 1) * panel.gap
  const head = headed(heading, width)
  const top = head.bottom + 22
  const legend =
    'share of the activations over all units and steps, by value; filled: saturated (below 0.1, above 0.9)'
  return picture(width, top + 24 + rows.length * rowHeight, heading, [
    head.part,
    text(14, top + 4, legend, { size: 12, colour: ink.faint }),
    ...rows.map(({ layer, name }, row) => {
      const y = top + 24 + row * rowHeight
      const panels = layer.gates.map((gate, k) =>
        gatePanel(gate, left + k * (panel.wide + panel.gap), y + 48),
      )
      return [text(14, y + 16, name, { size: 13, bold: true }), ...panels].join('')
    }),
  ])
}

function rowName(
  inspections: readonly Inspection[],
  { title }: Inspection,
  { name, cell }: LayerInspection,
): string {
  return inspections.length > 1 ? `${title}: layer ${name}` : `layer ${name} (${cell})`
}

function gatePanel({ gate, squashing, low, high, histogram }: GateActivity, x: number, y: number): string {
  const { counts } = histogram
  const total = counts.reduce((sum, count) => sum + count, 0) + histogram.below + histogram.above || 1
  const shares = counts.map((count) => count / total)
  const most = Math.max(...shares, 0.001)
  const step = panel.wide / counts.length
  const [lowName, highName] = ends[squashing]
  const isFilled = (k: number) =>
    squashing === 'sigmoid' || squashing === 'tanh' ? k < 2 || k >= counts.length - 2 : false
  const width = (histogram.high - histogram.low) / counts.length
  const bars = shares.map((share, k) => {
    const height = (share / most) * panel.high
    const from = histogram.low + k * width
    const tip = `${gate} from ${from.toFixed(2)} to ${(from + width).toFixed(2)}: ${shareLabel(share)}`
    const colour = isFilled(k) ? (k < 2 ? palette[1] : palette[0]) : '#c9d1da'
    return box(x + k * step, y + panel.high - height, step - 1, height, { fill: colour, tip })
  })
  const named = gateNames[gate] ? `${gate}, ${gateNames[gate]}` : gate
  const bottom = y + panel.high
  return [
    text(x, y - 6, named, { size: 13 }),
    ...bars,
    line(
      [
        [x, bottom],
        [x + panel.wide, bottom],
      ],
      { stroke: ink.line },
    ),
    ...[histogram.low, (histogram.low + histogram.high) / 2, histogram.high].map((tick, k) =>
      text(x + (k / 2) * panel.wide, bottom + 14, String(tick).replace('-', '−'), {
        size: 11,
        anchor: (['start', 'middle', 'end'] as const)[k],
        colour: ink.faint,
      }),
    ),
    lowName
      ? text(x, bottom + 30, `${lowName} ${shareLabel(low)}`, { size: 12, colour: palette[1], bold: true })
      : '',
    highName
      ? text(x + panel.wide, bottom + 30, `${highName} ${shareLabel(high)}`, {
          size: 12,
          anchor: 'end',
          colour: palette[0],
          bold: true,
        })
      : '',
  ].join('')
}

/** What the letters of the common cells stand for. */
export const gateNames: Readonly<Record<string, string>> = {
  i: 'input gate',
  f: 'forget gate',
  g: 'candidate',
  o: 'output gate',
  r: 'reset gate',
  z: 'what is kept',
  n: 'candidate',
  u: 'update gate',
  h: 'state',
}

function finding(layers: readonly LayerInspection[]): string {
  const gates = layers.flatMap((layer) => layer.gates.map((gate) => ({ ...gate, layer: layer.name })))
  if (gates.length === 0) return 'The cells show no gates.'
  const extreme = gates.reduce((a, b) => (b.low + b.high > a.low + a.high ? b : a))
  const share = shareLabel(extreme.low + extreme.high)
  const name = gateNames[extreme.gate] ?? `gate ${extreme.gate}`
  const where = layers.length > 1 ? ` of ${extreme.layer}` : ''
  return `The ${name}${where} is saturated most often: ${share} of the time.`
}
