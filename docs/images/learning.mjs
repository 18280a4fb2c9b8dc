// Draws docs/images/learning.svg: the demo's data learned without any precaution, so that it is learned by heart.
// node docs/images/learning.mjs (after npm run build)
import { writeFileSync } from 'node:fs'
import { train } from 'unrolled'
import { demoRows } from 'unrolled/tasks'
import { colours, line, picture, text } from './svg.mjs'

const epochs = 30
const history = []
const model = await train({
  task: 'classify',
  data: demoRows,
  text: { gramBuckets: 0 },
  model: { hiddenSize: 256, wordDropout: 0, inputDropout: 0, headDropout: 0 },
  train: { epochs, patience: epochs, labelSmoothing: 0, weightDecay: 0, averaging: 0, learningRate: 0.003 },
  on: (event) => event.type === 'epoch' && history.push({ loss: event.loss, validation: event.metrics.loss }),
})
await model.engine.dispose()

const [left, right, top, bottom] = [56, 520, 34, 250]
const highest = Math.ceil(Math.max(...history.flatMap(Object.values)))
const across = (epoch) => left + ((right - left) * (epoch - 1)) / (epochs - 1)
const down = (loss) => bottom - ((bottom - top) * loss) / highest
const best =
  1 + history.reduce((least, { validation }, k) => (validation < history[least].validation ? k : least), 0)
const faint = { size: 12, colour: colours.faint }
const curve = (name, options) =>
  line(
    history.map((epoch, k) => [across(k + 1), down(epoch[name])]),
    { plain: true, thick: 2.5, ...options },
  )
const grid = Array.from({ length: highest + 1 }, (_, loss) => [
  line(
    [
      [left, down(loss)],
      [right, down(loss)],
    ],
    { colour: '#e3e6e9', thick: 1, plain: true },
  ),
  text(left - 8, down(loss) + 4, loss, { ...faint, anchor: 'end' }),
])
const end = history.at(-1)
const at = down(history[best - 1].validation)
writeFileSync(
  new URL('learning.svg', import.meta.url),
  picture(700, 296, 'Loss on training and validation rows by epoch', [
    grid,
    text(left - 8, 18, 'loss', { size: 13, anchor: 'start' }),
    [1, 10, 20, 30].map((epoch) => text(across(epoch), bottom + 18, epoch, faint)),
    text((left + right) / 2, bottom + 36, 'epoch', { ...faint, size: 13 }),
    line(
      [
        [across(best), at],
        [across(best), bottom],
      ],
      { plain: true, dash: '3 3', thick: 1.2 },
    ),
    curve('loss', { colour: colours.blue }),
    curve('validation', { colour: colours.orange, dash: '7 3' }),
    text(right + 8, down(end.loss) + 4, 'training rows', { size: 13, anchor: 'start', colour: colours.blue }),
    text(right + 8, down(end.validation) + 4, 'validation rows', {
      size: 13,
      anchor: 'start',
      colour: colours.orange,
    }),
    `<circle cx="${across(best)}" cy="${at}" r="4.5" fill="${colours.orange}"/>`,
    text(across(best) + 8, at - 24, `best: epoch ${best}`, { size: 13, anchor: 'start' }),
  ]),
)
