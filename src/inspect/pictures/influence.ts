import type { Influence } from '../influence.js'
import type { Inspection } from '../inspection.js'
import { stepLabels } from './hidden-map.js'
import { shareLabel, shortened } from './labels.js'
import { box, headed, ink, line, palette, picture, text } from './svg.js'

const left = 60
const row = { high: 92, gap: 48 }

/** An inspection that has the influence of its steps. */
type WithInfluence = Inspection & { readonly influence: Influence }

/**
 * How much every step of the input still matters to the last state, as bars in relation to the largest; one row per inspection. What has
 * no bar any more is forgotten.
 */
export function drawInfluence(inspections: readonly Inspection[], title?: string): string {
  const shown = inspections.filter(
    (inspection): inspection is WithInfluence => inspection.influence !== undefined,
  )
  const heading = title ?? finding(shown)
  const longest = Math.max(1, ...shown.map(({ influence }) => influence.values.length))
  const step = Math.max(3, Math.min(58, 760 / longest))
  const width = Math.max(560, left + longest * step + 24)
  const head = headed(heading, width)
  const top = head.bottom + 22
  const explained =
    '‖∂h_{T}/∂x_{t}‖ in relation to the largest: how much the state after the last step depends on the input of each'
  const rowsTop = top + 56
  const bottom = rowsTop + shown.length * (row.high + row.gap) - row.gap
  const { part: labels, height } = stepLabels(shown[0]?.steps ?? [], step, left, bottom + 2)
  return picture(width, bottom + height + 36, heading, [
    head.part,
    text(14, top + 4, explained, { size: 12, colour: ink.faint }),
    ...shown.map((inspection, k) =>
      bars(inspection, rowsTop + k * (row.high + row.gap), step, palette[k % palette.length]),
    ),
    labels,
    text(left + (longest * step) / 2, bottom + height + 22, `the input, step by step (${longest})`, {
      anchor: 'middle',
    }),
  ])
}

function bars({ title, influence, steps }: WithInfluence, y: number, step: number, colour: string): string {
  const { values } = influence
  const most = largest(values)
  const bottom = y + row.high
  const gap = step > 8 ? 4 : 1
  const parts = values.map((value, k) => {
    const share = value / most
    const height = Number.isFinite(share) ? Math.max(share * row.high, 0.6) : 0.6
    const tip = `“${steps[k] ?? k + 1}”: ${Number.isFinite(value) ? `${value.toExponential(2)}, ${shareLabel(share)} of the largest` : 'not finite'}`
    return [
      box(left + k * step + gap / 2, bottom - height, step - gap, height, { fill: colour, tip }),
      step >= 30
        ? text(left + (k + 0.5) * step, bottom - height - 4, shareLabel(share), {
            size: 10.5,
            anchor: 'middle',
            colour: ink.faint,
          })
        : '',
    ].join('')
  })
  const tick = (share: number) =>
    text(left - 8, bottom - share * row.high + 4.5, shareLabel(share), {
      size: 11,
      anchor: 'end',
      colour: ink.faint,
    })
  return [
    tick(1),
    tick(0.5),
    tick(0),
    text(left, y - 18, shortened(title, 80), { size: 13, bold: true, colour }),
    ...parts,
    line(
      [
        [left, bottom],
        [left + values.length * step, bottom],
      ],
      { stroke: ink.line },
    ),
  ].join('')
}

function largest(values: readonly number[]): number {
  return values.filter(Number.isFinite).reduce((a, b) => Math.max(a, b), Number.MIN_VALUE)
}

function finding(shown: readonly WithInfluence[]): string {
  if (shown.length === 0) return 'No inspection tells the influence of its steps.'
  const first = ({ influence: { values } }: WithInfluence) => shareLabel(values[0] / largest(values))
  if (shown.length === 1) {
    const [{ steps }] = shown
    return `Short-term memory: after ${steps.length} steps “${shortened(steps[0] ?? '', 24)}” has ${first(shown[0])} of the strongest influence.`
  }
  return `Short-term memory: what is left of the first step — ${shown.map((one) => `${one.title} ${first(one)}`).join(', ')}`
}
