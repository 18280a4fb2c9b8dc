import type { Inspection, LayerInspection } from '../inspection.js'
import { colourOf } from './colour-map.js'
import { shortened } from './labels.js'
import { box, headed, ink, picture, text, textWidth } from './svg.js'

const left = 64
const widest = 760

/**
 * What every unit holds at every step: a heat map with the input below it, a map per layer (and per inspection). Units are ordered by
 * where they are strongest; a unit that stays light or dark over many steps remembers something.
 */
export function drawHiddenMap(inspections: readonly Inspection[], title?: string): string {
  const maps = inspections.flatMap((inspection) =>
    inspection.layers.map((layer) => ({ inspection, layer, name: mapName(inspections, inspection, layer) })),
  )
  const longest = Math.max(...inspections.map(({ steps }) => steps.length))
  const step = Math.max(2, Math.min(60, (widest - left) / longest))
  const width = Math.max(480, left + longest * step + 84)
  const heading = title ?? finding(inspections)
  const head = headed(heading, width)
  const parts: string[] = []
  let y = head.bottom + 12
  for (const { inspection, layer, name } of maps) {
    const { part, height } = mapOf(inspection.steps, layer, name, step, y)
    parts.push(part)
    y += height + 26
  }
  return picture(width, y - 6, heading, [head.part, ...parts])
}

function mapName(
  inspections: readonly Inspection[],
  { title }: Inspection,
  { name, cell, states }: LayerInspection,
): string {
  const some = states.units.length < states.of
  const shown = some
    ? `the ${states.units.length} of ${states.of} units that vary most`
    : `${states.of} units`
  const which = inspections.length > 1 ? `${title}, ${name}` : `layer ${name} (${cell})`
  return `${which}: h_{t} of ${shown}, ordered by the step of their peak`
}

function mapOf(steps: readonly string[], { states }: LayerInspection, name: string, step: number, y: number) {
  const { values, units } = states
  const side = Math.max(4, Math.min(14, 320 / values.length))
  const largest = extent(values)
  const top = y + 22
  const cells = values.flatMap((course, row) =>
    course.map((value, k) =>
      box(left + k * step, top + row * side, step + 0.3, side + 0.3, {
        fill: colourOf(Number.isFinite(value) ? (value / largest + 1) / 2 : Number.NaN),
        tip: `unit ${units[row] + 1} after “${steps[k] ?? k + 1}”: ${Number.isFinite(value) ? value.toFixed(3) : 'not finite'}`,
      }),
    ),
  )
  const bottom = top + values.length * side
  const right = left + (values[0]?.length ?? 0) * step
  const { part: labels, height } = stepLabels(steps, step, left, bottom)
  const middle = (top + bottom) / 2
  return {
    part: [
      text(14, y + 10, name, { size: 13 }),
      ...cells,
      text(left - 14, middle, 'units', { size: 12, anchor: 'middle', turn: -90, colour: ink.faint }),
      legend(right + 18, top, Math.min(bottom - top, 150), largest),
      labels,
    ].join(''),
    height: bottom - y + height,
  }
}

/** The steps of the input below a chart: level where they fit, turned where they do not, some of them where there are too many. */
export function stepLabels(steps: readonly string[], step: number, left: number, bottom: number) {
  const labels = steps
    .map((label, k) => ({ label: shortened(label, 18), x: left + (k + 0.5) * step }))
    .filter(({ label }) => label !== '')
  const wide = (label: string) => textWidth(label, 12)
  const fits = labels.every(
    ({ label, x }, k) =>
      k === 0 || x - wide(label) / 2 >= labels[k - 1].x + wide(labels[k - 1].label) / 2 + 4,
  )
  const every = labels.length * 13 <= steps.length * step ? 1 : Math.ceil(13 / step)
  const part = labels.map(({ label, x }, k) => {
    if (fits) return text(x, bottom + 17, label, { size: 12, anchor: 'middle' })
    return k % every > 0 ? '' : text(x + 4, bottom + 12, label, { size: 12, anchor: 'end', turn: -55 })
  })
  const deepest = Math.max(0, ...labels.map(({ label }) => wide(label)))
  return { part: part.join(''), height: fits ? 22 : 16 + deepest * 0.82 }
}

function legend(x: number, y: number, height: number, largest: number): string {
  const cells = 24
  const part = height / cells
  const swatches = Array.from({ length: cells }, (_, k) =>
    box(x, y + k * part, 12, part + 0.3, { fill: colourOf(1 - (k + 0.5) / cells) }),
  )
  const label = (value: number, place: number) =>
    text(
      x + 18,
      y + place,
      value === 0 ? '0' : `${value > 0 ? '+' : '−'}${Math.abs(value).toFixed(largest < 1 ? 2 : 1)}`,
      { size: 11, colour: ink.faint },
    )
  return [...swatches, label(largest, 9), label(0, height / 2 + 4), label(-largest, height)].join('')
}

function extent(values: readonly (readonly number[])[]): number {
  return values.reduce(
    (most, course) => course.filter(Number.isFinite).reduce((a, b) => Math.max(a, Math.abs(b)), most),
    1e-12,
  )
}

function finding(inspections: readonly Inspection[]): string {
  if (inspections.length > 1) return 'What the units hold while they read, cell by cell'
  const [{ layers, title }] = inspections
  const units = layers.reduce((sum, { states }) => sum + states.of, 0)
  return `What ${units} units hold while they read “${shortened(title, 60)}”`
}
