// Dates as people write them into the form of ISO 8601: an encoder-decoder reads them letter by letter, and its attention shows which
// part of the source each digit was read from.
import { train } from 'unrolled'
import { renderAttention } from 'unrolled/inspect'
import { Random } from 'unrolled/random'
import type { Example } from './kit/example.js'
import { runAlone } from './kit/example.js'

type Field = 'year' | 'month' | 'day'

/** A date in some form, the same in the form of ISO 8601, and where each field stands in the source. */
interface DatePair {
  readonly source: string
  readonly target: string
  readonly places: Readonly<Record<Field, readonly [number, number]>>
}

const months = 'January February March April May June July August September October November December'.split(
  ' ',
)
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

/** How a date may be written: {d} 3, {dd} 03, {th} 3rd, {m} 5, {mm} 05, {mmm} May, {mmmm} May, {yy} 11, {yyyy} 2011, {w} Tue, {www} Tuesday. */
const forms = [
  ...[
    '{d} {mmmm} {yyyy}',
    '{d} {mmm} {yyyy}',
    '{mmmm} {d}, {yyyy}',
    '{mmm} {d}, {yyyy}',
    '{th} of {mmmm} {yyyy}',
  ],
  ...[
    '{mmmm} {th}, {yyyy}',
    '{www}, {mmmm} {d}, {yyyy}',
    '{w} {d} {mmm} {yyyy}',
    '{www} {th} {mmmm} {yyyy}',
    '{yyyy} {mmmm} {d}',
  ],
  ...['{d}/{m}/{yyyy}', '{dd}.{mm}.{yyyy}', '{dd}.{mm}.{yy}', '{d} {mmm} {yy}'],
]

/** A day from 1970 to 2069, so that two digits of a year suffice. */
function randomDate(random: Random): DatePair {
  const date = new Date(Date.UTC(1970, 0, 1 + random.integer(36_500)))
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  const ending =
    day % 10 > 3 || day % 10 === 0 || (day > 10 && day < 14) ? 'th' : ['st', 'nd', 'rd'][(day % 10) - 1]
  const two = (value: number) => String(value).padStart(2, '0')
  const written: Record<string, readonly [string, Field?]> = {
    ...{ d: [String(day), 'day'], dd: [two(day), 'day'], th: [day + ending, 'day'] },
    ...{ m: [String(month + 1), 'month'], mm: [two(month + 1), 'month'] },
    ...{ mmm: [months[month].slice(0, 3), 'month'], mmmm: [months[month], 'month'] },
    ...{ yy: [two(year % 100), 'year'], yyyy: [String(year), 'year'] },
    ...{ w: [weekdays[date.getUTCDay()].slice(0, 3)], www: [weekdays[date.getUTCDay()]] },
  }
  const places: Record<Field, readonly [number, number]> = { year: [0, 0], month: [0, 0], day: [0, 0] }
  let source = ''
  for (const piece of forms[random.integer(forms.length)].split(/[{}]/)) {
    const [text, field] = written[piece] ?? [piece]
    if (field) places[field] = [source.length, source.length + text.length]
    source += text
  }
  return { source, target: `${year}-${two(month + 1)}-${two(day)}`, places }
}

/** The field that each character of a date in ISO 8601 belongs to. */
const fields = [...'yyyy-mm-dd'].map(
  (letter) => ({ y: 'year', m: 'month', d: 'day' })[letter] as Field | undefined,
)

export const example: Example = {
  name: 'dates',
  large: true,
  shows:
    'An encoder-decoder with attention writes dates of fourteen forms as 2011-05-03, and looks at the right field for each digit.',
  run: async ({ engine, seed, short, log }) => {
    const random = new Random(seed).split('dates')
    const seen = new Map(
      Array.from({ length: short ? 2000 : 6500 }, () => randomDate(random)).map((pair) => [
        pair.source,
        pair,
      ]),
    )
    const pairs = [...seen.values()]
    const test = pairs.splice(0, short ? 200 : 1000)
    const valid = pairs.splice(0, short ? 100 : 500)
    const model = await train({
      task: 'translate',
      ...{ engine, seed, data: { train: pairs, valid } },
      // What makes attention say what was read, see docs/examples.md: there is no end that knows the whole date to be looked at, and
      // nothing goes on pulling at the weights once every date is right.
      text: { sourceEnd: false },
      model: { cell: 'gru', hiddenSize: 64 },
      train: { epochs: short ? 8 : 10, batchSize: 32, learningRate: short ? 0.01 : 0.005, labelSmoothing: 0 },
      on: (event) => {
        if (event.type === 'epoch')
          log(`epoch ${event.epoch}: loss ${event.loss.toFixed(4)}, ${JSON.stringify(event.metrics)}`)
      },
    })
    const found = model.predict(test.map(({ source }) => source)).map(([best]) => best)
    let [right, digits, looked] = [0, 0, 0]
    for (const [i, { target, places }] of test.entries()) {
      if (found[i].text === target) right++
      for (const [place, row] of (found[i].attention?.weights ?? []).entries()) {
        const field = fields[place]
        if (!field) continue
        const most = row.indexOf(Math.max(...row))
        digits++
        if (most >= places[field][0] && most < places[field][1]) looked++
      }
    }
    const shown = found[0].attention
    if (shown) log(`${test[0].source}\n${renderAttention(shown)}`)
    model.dispose()
    return [
      {
        name: 'dates right, unseen',
        value: right / test.length,
        bar: short ? 0.2 : 0.99,
        better: 'higher',
        floor: 0,
      },
      {
        name: 'digits read from their field',
        value: looked / digits,
        bar: short ? 0.3 : 0.95,
        better: 'higher',
        floor: 0.3,
      },
    ]
  },
}
await runAlone(example, import.meta.url)
