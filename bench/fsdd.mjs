// Lays the Free Spoken Digit Dataset out for the task transcribe, by the official split (recordings 0-4 of each speaker and digit are the
// test part; here 45-49 are for validation):
//
//   node bench/fsdd.mjs --data DIR/fsdd --out fsdd
//   unrolled train transcribe --data fsdd/digits --out runs/digits       single digits as words
//   unrolled train transcribe --data fsdd/strings --out runs/strings     one to seven digits of a speaker, joined, as characters
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readWav, writeWav } from 'unrolled/codecs'
import { Random } from 'unrolled/random'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/fsdd' },
    out: { type: 'string', default: 'fsdd' },
    seed: { type: 'string', default: '1' },
  },
})
const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
/** How many joined strings each part has. */
const strings = { train: 4000, valid: 300, test: 1000 }
/** Digits of a string, and the silence between them in seconds. */
const [fewest, most] = [1, 7]
const pauses = [0, 0.15]

const partOf = (index) => (index < 5 ? 'test' : index < 45 ? 'train' : 'valid')
const recordings = fs
  .readdirSync(values.data)
  .filter((name) => /^\d_[a-z]+_\d+\.wav$/.test(name))
  .sort()
  .map((name) => {
    const [digit, speaker, index] = name.slice(0, -4).split('_')
    return {
      file: path.resolve(values.data, name),
      digit: Number(digit),
      speaker,
      part: partOf(Number(index)),
    }
  })

writeDigits()
for (const part of Object.keys(strings)) writeStrings(part)

function writeDigits() {
  fs.mkdirSync(path.join(values.out, 'digits'), { recursive: true })
  for (const part of Object.keys(strings)) {
    const rows = recordings.filter((recording) => recording.part === part)
    const lines = rows.map(({ file, digit }) => JSON.stringify({ audio_filepath: file, text: words[digit] }))
    fs.writeFileSync(path.join(values.out, 'digits', `${part}.jsonl`), `${lines.join('\n')}\n`)
  }
}

function writeStrings(part) {
  const folder = path.join(values.out, 'strings')
  fs.mkdirSync(path.join(folder, part), { recursive: true })
  const random = new Random(Number(values.seed)).split(`fsdd ${part}`)
  const bySpeaker = grouped()
  const speakers = [...bySpeaker.keys()]
  const lines = Array.from({ length: strings[part] }, (_, k) => {
    const spoken = bySpeaker
      .get(speakers[random.integer(speakers.length)])
      .filter((each) => each.part === part)
    const chosen = Array.from(
      { length: fewest + random.integer(most - fewest + 1) },
      () => spoken[random.integer(spoken.length)],
    )
    const sounds = chosen.map(({ file }) => readWav(fs.readFileSync(file), { name: file }))
    const { sampleRate } = sounds[0]
    const pieces = sounds.flatMap(({ channels: [samples] }, i) => {
      const pause = pauses[0] + random.uniform() * (pauses[1] - pauses[0])
      return i === 0 ? [...samples] : [...new Array(Math.round(pause * sampleRate)).fill(0), ...samples]
    })
    const name = `${part}/${String(k).padStart(4, '0')}.wav`
    fs.writeFileSync(path.join(folder, name), writeWav({ sampleRate, channels: [Float32Array.from(pieces)] }))
    return JSON.stringify({ audio_filepath: name, text: chosen.map(({ digit }) => digit).join('') })
  })
  fs.writeFileSync(path.join(folder, `${part}.jsonl`), `${lines.join('\n')}\n`)
}

function grouped() {
  const groups = new Map()
  for (const recording of recordings)
    groups.set(recording.speaker, [...(groups.get(recording.speaker) ?? []), recording])
  return groups
}
