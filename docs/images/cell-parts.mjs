// What the pictures of the cells have in common: the numbers of one unit, gates, lines with names and values.
import { runCell } from 'unrolled/cells'
import { openKernels } from 'unrolled/kernels'
import { nodePlatform } from 'unrolled/kernels/node'
import { Engine, packSequences } from 'unrolled/tensor'
import { box, colours, dot, text, wire } from './svg.mjs'

// x = 1, h = 0.5, c = 0.8, and for each gate (weight of x, weight of h, bias); the same as in docs/cells.md.
export const weights = {
  z: [0.3, 0.7, 0.1],
  u: [0.3, 0.7, 0.1],
  r: [-0.4, 0.2, 0.05],
  n: [0.9, -0.6, -0.1],
  i: [0.3, 0.7, 0.1],
  f: [0.5, -0.2, 1],
  g: [0.9, -0.6, -0.1],
  h: [0.9, -0.6, -0.1],
  o: [-0.3, 0.4, 0.2],
}
export const [x, h, c] = [1, 0.5, 0.8]
export const engine = new Engine(await openKernels(nodePlatform(), { threads: 1 }))

/** One step of one unit: its new state and its gates by name. `own` are parameters besides the usual ones. */
export function one(cell, own = {}) {
  const column = (k) => cell.gates.map((gate) => [weights[gate][k]])
  const plain = { weight_ih: column(0), weight_hh: column(1), bias_ih: column(2).flat(), ...own }
  const state = cell.stateNames.includes('c') ? { h: [[h]], c: [[c]] } : { h: [[h]] }
  return engine.scope(() => {
    const tensors = (values) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, engine.tensor(value)]))
    const input = packSequences(engine, [[x]], 1)
    const { final, kept } = runCell(cell, tensors(plain), input, tensors(state), { keep: true })
    const after = Object.entries(final).map(([name, tensor]) => [name, tensor.item()])
    const gates = cell.gates.map((name, k) => [name, kept.gates?.data[k]])
    return { after: Object.fromEntries(after), gates: Object.fromEntries(gates) }
  })
}

/** A value in blue; nothing when there is none: pictures of layer normalisation have no numbers, one unit has nothing to normalise. */
export const number = (x, y, value, options) =>
  value === undefined || Number.isNaN(value)
    ? ''
    : text(x, y, value.toFixed(3), { size: 13, colour: colours.blue, mono: true, ...options })

/** A box with its function and name; its value above (`side` -1: left of the line upwards), its question below. */
export function gate(x, y, name, sign, meaning, value, side = 1) {
  const wide = sign === 'tanh'
  const half = wide ? 40 : 30
  return [
    box(x - half, y, 2 * half, 34, { fill: wide ? colours.paleBlue : colours.paleOrange }),
    text(x + (wide ? 9 : -2), y + 23, sign, { anchor: 'end', size: 15 }),
    text(x + (wide ? 15 : 4), y + 23, name, { anchor: 'start', size: 17, bold: true }),
    number(x + 7 * side, y - 9, value, { anchor: side > 0 ? 'start' : 'end' }),
    note(x + 7, y + 52, meaning),
  ]
}

/** A small grey remark. */
export const note = (x, y, string, options) =>
  text(x, y, string, { anchor: 'start', size: 12, colour: colours.faint, ...options })

/** A line with its name and value at its beginning or end. */
export const incoming = (y, name, value) => [
  text(14, y + 5, name, { anchor: 'start', size: 16 }),
  number(56, y + 5, value, { anchor: 'start' }),
]
export const outgoing = (x, y, name, value) => [
  text(x, y + 5, name, { anchor: 'start', size: 16 }),
  number(x + 28, y + 5, value, { anchor: 'start' }),
]
export const fromBelow = (at, y, bus, value) => [
  text(at - 2, y, 'x_{t}', { anchor: 'end', size: 16 }),
  number(at + 8, y, value, { anchor: 'start' }),
  wire([at, y - 19, at, bus], { plain: true }),
  dot(at, bus),
]

/** The normalisation of what a line brings. */
export const normalised = (x, y) => [
  box(x - 16, y - 11, 32, 22, { fill: colours.paleGreen, radius: 4 }),
  text(x, y + 5, 'LN', { size: 13 }),
]

/** The cell's outline. */
export const outline = (width, height) =>
  box(120, 24, width - 240, height, { fill: colours.paleGrey, stroke: colours.line, radius: 14 })

export const thick = { thick: 3 }
