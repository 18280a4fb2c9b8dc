// Writes the videos of `ball` for the command line: node dist-examples/ball-files.js FOLDER [FRAMES]
// train.jsonl, valid.jsonl and test.jsonl, each line { frames, label } with three frames of 144 pixels, or so many as are asked for.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from 'unrolled/random'
import { video } from './kit/ball.js'

const [folder = 'ball', count = '3'] = process.argv.slice(2)
const names = ['right', 'left', 'down', 'up']
const random = new Random(1)
mkdirSync(folder, { recursive: true })
for (const [part, videos] of Object.entries({ train: 8000, valid: 500, test: 2000 })) {
  const lines = Array.from({ length: videos }, () => {
    const { pictures, direction } = video(Number(count), random)
    const frames = pictures.map((picture) => Array.from(picture, (value) => Number(value.toFixed(3))))
    return JSON.stringify({ frames, label: names[direction] })
  })
  writeFileSync(join(folder, `${part}.jsonl`), `${lines.join('\n')}\n`)
}
console.log(`10,500 videos of ${count} frames in ${folder}`)
