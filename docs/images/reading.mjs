// Trains the demo's classifier and draws docs/images/reading.svg (what it believes and remembers word by word) and
// docs/images/pipeline.svg (what happens to a text). node docs/images/reading.mjs (after npm run build)
import { writeFileSync } from 'node:fs'
import { train } from 'unrolled'
import { demoRows } from 'unrolled/tasks'
import { box, colours, line, picture, round, text } from './svg.mjs'

const model = await train({ task: 'classify', data: demoRows })
const faint = { size: 12, colour: colours.faint }
const whole = (share) => `${Math.round(share * 100)} %`
writeFileSync(new URL('reading.svg', import.meta.url), drawReading('What time is it?'))
writeFileSync(new URL('pipeline.svg', import.meta.url), drawPipeline('Will it raain?'))
await model.engine.dispose()

/** The gates and cells of each step, [steps, 4, units] and [steps, units]. */
function lookInside(question) {
  const { network, reader, engine } = model
  return engine.scope(() => {
    const states = network.run(network.embed([reader.read(question)]), undefined, true)
    const { gates, cells } = states.directions[0].kept
    return { gates: gates.data.slice(), cells: cells.data.slice(), units: network.rnn.directions[0].size }
  })
}

function drawReading(question) {
  const words = model.reader.words.of(question)
  const stream = model.stream()
  const beliefs = words.map((word) => stream.push(word).predict().slice(0, 3))
  const { gates, cells, units } = lookInside(question)
  const cell = (step, unit) => cells[step * units + unit]
  const forget = (step, unit) => gates[(step * 4 + 1) * units + unit]
  const last = words.length - 1
  const order = Array.from({ length: units }, (_, unit) => unit).sort((a, b) => cell(last, a) - cell(last, b))
  const largest = Math.max(...cells.map(Math.abs))
  const [left, pitch, wide] = [92, 138, 112]
  const top = { belief: 56, box: 162, gate: 200, cell: 246, bottom: 284, word: 338 }

  /** Unit by unit a bar from `zero` up or down. */
  const bars = (x, zero, height, value, colour) => {
    const step = (wide - 8) / units
    const path = order.map(
      (unit, k) => `M${round(x + 4 + (k + 0.5) * step)} ${round(zero)}v${round(-height * value(unit))}`,
    )
    return `<path d="${path.join('')}" stroke="${colour}" stroke-width="${round(step * 0.7)}" fill="none"/>`
  }
  const belief = (x, { label, score }, rank) => {
    const y = top.belief + rank * 26
    const style = { size: 12, bold: rank === 0 }
    return [
      text(x, y, label, { ...style, anchor: 'start' }),
      text(x + wide, y, whole(score), { ...style, anchor: 'end' }),
      bar(x, y + 5, wide, score, rank === 0),
    ]
  }
  const columns = words.map((word, step) => {
    const x = left + step * pitch
    const middle = x + wide / 2
    return [
      beliefs[step].map((prediction, rank) => belief(x, prediction, rank)),
      line([
        [middle, top.box],
        [middle, top.box - 30],
      ]),
      box(x, top.box, wide, top.bottom - top.box, { fill: colours.paleGrey }),
      bars(x, top.gate, 26, (unit) => forget(step, unit), colours.orange),
      line(
        [
          [x + 4, top.cell],
          [x + wide - 4, top.cell],
        ],
        { plain: true, thick: 0.6, colour: colours.line },
      ),
      bars(x, top.cell, 30 / largest, (unit) => cell(step, unit), colours.blue),
      line([
        [middle, top.word - 20],
        [middle, top.bottom],
      ]),
      text(middle, top.word, `“${word}”`, { size: 16 }),
      step === last
        ? []
        : line([
            [x + wide, 223],
            [x + pitch, 223],
          ]),
    ]
  })
  const label = (y, string, colour = colours.faint) =>
    text(left - 12, y, string, { size: 12, anchor: 'end', colour })
  return picture(left + words.length * pitch - pitch + wide + 16, 356, `An LSTM reads “${question}”`, [
    text(left, 24, 'what the text means if it ends here', { ...faint, size: 13, anchor: 'start' }),
    label(top.belief, 'answer'),
    label(top.gate - 10, 'forget gate', colours.orange),
    label(top.cell + 4, 'memory', colours.blue),
    label(top.word, 'word'),
    columns,
  ])
}

