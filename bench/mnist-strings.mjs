// MNIST digits put side by side into numbers, as pictures of lines of writing for the task transcribe: train numbers from training digits,
// test numbers from test digits.
//
//   node bench/mnist-strings.mjs --data DIR/mnist --out numbers
//   unrolled train transcribe --data numbers --out runs/numbers
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { writePng } from 'unrolled/codecs'
import { Random } from 'unrolled/random'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/mnist' },
    out: { type: 'string', default: 'numbers' },
    seed: { type: 'string', default: '1' },
  },
})
const side = 28
/** How many numbers each part has; the last digits of the training set are for validation. */
const numbers = { train: 8000, valid: 300, test: 2000 }
const held = 5000
/** Digits of a number; digits may overlap by so many pixels, or stand so far apart. */
const [fewest, most] = [1, 6]
const gaps = [-6, 4]

const sets = { train: digitsOf('train'), test: digitsOf('t10k') }
const parts = {
  train: { ...sets.train, begin: 0, end: sets.train.labels.length - held },
  valid: { ...sets.train, begin: sets.train.labels.length - held, end: sets.train.labels.length },
  test: { ...sets.test, begin: 0, end: sets.test.labels.length },
}
for (const part of Object.keys(numbers)) await writePart(part)

function digitsOf(name) {
  const read = (file, header) => gunzipSync(fs.readFileSync(path.join(values.data, file))).subarray(header)
  return {
    images: read(`${name}-images-idx3-ubyte.gz`, 16),
    labels: read(`${name}-labels-idx1-ubyte.gz`, 8),
  }
}

async function writePart(part) {
  fs.mkdirSync(path.join(values.out, part), { recursive: true })
  const random = new Random(Number(values.seed)).split(`mnist ${part}`)
  const { images, labels, begin, end } = parts[part]
  const rows = []
  for (let k = 0; k < numbers[part]; k++) {
    const digits = Array.from(
      { length: fewest + random.integer(most - fewest + 1) },
      () => begin + random.integer(end - begin),
    )
    const places = []
    let width = random.integer(5)
    for (const _ of digits) {
      places.push(width)
      width += side + gaps[0] + random.integer(gaps[1] - gaps[0] + 1)
    }
    width = places.at(-1) + side + random.integer(5)
    const data = new Float32Array(width * side)
    for (const [i, digit] of digits.entries())
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) {
          const place = y * width + places[i] + x
          data[place] = Math.max(data[place], images[digit * side * side + y * side + x] / 255)
        }
    const name = `${part}/${String(k).padStart(4, '0')}.png`
    fs.writeFileSync(path.join(values.out, name), await writePng({ width, height: side, channels: 1, data }))
    rows.push(JSON.stringify({ image: name, text: digits.map((digit) => labels[digit]).join('') }))
  }
  fs.writeFileSync(path.join(values.out, `${part}.jsonl`), `${rows.join('\n')}\n`)
}
