// One step of the cells of Elman's kind.
import { elman, elmanRelu } from 'unrolled/cells'
import { fromBelow, h, incoming, note, one, outgoing, x } from './cell-parts.mjs'
import { box, colours, picture, text, wire } from './svg.mjs'

function draw(title, formula, { after, remark = '' }) {
  const known = after !== undefined
  return picture(600, 172, `One step of ${title}`, [
    box(140, 24, 320, 104, { fill: colours.paleGrey, stroke: colours.line, radius: 12 }),
    incoming(73, 'h_{t-1}', known ? h : undefined),
    wire([104, 73, 180, 73]),
    fromBelow(300, 162, 92, known ? x : undefined).slice(0, 2),
    wire([300, 143, 300, 91]),
    box(180, 55, 240, 36, { fill: colours.paleBlue }),
    text(300, 79, formula, { size: 15 }),
    note(300, 44, remark, { anchor: 'middle' }),
    wire([420, 73, 500, 73]),
    outgoing(508, 73, 'h_{t}', after?.h),
  ])
}

export const elmanPictures = {
  elman: draw('an Elman cell with numbers', 'tanh( W x_{t} + U h_{t-1} + b )', one(elman)),
  elmanRelu: draw('a rectified Elman cell with numbers', 'max( 0, W x_{t} + U h_{t-1} + b )', one(elmanRelu)),
  irnn: draw('an IRNN before training with numbers', 'max( 0, W x_{t} + U h_{t-1} + b )', {
    after: { h: 0.9 * x + h },
    remark: 'before training U = 1 and b = 0: all of h stays',
  }),
  layerNormElman: draw('a layer-normalised Elman cell', 'tanh( LN(W x_{t}) + LN(U h_{t-1}) )', {}),
}