function bar(x, y, wide, share, strong) {
  return [
    box(x, y, wide, 6, { fill: colours.paleGrey, stroke: 'none', radius: 1 }),
    box(x, y, Math.max(1, wide * share), 6, {
      fill: strong ? colours.blue : colours.line,
      stroke: 'none',
      radius: 1,
    }),
  ]
}

function drawPipeline(question) {
  const { words: cutter, features } = model.reader
  const words = cutter.of(question)
  const [left, pitch, wide] = [110, 122, 100]
  const y = { text: 26, words: 46, pieces: 92, vectors: 168, cells: 210, pool: 268, scores: 46 }
  const known = (word) => features.vocabulary.id(word) !== 0
  const columns = words.map((word, step) => {
    const x = left + step * pitch
    const middle = x + wide / 2
    const found = [known(word) ? word : 'not known', ...pieces(word).slice(0, 3)]
    return [
      box(x, y.words, wide, 28),
      text(middle, y.words + 19, word, { size: 15, bold: true }),
      found.map((piece, row) =>
        text(middle, y.pieces + 4 + row * 15, piece, {
          size: 12,
          mono: row > 0,
          bold: row === 0,
          colour: row ? colours.faint : colours.ink,
        }),
      ),
      pieces(word).length > 3 ? text(middle + 32, y.pieces + 49, '…', faint) : [],
      strip(x + 10, y.vectors - 8, wide - 20, word),
      line([
        [middle, y.vectors + 10],
        [middle, y.cells],
      ]),
      box(x, y.cells, wide, 30, { fill: colours.paleBlue }),
      text(middle, y.cells + 20, 'LSTM', { size: 14 }),
      step + 1 < words.length
        ? line([
            [x + wide, y.cells + 15],
            [x + pitch, y.cells + 15],
          ])
        : [],
      line([
        [middle, y.cells + 30],
        [middle, y.pool],
      ]),
    ]
  })
  const right = left + words.length * pitch
  const across = right - (pitch - wide) - left
  const answers = model.predict(question, { top: 4 }).map(({ label, score }, rank) => {
    const at = y.scores + 46 + rank * 34
    return [
      text(right + 14, at, label, { size: 13, anchor: 'start', bold: rank === 0 }),
      text(right + 154, at, whole(score), { size: 13, anchor: 'end', bold: rank === 0 }),
      bar(right + 14, at + 6, 140, score, rank === 0),
    ]
  })
  const label = (at, string) => text(left - 14, at, string, { ...faint, anchor: 'end' })
  return picture(right + 174, 312, `How “${question}” is classified`, [
    text(left, y.text, question, { size: 15, anchor: 'start', italic: true }),
    [
      [y.text, 'text'],
      [y.words + 19, 'words'],
      [y.pieces + 20, 'word, pieces'],
      [y.vectors + 5, 'vectors'],
      [y.cells + 20, 'in order'],
      [y.pool + 19, 'over all steps'],
    ].map(([at, string]) => label(at, string)),
    columns,
    box(left, y.pool, across, 28, { fill: colours.paleOrange }),
    text(left + across / 2, y.pool + 19, 'the largest value of each unit', { size: 14 }),
    line([
      [left + across, y.pool + 14],
      [right + 84, y.pool + 14],
      [right + 84, y.scores + 172],
    ]),
    text(right + 14, y.scores + 20, 'one score per label', { ...faint, anchor: 'start' }),
    answers,
  ])
}

/** The runs of three letters, as the model sees them. */
function pieces(word) {
  const letters = `<${word}>`
  return Array.from({ length: Math.max(0, letters.length - 2) }, (_, k) => letters.slice(k, k + 3))
}

/** The first numbers of a word's vector, a cell each, dark for large. */
function strip(x, y, wide, word) {
  const { network, reader, engine } = model
  const vector = engine.scope(() => network.embedding.forward([reader.features.of(word)]).data.slice(0, 10))
  const most = Math.max(...vector.map(Math.abs))
  const side = wide / vector.length
  return Array.from(vector, (value, k) => {
    const grey = Math.round(225 - (150 * (value + most)) / (2 * most))
    return box(x + k * side, y, side, 16, {
      fill: `rgb(${grey},${grey},${grey})`,
      stroke: colours.paper,
      radius: 0,
      thick: 1,
    })
  })
}
