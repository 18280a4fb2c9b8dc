// Draws docs/images/elman.svg, lstm.svg and gru.svg: one step of one unit with the numbers that the toolkit computes.
// node docs/images/cells.mjs (after npm run build)
import { writeFileSync } from 'node:fs'
import { elman, gru, lstm } from 'unrolled/cells'
import { openKernels } from 'unrolled/kernels'
import { nodePlatform } from 'unrolled/kernels/node'
import { Engine, packSequences } from 'unrolled/tensor'
import { box, colours, dot, line, operation, picture, text } from './svg.mjs'

// x = 1, h = 0.5, c = 0.8, and for each gate (weight of x, weight of h, bias); the same as in docs/cells.md.
const weights = {
  z: [0.3, 0.7, 0.1],
  r: [-0.4, 0.2, 0.05],
  n: [0.9, -0.6, -0.1],
  i: [0.3, 0.7, 0.1],
  f: [0.5, -0.2, 1],
  g: [0.9, -0.6, -0.1],
  o: [-0.3, 0.4, 0.2],
}
const [x, h, c] = [1, 0.5, 0.8]
const engine = new Engine(await openKernels(nodePlatform()))

function one(cell, gates, start) {
  const column = (k) => gates.map((gate) => [weights[gate][k]])
  const parameters = {
    weight_ih: engine.tensor(column(0)),
    weight_hh: engine.tensor(column(1)),
    bias_ih: engine.tensor(column(2).flat()),
  }
  const initial = Object.fromEntries(
    Object.entries(start).map(([name, value]) => [name, engine.tensor([[value]])]),
  )
  const { final, kept } = cell.sequence.run(parameters, packSequences(engine, [[x]], 1), initial, true)
  const after = Object.fromEntries(Object.entries(final).map(([name, tensor]) => [name, tensor.item()]))
  return { after, gates: kept.gates ? Array.from(kept.gates.data) : [], hiddenNew: kept.hiddenNew?.item() }
}

const show = (value) => value.toFixed(3)
const number = (x, y, value, options) =>
  text(x, y, show(value), { size: 13, colour: colours.blue, mono: true, ...options })

function gate(x, y, name, sign, meaning, value) {
  const wide = sign === 'tanh'
  const half = wide ? 40 : 30
  return [
    box(x - half, y, 2 * half, 34, { fill: wide ? colours.paleBlue : colours.paleOrange }),
    text(x + (wide ? 9 : -2), y + 23, sign, { anchor: 'end', size: 15 }),
    text(x + (wide ? 15 : 4), y + 23, name, { anchor: 'start', size: 17, bold: true }),
    number(x + 7, y - 9, value, { anchor: 'start' }),
    text(x + 7, y + 52, meaning, { anchor: 'start', size: 12, colour: colours.faint }),
  ]
}

/** A line with its name and value at its beginning or end. */
const incoming = (y, name, value) => [
  text(14, y + 5, name, { anchor: 'start', size: 16 }),
  number(56, y + 5, value, { anchor: 'start' }),
]
const outgoing = (x, y, name, value) => [
  text(x, y + 5, name, { anchor: 'start', size: 16 }),
  number(x + 28, y + 5, value, { anchor: 'start' }),
]
const fromBelow = (at, y, bus) => [
  text(at - 2, y, 'x_{t}', { anchor: 'end', size: 16 }),
  number(at + 8, y, x, { anchor: 'start' }),
  line(
    [
      [at, y - 19],
      [at, bus],
    ],
    { plain: true },
  ),
  dot(at, bus),
]

function drawElman() {
  const { after } = one(elman, ['n'], { h })
  return picture(600, 172, 'One step of an Elman cell with numbers', [
    box(140, 24, 320, 104, { fill: colours.paleGrey, stroke: colours.line, radius: 12 }),
    incoming(73, 'h_{t-1}', h),
    line([
      [104, 73],
      [190, 73],
    ]),
    fromBelow(300, 162, 92).slice(0, 2),
    line([
      [300, 143],
      [300, 91],
    ]),
    box(190, 55, 220, 36, { fill: colours.paleBlue }),
    text(300, 79, 'tanh( W x_{t} + U h_{t-1} + b )', { size: 15 }),
    line([
      [410, 73],
      [500, 73],
    ]),
    outgoing(508, 73, 'h_{t}', after.h),
  ])
}

