// One step of the cells whose gates see x alone.
import { minGru, minLstm } from 'unrolled/cells'
import {
  fromBelow,
  gate,
  h,
  incoming,
  note,
  number,
  one,
  outgoing,
  outline,
  thick,
  x,
} from './cell-parts.mjs'
import { box, colours, dot, operation, picture, text, wire } from './svg.mjs'

const [top, middle, row, bus] = [74, 142, 216, 306]
const at = { kept: 220, added: 340, n: 460, sum: 560 }
const shown = { anchor: 'start' }

/** The line of the state, the candidate, and x on its way; what makes the two shares is the cell's own. */
function draw(title, { after, gates }, { kept, added, shares, fromN }) {
  return picture(760, 366, `One step of ${title}`, [
    outline(760, 304),
    incoming(top, 'h_{t-1}', h),
    wire([104, top, at.kept - 13, top], thick),
    operation(at.kept, top, '×'),
    number(at.kept + 18, top - 9, kept * h, shown),
    wire([at.kept + 13, top, at.sum - 13, top], thick),
    operation(at.sum, top, '+'),
    wire([at.sum + 13, top, 664, top], thick),
    note(390, 46, 'the old h only meets its share: no matrix product between two steps', {
      anchor: 'middle',
    }),
    outgoing(672, top, 'h_{t}', after.h),
    wire([150, bus, at.n, bus, at.n, row + 34]),
    fromBelow(150, 356, bus, x),
    note(160, bus + 18, 'x only: no gate waits for h'),
    box(at.n - 40, row, 80, 34, { fill: colours.paleBlue }),
    text(at.n, row + 23, 'n', { size: 17, bold: true }),
    number(at.n + 7, row - 9, gates.n, shown),
    note(at.n + 7, row + 52, 'what? no tanh'),
    wire([at.n, row, ...fromN]),
    operation(at.sum, middle, '×'),
    wire([at.sum, middle - 13, at.sum, top + 13]),
    number(at.sum + 7, 115, added * gates.n, shown),
    shares,
  ])
}

function drawMinGru() {
  const values = one(minGru)
  const { z } = values.gates
  return draw('a minGRU with numbers', values, {
    kept: 1 - z,
    added: z,
    fromN: [at.n, middle, at.sum - 13, middle],
    shares: [
      gate(at.added, row, 'z', 'σ', 'replace?', z),
      wire([at.added, bus, at.added, row + 34]),
      dot(at.added, bus),
      wire([at.added, row, at.added, 186], { plain: true }),
      dot(at.added, 186),
      wire([at.added, 186, at.sum, 186, at.sum, middle + 13]),
      wire([at.added, 186, at.kept + 26, 186]),
      box(at.kept - 26, 172, 52, 28),
      text(at.kept, 191, '1 − z', { size: 14 }),
      wire([at.kept, 172, at.kept, top + 13]),
      number(at.kept + 7, 160, 1 - z, shown),
    ],
  })
}

function drawMinLstm() {
  const values = one(minLstm)
  const { f, i } = values.gates
  return draw('a minLSTM with numbers', values, {
    kept: f / (f + i),
    added: i / (f + i),
    fromN: [at.n, 184, at.sum, 184, at.sum, middle + 13],
    shares: [
      gate(at.kept, row, 'f', 'σ', 'keep?', f, -1),
      gate(at.added, row, 'i', 'σ', 'write?', i),
      [at.kept, at.added].map((place) => [wire([place, bus, place, row + 34]), dot(place, bus)]),
      box(at.kept - 40, 160, 80, 28),
      text(at.kept, 179, 'f / (f + i)', { size: 14 }),
      box(at.added - 40, 160, 80, 28),
      text(at.added, 179, 'i / (f + i)', { size: 14 }),
      wire([at.kept, row, at.kept, 188]),
      wire([at.added, row, at.added, 188]),
      wire([at.kept + 20, row, at.added - 22, 188]),
      wire([at.added - 20, row, at.kept + 22, 188]),
      wire([at.kept, 160, at.kept, top + 13]),
      number(at.kept + 7, 150, f / (f + i), shown),
      wire([at.added, 160, at.added, middle, at.sum - 13, middle]),
      number(at.added + 10, middle - 8, i / (f + i), shown),
    ],
  })
}

export const minPictures = { minGru: drawMinGru(), minLstm: drawMinLstm() }
