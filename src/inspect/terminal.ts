import { renderAttention } from './attention-map.js'
import type { GateActivity } from './gates.js'
import { renderGaze } from './gaze-map.js'
import type { Inspection, LayerInspection } from './inspection.js'
import { gateNames } from './pictures/gates.js'
import { shareLabel, shortened } from './pictures/labels.js'
import { renderSearch, searchLegend } from './render-search.js'
import { rate } from './verdict.js'

/** How an inspection is written for a terminal. */
export interface TerminalOptions {
  /** Characters in a line; 80 by default, 40 at least. */
  readonly width?: number
  /** Makes headings stand out, for terminals that can; plain by default. */
  readonly strong?: (text: string) => string
}

const heights = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const shades = [' ', '░', '▒', '▓', '█'] as const
/** In place of a shade where there is no number. */
const missing = '?'
/** More steps than this are drawn on one line. */
const mostRows = 24
const mostUnits = 12

/**
 * An inspection in characters: verdict, gradients, influence, states and gates, in lines of at most `width`.
 *
 * ```ts
 * console.log(renderTerminal(inspection, { width: process.stdout.columns }))
 * ```
 */
export function renderTerminal(inspection: Inspection, options: TerminalOptions = {}): string {
  const width = Math.max(40, Math.floor(options.width ?? 80))
  const strong = (heading: string) => options.strong?.(shortened(heading, width)) ?? shortened(heading, width)
  const fitted = (line: string) => (line.startsWith('  ') ? shortened(line.trimEnd(), width) : line)
  const { verdict, layers, influence, steps, attention, gaze, search } = inspection
  const room = { width: width - 2 }
  const head = [verdict.finding, verdict.advice].filter((sentence) => sentence !== '').join(' ')
  const sections = [
    wrapped(head, width),
    [
      strong(
        `Gradient, ${inspection.from === 'last' ? 'of the last state' : 'of the loss'}, step by step back (log scale)`,
      ),
      ...layers.flatMap((layer) => flowLines(layer, width)),
    ],
    ...(influence
      ? [
          [
            strong('Influence of each step on the last state'),
            ...influenceLines(steps, influence.values, width),
          ],
        ]
      : []),
    ...layers.map((layer) => [
      strong(`States of ${layer.name} (${layer.cell}): blank −, full +`),
      ...stateLines(layer, width),
    ]),
    ...layers
      .filter(({ gates }) => gates.length > 0)
      .map((layer) => [strong(`Gates of ${layer.name} (${layer.cell})`), ...gateLines(layer, width)]),
    ...(attention
      ? [[strong('Attention: what was read for each token'), ...indented(renderAttention(attention, room))]]
      : []),
    ...(gaze ? [[strong('What was looked at for each word'), ...indented(renderGaze(gaze, room))]] : []),
    ...(search
      ? [[...wrapped(searchLegend(search), width).map(strong), ...indented(renderSearch(search, room))]]
      : []),
  ]
  return sections.map((lines) => lines.map(fitted).join('\n')).join('\n\n')
}

function indented(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`)
}

function flowLines({ name, flow }: LayerInspection, width: number): string[] {
  const rates = flow.map(({ halfLife }) => (halfLife ? rate(halfLife) : 'no rate'))
  const room = Math.max(5, width - 17 - Math.max(...rates.map(({ length }) => length)))
  return flow.map(({ state, norms }, k) => {
    const logs = grouped(norms, room).map(Math.log) // log 0 is no number to draw
    return `  ${shortened(`${name} ${state}`, 12).padEnd(12)} ${sparkline(logs).padEnd(room)}  ${rates[k]}`
  })
}

function influenceLines(steps: readonly string[], values: readonly number[], width: number): string[] {
  const most = Math.max(...values.filter(Number.isFinite), Number.MIN_VALUE)
  if (values.length > mostRows) return [`  ${sparkline(grouped(values, width - 4), 0)}`]
  const labelWidth = Math.min(18, Math.max(...steps.map((label) => [...label].length)))
  const room = width - labelWidth - 14
  return values.map((value, k) => {
    const label = shortened(clean(steps[k] ?? String(k + 1)), labelWidth)
    return `  ${label.padEnd(labelWidth)} ${bar(value / most, room)} ${shareLabel(value / most)}`
  })
}

function stateLines({ states }: LayerInspection, width: number): string[] {
  const largest = states.values
    .flat()
    .filter(Number.isFinite)
    .reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE)
  const steps = states.values[0]?.length ?? 0
  const each = Math.max(1, Math.min(3, Math.floor((width - 14) / steps)))
  const every = Math.max(1, Math.ceil(states.values.length / mostUnits))
  return states.values.flatMap((course, row) => {
    if (row % every > 0) return []
    const cells = grouped(course, Math.floor((width - 14) / each)).map((value) => {
      if (!Number.isFinite(value)) return missing.repeat(each)
      const place = Math.round(((value / largest + 1) / 2) * (shades.length - 1))
      return shades[Math.max(0, Math.min(shades.length - 1, place))].repeat(each)
    })
    return [`  ${`unit ${states.units[row] + 1}`.padEnd(9)} ${cells.join('')}`.trimEnd()]
  })
}

function gateLines({ gates, radii }: LayerInspection, width: number): string[] {
  return gates.map((activity) => {
    const { gate, histogram } = activity
    const name = gateNames[gate] ? `${gate} ${gateNames[gate]}` : gate
    const radius = radii.find((one) => one.gate === gate)
    const shares = saturated(activity).padEnd(23)
    const bars = width < 64 ? '' : `${sparkline(grouped(histogram.counts, 20), 0)}  `
    return `  ${shortened(name, 15).padEnd(15)} ${bars}${shares}${radius ? ` radius ${Number.isFinite(radius.radius) ? radius.radius.toFixed(2) : missing}` : ''}`
  })
}

function saturated({ squashing, low, high }: GateActivity): string {
  if (squashing === 'sigmoid') return `shut ${shareLabel(low)}, open ${shareLabel(high)}`
  if (squashing === 'tanh') return `saturated ${shareLabel(low + high)}`
  return squashing === 'rectified' ? `silent ${shareLabel(low)}` : ''
}

/** Values as a row of blocks, from the lowest (or `floor`) to the highest; what is no number is blank. */
export function sparkline(values: readonly number[], floor?: number): string {
  const finite = values.filter(Number.isFinite)
  const low = floor ?? Math.min(...finite)
  const range = Math.max(...finite) - low || 1
  return values
    .map((value) =>
      Number.isFinite(value) ? heights[Math.round(((value - low) / range) * (heights.length - 1))] : ' ',
    )
    .join('')
}

// At most `most` values: neighbours become the one furthest from 0, or one that is no number.
function grouped(values: readonly number[], most: number): number[] {
  if (values.length <= most) return [...values]
  const each = Math.ceil(values.length / most)
  return Array.from({ length: Math.ceil(values.length / each) }, (_, k) =>
    values
      .slice(k * each, (k + 1) * each)
      .reduce((a, b) => (Math.abs(b) > Math.abs(a) || Number.isNaN(b) ? b : a)),
  )
}

function bar(share: number, room: number): string {
  const parts = Math.round(Math.max(0, Math.min(1, share)) * room * 8)
  return `${'█'.repeat(parts >> 3)}${eighths[parts & 7]}`
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

// Control characters in a text would move the cursor or change colours.
function clean(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{fffd}')
}