function drawLstm() {
  const { after, gates } = one(lstm, ['i', 'f', 'g', 'o'], { h, c })
  const [i, f, g, o] = gates
  const [top, row, bus] = [74, 216, 306]
  const at = { f: 200, i: 300, g: 400, o: 510 }
  return picture(760, 366, 'One step of an LSTM with numbers', [
    box(120, 24, 520, 304, { fill: colours.paleGrey, stroke: colours.line, radius: 14 }),
    // the cell: the thick line on top
    incoming(top, 'c_{t-1}', c),
    line(
      [
        [104, top],
        [at.f - 13, top],
      ],
      { thick: 3 },
    ),
    operation(at.f, top, '×'),
    number(at.f + 18, top - 9, f * c, { anchor: 'start' }),
    line(
      [
        [at.f + 13, top],
        [350 - 13, top],
      ],
      { thick: 3 },
    ),
    operation(350, top, '+'),
    line(
      [
        [363, top],
        [664, top],
      ],
      { thick: 3 },
    ),
    text(450, top - 12, 'the cell, long memory', { size: 12, colour: colours.faint }),
    outgoing(672, top, 'c_{t}', after.c),
    // the gates look at x and h
    incoming(bus, 'h_{t-1}', h),
    line([
      [104, bus],
      [at.o, bus],
      [at.o, row + 34],
    ]),
    ['f', 'i', 'g'].map((name) => [
      line([
        [at[name], bus],
        [at[name], row + 34],
      ]),
      dot(at[name], bus),
    ]),
    fromBelow(150, 356, bus),
    gate(at.f, row, 'f', 'σ', 'keep?', f),
    gate(at.i, row, 'i', 'σ', 'write?', i),
    gate(at.g, row, 'g', 'tanh', 'what?', g),
    gate(at.o, row, 'o', 'σ', 'show?', o),
    line([
      [at.f, row],
      [at.f, top + 13],
    ]),
    line([
      [at.i, row],
      [at.i, 142],
      [337, 142],
    ]),
    line([
      [at.g, row],
      [at.g, 142],
      [363, 142],
    ]),
    operation(350, 142, '×'),
    number(357, 115, i * g, { anchor: 'start' }),
    line([
      [350, 129],
      [350, top + 13],
    ]),
    // the output
    dot(580, top),
    line([
      [580, top],
      [580, 107],
    ]),
    box(552, 107, 56, 28, { fill: colours.paleBlue }),
    text(580, 126, 'tanh', { size: 14 }),
    line([
      [580, 135],
      [580, 167],
    ]),
    number(587, 155, Math.tanh(after.c), { anchor: 'start' }),
    line([
      [at.o, row],
      [at.o, 180],
      [567, 180],
    ]),
    operation(580, 180, '×'),
    line([
      [593, 180],
      [664, 180],
    ]),
    outgoing(672, 180, 'h_{t}', after.h),
  ])
}

function drawGru() {
  const { after, gates, hiddenNew } = one(gru, ['r', 'z', 'n'], { h })
  const [r, z, n] = gates
  const [top, middle, row, bus] = [74, 160, 226, 316]
  const at = { r: 190, u: 290, n: 400, z: 500, sum: 590 }
  return picture(760, 376, 'One step of a GRU with numbers', [
    box(120, 24, 520, 314, { fill: colours.paleGrey, stroke: colours.line, radius: 14 }),
    incoming(top, 'h_{t-1}', h),
    line(
      [
        [104, top],
        [at.z - 13, top],
      ],
      { thick: 3 },
    ),
    operation(at.z, top, '×'),
    number(at.z + 18, top - 9, z * h, { anchor: 'start' }),
    line(
      [
        [at.z + 13, top],
        [at.sum - 13, top],
      ],
      { thick: 3 },
    ),
    operation(at.sum, top, '+'),
    line(
      [
        [at.sum + 13, top],
        [664, top],
      ],
      { thick: 3 },
    ),
    outgoing(672, top, 'h_{t}', after.h),
    // h and x go to the gates
    dot(140, top),
    line([
      [140, top],
      [140, bus],
      [at.z, bus],
      [at.z, row + 34],
    ]),
    ['r', 'n'].map((name) => dot(at[name], bus)),
    line([
      [at.r, bus],
      [at.r, row + 34],
    ]),
    line([
      [at.n, bus],
      [at.n, middle + 17],
    ]),
    text(at.n + 6, middle + 36, 'x only', { anchor: 'start', size: 12, colour: colours.faint }),
    dot(at.u, bus),
    line([
      [at.u, bus],
      [at.u, row + 34],
    ]),
    text(at.u + 7, row + 52, 'h only', { anchor: 'start', size: 12, colour: colours.faint }),
    fromBelow(165, 366, bus),
    // the candidate: a part of h, as the reset gate lets through
    gate(at.r, row, 'r', 'σ', 'look back?', r),
    box(at.u - 30, row, 60, 34, { fill: colours.paper }),
    text(at.u, row + 22, 'U h', { size: 15 }),
    number(at.u + 7, row - 9, hiddenNew, { anchor: 'start' }),
    line([
      [at.u, row],
      [at.u, middle + 13],
    ]),
    line([
      [at.r, row],
      [at.r, middle],
      [at.u - 13, middle],
    ]),
    operation(at.u, middle, '×'),
    line([
      [at.u + 13, middle],
      [at.n - 40, middle],
    ]),
    number(at.u + 14, middle - 10, r * hiddenNew, { anchor: 'start' }),
    box(at.n - 40, middle - 17, 80, 34, { fill: colours.paleBlue }),
    text(at.n + 9, middle + 6, 'tanh', { anchor: 'end', size: 15 }),
    text(at.n + 15, middle + 6, 'n', { anchor: 'start', size: 17, bold: true }),
    number(at.n + 46, middle - 8, n, { anchor: 'start' }),
    line([
      [at.n + 40, middle],
      [at.sum - 13, middle],
    ]),
    operation(at.sum, middle, '×'),
    line([
      [at.sum, middle - 13],
      [at.sum, top + 13],
    ]),
    number(at.sum + 7, 122, (1 - z) * n, { anchor: 'start' }),
    // the update gate shares out old and new
    gate(at.z, row, 'z', 'σ', 'keep?', z),
    line([
      [at.z, row],
      [at.z, top + 13],
    ]),
    dot(at.z, 201),
    line([
      [at.z, 201],
      [at.sum - 26, 201],
    ]),
    box(at.sum - 26, 187, 52, 28, { fill: colours.paper }),
    text(at.sum, 206, '1 − z', { size: 14 }),
    line([
      [at.sum, 187],
      [at.sum, middle + 13],
    ]),
  ])
}

const pictures = { elman: drawElman(), lstm: drawLstm(), gru: drawGru() }
for (const [name, svg] of Object.entries(pictures))
  writeFileSync(new URL(`${name}.svg`, import.meta.url), svg)
await engine.dispose()
