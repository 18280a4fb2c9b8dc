// Lays recordings out for the task trigger, so that whole recordings are held back:
//
//   node bench/trigger-word.mjs --data DIR/fsdd --word 7 --out seven       a digit of the Free Spoken Digit Dataset as the word, by its
//                                                                          official split (0-4 test; here 45-49 validation), over made noise
//   node bench/trigger-word.mjs --data DIR/trigger-word --out activate     a set with raw_data/activates, negatives and backgrounds
//   node bench/trigger-word.mjs --data DIR/trigger-word --others DIR/fsdd --out activate     the same with digits as further negatives, in
//                                                                          the training and the validation part only
//   unrolled train trigger --data seven --out runs/seven
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeWav } from 'unrolled/codecs'
import { Random } from 'unrolled/random'

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    word: { type: 'string', default: '7' },
    others: { type: 'string' },
    out: { type: 'string', default: 'word' },
  },
})
const raw = path.join(values.data, 'raw_data')
if (fs.existsSync(raw)) folders()
else digits()

/** One clip of each of three recording sessions is held back for the test, two for validation; one background lies under each. */
function folders() {
  const parts = {
    activates: { test: ['3', '3_act2', '3_act3'], valid: ['2', '2_act2'] },
    negatives: { test: ['3', '3_2', '5'], valid: ['2', '2_1'] },
  }
  for (const [kind, { test, valid }] of Object.entries(parts))
    for (const name of fs.readdirSync(path.join(raw, kind))) {
      const stem = path.parse(name).name
      const part = test.includes(stem) ? 'test' : valid.includes(stem) ? 'valid' : 'train'
      link(path.join(raw, kind, name), part, kind, name)
    }
  for (const [part, name] of [
    ['train', '1.wav'],
    ['valid', '1.wav'],
    ['test', '2.wav'],
  ])
    link(path.join(raw, 'backgrounds', name), part, 'backgrounds', name)
  if (values.others)
    for (const { name, part } of digitsIn(values.others))
      if (part !== 'test') link(path.join(values.others, name), part, 'negatives', name)
}

function digits() {
  for (const { name, digit, part } of digitsIn(values.data))
    link(path.join(values.data, name), part, digit === values.word ? 'positives' : 'negatives', name)
  for (const [part, count] of Object.entries({ train: 12, valid: 4, test: 6 }))
    for (let i = 0; i < count; i++) {
      const samples = noise(new Random('backgrounds').split(part).split(i), 8000, 30)
      const folder = path.join(values.out, part, 'backgrounds')
      fs.mkdirSync(folder, { recursive: true })
      fs.writeFileSync(path.join(folder, `${i}.wav`), writeWav({ sampleRate: 8000, channels: [samples] }))
    }
}

/** The recordings of digits in a folder, by the official split. */
function digitsIn(folder) {
  return fs.readdirSync(folder).flatMap((name) => {
    const [, digit, index] = /^(\d)_[a-z]+_(\d+)\.wav$/.exec(name) ?? []
    if (digit === undefined) return []
    return [{ name, digit, part: Number(index) < 5 ? 'test' : Number(index) < 45 ? 'train' : 'valid' }]
  })
}

/** Hiss, rumble or something between that swells and fades, a hum, and now and then a click or a beep. */
function noise(random, sampleRate, seconds) {
  const colour = 0.995 * random.uniform() // 0: all frequencies alike, towards 1: low ones
  const hum = (2 * Math.PI * (50 + 200 * random.uniform())) / sampleRate
  const [humLevel, swell] = [0.3 * random.uniform(), 0.2 + random.uniform()]
  const samples = new Float32Array(seconds * sampleRate)
  let low = 0
  for (let i = 0; i < samples.length; i++) {
    low = colour * low + Math.sqrt(1 - colour * colour) * random.normal()
    const loud = 1 + 0.7 * Math.sin((2 * Math.PI * swell * i) / sampleRate / 5)
    samples[i] = 0.05 * (loud * low + humLevel * Math.sin(hum * i))
  }
  for (let event = 0; event < seconds / 4; event++) {
    const at = random.integer(samples.length - sampleRate)
    const [length, level] = [(0.01 + 0.2 * random.uniform()) * sampleRate, 0.05 + 0.2 * random.uniform()]
    const pitch = (2 * Math.PI * (300 + 2000 * random.uniform())) / sampleRate
    const beep = random.uniform() < 0.5
    for (let i = 0; i < length; i++)
      samples[at + i] += level * Math.exp((-4 * i) / length) * (beep ? Math.sin(pitch * i) : random.normal())
  }
  return samples
}

function link(file, part, kind, name) {
  const folder = path.join(values.out, part, kind)
  fs.mkdirSync(folder, { recursive: true })
  fs.copyFileSync(file, path.join(folder, name))
}
