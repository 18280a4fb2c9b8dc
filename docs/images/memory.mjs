// Draws docs/images/memory.svg: how much the last state of an untrained cell depends on each earlier input.
// node docs/images/memory.mjs (after npm run build)
import { writeFileSync } from 'node:fs'
import { elman, gru, lstm, runCell } from 'unrolled/cells'
import { openKernels } from 'unrolled/kernels'
import { nodePlatform } from 'unrolled/kernels/node'
import { normalValues, Random } from 'unrolled/random'
import { backpropagate, Engine, multiply, PackedLayout, sum } from 'unrolled/tensor'
import { colours, line, picture, text } from './svg.mjs'

const [units, inputs, steps, repeats] = [64, 32, 51, 20]
const engine = new Engine(await openKernels(nodePlatform()))

/** The norms of the gradient of h_T, weighted at random, for the inputs of steps T, T-1, T-2 …; geometric means. */
function influence(cell, initialization) {
  const logarithms = new Float64Array(steps)
  for (let seed = 0; seed < repeats; seed++) {
    const random = new Random(seed)
    const parameters = cell.init(inputs, units, { engine, random: random.split('weights'), initialization })
    const x = engine.parameter([steps, inputs])
    x.set(normalValues(x.size, 1, random.split('inputs')))
    engine.scope(() => {
      const { value } = engine.record(() => {
        const { final } = runCell(cell, parameters, { data: x, layout: PackedLayout.of([steps]) })
        return sum(
          multiply(final.h, engine.tensor(normalValues(units, 1, random.split('direction')), [1, units])),
        )
      })
      backpropagate(value)
      const gradient = x.gradient.data
      for (let back = 0; back < steps; back++) {
        const row = gradient.subarray((steps - 1 - back) * inputs, (steps - back) * inputs)
        logarithms[back] += Math.log10(Math.hypot(...row)) / repeats
      }
    })
    for (const tensor of [x, ...Object.values(parameters)]) tensor.dispose()
  }
  return logarithms.map((value) => value - logarithms[0])
}

const curves = [
  { name: 'LSTM, orthogonal, forget bias 1', values: influence(lstm, 'orthogonal'), thick: 3 },
  { name: 'LSTM, PyTorch’s start', values: influence(lstm, 'pytorch'), thick: 1.8, nudge: 10 },
  { name: 'GRU, PyTorch’s start', values: influence(gru, 'pytorch'), thick: 1.8, dash: '7 4', nudge: -6 },
  { name: 'Elman (tanh), PyTorch’s start', values: influence(elman, 'pytorch'), thick: 1.8, dash: '2 3' },
]
const [left, right, top, bottom, floor] = [64, 500, 30, 290, -16]
const across = (back) => left + ((right - left) * back) / (steps - 1)
const down = (logarithm) => top + ((bottom - top) * logarithm) / floor
const small = { size: 12, colour: colours.faint }
const grid = [0, -4, -8, -12, -16].map((power) => [
  line(
    [
      [left, down(power)],
      [right, down(power)],
    ],
    { colour: '#e3e6e9', thick: 1, plain: true },
  ),
  text(left - 8, down(power) + 4, power ? `1e${power}` : '1', { ...small, anchor: 'end' }),
])
const ticks = [0, 10, 20, 30, 40, 50].map((back) => text(across(back), bottom + 18, back, small))
const lines = curves.map(({ name, values, thick, dash, nudge = 0 }) => [
  line(
    Array.from(values, (value, back) => [across(back), down(value)]),
    { thick, dash, plain: true, colour: colours.blue },
  ),
  text(right + 8, down(values[steps - 1]) + 4 + nudge, name, { size: 13, anchor: 'start' }),
])
const title = 'How much the last state depends on each earlier input, before any training'
writeFileSync(
  new URL('memory.svg', import.meta.url),
  picture(720, 336, title, [
    grid,
    ticks,
    lines,
    text((left + right) / 2, bottom + 36, 'steps back from the end', { ...small, size: 13 }),
    text(left - 8, 16, 'influence on the last state, relative to that of the last input', {
      size: 13,
      anchor: 'start',
    }),
  ]),
)
for (const { name, values } of curves)
  console.log(name, [10, 25, 50].map((back) => values[back].toFixed(1)).join(' '))
await engine.dispose()
