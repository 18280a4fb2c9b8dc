// What was looked at for each word: node docs/images/caption.mjs MODEL
// MODEL is the folder of a model that has learned from scenes, such as that of the example `scenes`.
import fs from 'node:fs'
import { drawScene } from '../../dist/data/index.js'
import { load } from '../../dist/index.js'
import { drawGaze } from '../../dist/inspect/index.js'
import { Random } from '../../dist/random/index.js'

const model = await load(process.argv[2])
const scene = drawScene(new Random('picture').split(5))
const { gaze } = model.inspect(scene.image)
const text = gaze.words.slice(0, -1).join(' ')
fs.writeFileSync(new URL('caption.svg', import.meta.url), drawGaze(gaze, text))
console.log(text, scene.captions)
await model.engine.dispose()
