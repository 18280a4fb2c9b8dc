// Whether a stream writes what the model writes of whole recordings, and what a second of sound costs:
//
//   node bench/transcribe-stream.mjs --model runs/live --data fsdd/strings/test [--json]
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { load } from 'unrolled'
import { readWav } from 'unrolled/codecs'
import { mono } from 'unrolled/data'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'runs/live' },
    data: { type: 'string', default: 'fsdd/strings/test' },
    json: { type: 'boolean', default: false },
  },
})
/** Samples of one push: a tenth of a second at 8 kHz. */
const piece = 800

const model = await load(values.model)
let same = 0
let seconds = 0
let busy = 0
const files = fs.readdirSync(values.data).filter((name) => name.endsWith('.wav'))
for (const name of files) {
  const sound = readWav(fs.readFileSync(path.join(values.data, name)), { name })
  const samples = mono(sound)
  const [{ text }] = model.predict(sound)
  const begun = performance.now()
  const stream = model.stream({ sampleRate: sound.sampleRate })
  for (let begin = 0; begin < samples.length; begin += piece)
    stream.push(samples.subarray(begin, begin + piece))
  if (stream.end() === text) same++
  busy += (performance.now() - begun) / 1000
  seconds += samples.length / sound.sampleRate
}
await model.engine.dispose()
const result = { recordings: files.length, same, seconds, shareOfRealTime: busy / seconds }
console.log(
  values.json
    ? JSON.stringify(result)
    : `${same} of ${files.length} recordings: the stream writes what predict writes. ${(100 * result.shareOfRealTime).toFixed(1)} % of real time.`,
)
