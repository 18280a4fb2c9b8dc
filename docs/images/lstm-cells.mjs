// One step of the LSTM and its relatives.
import { cifg, lstm, lstmProjection, peephole } from 'unrolled/cells'
import {
  c,
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
  x,
} from './cell-parts.mjs'
import { box, colours, dot, operation, picture, text, wire } from './svg.mjs'

const [top, row, bus] = [74, 216, 306]
const at = { f: 200, i: 300, g: 400, o: 510 }
const shown = { anchor: 'start' }
const seen = { colour: colours.green, dash: '5 3' }

/** The LSTM of a unit's values, with what a relative has more or other. */
function draw(title, values, { forget, norm = false, extra = [], output } = {}) {
  const { after = {}, gates: { i, f, g, o } = {} } = values
  const known = after.c !== undefined
  const kept = forget?.value ?? f
  return picture(760, 366, `One step of ${title}`, [
    outline(760, 304),
    // the cell: the thick line on top
    incoming(top, 'c_{t-1}', known ? c : undefined),
    wire([104, top, at.f - 13, top], thick),
    operation(at.f, top, '×'),
    number(at.f + 18, top - 9, kept * c, shown),
    wire([at.f + 13, top, 337, top], thick),
    operation(350, top, '+'),
    wire([363, top, 664, top], thick),
    note(450, top - 12, 'the cell, long memory', { anchor: 'middle' }),
    outgoing(672, top, 'c_{t}', after.c),
    // the gates look at x and h
    incoming(bus, 'h_{t-1}', known ? h : undefined),
    wire([104, bus, at.o, bus, at.o, row + 34]),
    ['i', 'g', ...(forget ? [] : ['f'])].map((name) => [
      wire([at[name], bus, at[name], row + 34]),
      dot(at[name], bus),
    ]),
    fromBelow(150, 356, bus, known ? x : undefined),
    norm ? Object.values(at).map((place) => normalised(place, bus - 20)) : [],
    forget ? forget.parts : [gate(at.f, row, 'f', 'σ', 'keep?', f), wire([at.f, row, at.f, top + 13])],
    gate(at.i, row, 'i', 'σ', 'write?', i),
    gate(at.g, row, 'g', 'tanh', 'what?', g),
    gate(at.o, row, 'o', 'σ', 'show?', o, extra.length > 0 ? -1 : 1),
    wire([at.i, row, at.i, 142, 337, 142]),
    wire([at.g, row, at.g, 142, 363, 142]),
    operation(350, 142, '×'),
    number(357, 115, i * g, shown),
    wire([350, 129, 350, top + 13]),
    // the output
    dot(580, top),
    wire([580, top, 580, 107]),
    norm
      ? [box(538, 107, 84, 28, { fill: colours.paleGreen }), text(580, 126, 'tanh LN', { size: 14 })]
      : [box(552, 107, 56, 28, { fill: colours.paleBlue }), text(580, 126, 'tanh', { size: 14 })],
    wire([580, 135, 580, 167]),
    number(587, 155, Math.tanh(after.c), shown),
    wire([at.o, row, at.o, 180, 567, 180]),
    operation(580, 180, '×'),
    output ?? wire([593, 180, 664, 180]),
    outgoing(672, 180, 'h_{t}', after.h),
    extra,
  ])
}

const coupled = one(cifg)
const rest = {
  value: 1 - coupled.gates.i,
  parts: [
    dot(at.i, 186),
    wire([at.i, 186, at.f + 26, 186]),
    box(at.f - 26, 172, 52, 28),
    text(at.f, 191, '1 − i', { size: 14 }),
    wire([at.f, 172, at.f, top + 13]),
    number(at.f + 7, 160, 1 - coupled.gates.i, shown),
    note(at.f - 26, 216, 'what is written'),
    note(at.f - 26, 231, 'makes room'),
  ],
}

const peeping = [
  dot(156, top),
  wire([156, top, 156, 196, at.f - 20, 196, at.f - 20, row], seen),
  wire([at.f - 20, 196, at.i - 20, 196, at.i - 20, row], seen),
  dot(534, top),
  wire([534, top, 534, row], seen),
  text(164, 160, 'p ⊙ c', { anchor: 'start', size: 12, colour: colours.green }),
  text(527, 160, 'the new c', { anchor: 'end', size: 12, colour: colours.green }),
]

const narrowed = [
  wire([593, 180, 604, 180], { plain: true }),
  box(604, 165, 30, 30, { fill: colours.paleBlue }),
  text(619, 185, 'P', { size: 15, bold: true }),
  wire([634, 180, 664, 180]),
  note(672, 206, 'narrower'),
]

export const lstmPictures = {
  lstm: draw('an LSTM with numbers', one(lstm)),
  peephole: draw(
    'a peephole LSTM with numbers',
    one(peephole, { peephole_i: [0.2], peephole_f: [0.2], peephole_o: [0.2] }),
    { extra: peeping },
  ),
  cifg: draw('an LSTM with coupled gates with numbers', coupled, { forget: rest }),
  lstmProjection: draw('an LSTM with projection with numbers', one(lstmProjection, { weight_hr: [[0.5]] }), {
    output: narrowed,
  }),
  layerNormLstm: draw('a layer-normalised LSTM', {}, { norm: true }),
}
