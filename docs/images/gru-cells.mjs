// One step of the GRU and its relatives.
import { gru, gruResetBefore, simplifiedGru } from 'unrolled/cells'
import {
  fromBelow,
  gate,
  h,
  incoming,
  normalised,
  note,
  number,
  one,
  outgoing,
  outline,
  thick,
  weights,
  x,
} from './cell-parts.mjs'
import { box, colours, dot, operation, picture, text, wire } from './svg.mjs'

const [top, middle, row, bus] = [74, 160, 226, 316]
const at = { r: 190, u: 290, n: 400, z: 500, sum: 590 }
const shown = { anchor: 'start' }

/** The line of the state: a share of the old h, and a share of the candidate n. */
function state({ after = {} }, kept, added) {
  return [
    incoming(top, 'h_{t-1}', after.h === undefined ? undefined : h),
    wire([104, top, at.z - 13, top], thick),
    operation(at.z, top, '×'),
    number(at.z + 18, top - 9, kept, shown),
    wire([at.z + 13, top, at.sum - 13, top], thick),
    operation(at.sum, top, '+'),
    wire([at.sum + 13, top, 664, top], thick),
    outgoing(672, top, 'h_{t}', after.h),
    wire([at.n + 40, middle, at.sum - 13, middle]),
    operation(at.sum, middle, '×'),
    wire([at.sum, middle - 13, at.sum, top + 13]),
    number(at.sum + 7, 122, added, shown),
  ]
}

/** The candidate's box. */
const candidate = (value) => [
  box(at.n - 40, middle - 17, 80, 34, { fill: colours.paleBlue }),
  text(at.n + 9, middle + 6, 'tanh', { anchor: 'end', size: 15 }),
  text(at.n + 15, middle + 6, 'n', { anchor: 'start', size: 17, bold: true }),
  number(at.n + 46, middle - 8, value, shown),
]

/** The other side of the update gate. */
const other = (name, toState) => [
  dot(at.z, 201),
  toState
    ? [
        wire([at.z, 201, at.sum, 201, at.sum, middle + 13]),
        box(at.z - 26, 103, 52, 27),
        text(at.z, 122, `1 − ${name}`, { size: 14 }),
        wire([at.z, 201, at.z, 130]),
        wire([at.z, 103, at.z, top + 13]),
      ]
    : [
        wire([at.z, row, at.z, top + 13]),
        wire([at.z, 201, at.sum - 26, 201]),
        box(at.sum - 26, 187, 52, 28),
        text(at.sum, 206, `1 − ${name}`, { size: 14 }),
        wire([at.sum, 187, at.sum, middle + 13]),
      ],
]

/** h and x on their way to the gates. */
const inputs = (known) => [
  dot(140, top),
  wire([140, top, 140, bus, at.z, bus, at.z, row + 34]),
  dot(at.n, bus),
  fromBelow(165, 366, bus, known ? x : undefined),
]

function drawGru(title, values, { resetBefore = false, norm = false } = {}) {
  const { after = {}, gates: { r, z, n } = {} } = values
  const product = weights.n[1] * h
  const reset = resetBefore
    ? [
        dot(270, bus),
        wire([270, bus, 270, middle + 13]),
        note(277, row + 52, 'h only'),
        operation(270, middle, '×'),
        number(258, middle - 20, r * h, shown),
        wire([at.r, row, at.r, middle, 257, middle]),
        wire([283, middle, 302, middle]),
        box(302, middle - 17, 34, 34),
        text(319, middle + 6, 'U', { size: 15 }),
        wire([336, middle, at.n - 40, middle]),
      ]
    : [
        dot(at.u, bus),
        wire([at.u, bus, at.u, row + 34]),
        note(at.u + 7, row + 52, 'h only'),
        box(at.u - 30, row, 60, 34, { fill: norm ? colours.paleGreen : colours.paper }),
        text(at.u, row + 22, norm ? 'LN U h' : 'U h', { size: 15 }),
        number(at.u + 7, row - 9, r === undefined ? undefined : product, shown),
        wire([at.u, row, at.u, middle + 13]),
        wire([at.r, row, at.r, middle, at.u - 13, middle]),
        operation(at.u, middle, '×'),
        wire([at.u + 13, middle, at.n - 40, middle]),
        number(at.u + 14, middle - 10, r * product, shown),
      ]
  return picture(760, 376, `One step of ${title}`, [
    outline(760, 314),
    state(values, z * h, (1 - z) * n),
    inputs(after.h !== undefined),
    dot(at.r, bus),
    wire([at.r, bus, at.r, row + 34]),
    wire([at.n, bus, at.n, middle + 17]),
    note(at.n + 6, middle + 36, 'x only'),
    norm ? ['r', 'n', 'z'].map((name) => normalised(at[name], bus - 20)) : [],
    // the candidate: a part of h, as the reset gate lets through
    gate(at.r, row, 'r', 'σ', 'look back?', r),
    reset,
    candidate(n),
    gate(at.z, row, 'z', 'σ', 'keep?', z),
    other('z', false),
  ])
}

function drawSimplified() {
  const values = one(simplifiedGru)
  const { u, n } = values.gates
  return picture(760, 376, 'One step of a simplified GRU with numbers', [
    outline(760, 314),
    state(values, (1 - u) * h, u * n),
    inputs(true),
    wire([at.n, bus, at.n, middle + 17]),
    note(at.n - 6, middle + 36, 'x and h', { anchor: 'end' }),
    candidate(n),
    gate(at.z, row, 'u', 'σ', 'replace?', u),
    wire([at.z, row, at.z, 201], { plain: true }),
    other('u', true),
  ])
}

export const gruPictures = {
  gru: drawGru('a GRU with numbers', one(gru)),
  gruResetBefore: drawGru('a GRU with reset before the product with numbers', one(gruResetBefore), {
    resetBefore: true,
  }),
  layerNormGru: drawGru('a layer-normalised GRU', {}, { norm: true }),
  simplifiedGru: drawSimplified(),
}
