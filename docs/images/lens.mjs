// Draws the pictures of the lens (docs/lens.md) and renders them as PNG in Chromium:
// node docs/images/lens.mjs (after npm run build; half a minute)
// lens-gradient-flow: a tanh RNN and an LSTM after the adding problem; lens-training: what the lens saw while they learned;
// lens-gates: the gates of that LSTM; lens-influence: what each cell remembers of one problem; lens-hidden-map: an LSTM that learned
// to say "was" or "were".
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { createEngine } from 'unrolled'
import {
  drawGates,
  drawGradientFlow,
  drawHiddenMap,
  drawInfluence,
  drawTraining,
  inspectSequence,
} from 'unrolled/inspect'
import { Embedding } from 'unrolled/layers'
import { crossEntropy } from 'unrolled/losses'
import { SequenceClassifier } from 'unrolled/models'
import { adam, clipByGlobalNorm } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import { differentiate } from 'unrolled/tensor'

const { watchAdding } = await compiledExample('lens-adding')
const names = { elman: 'tanh RNN', gru: 'GRU', lstm: 'LSTM' }
const engine = await createEngine()
const adding = []
for (const cell of ['elman', 'gru', 'lstm'])
  adding.push(await watchAdding({ cell, engine, log: (line) => console.log(line) }))
const named = (inspection, { cell }) => ({ ...inspection, title: names[cell] })
const batches = adding.map((story) => named(story.inspection, story))
const sequences = adding.map((story) => named(story.sequence, story))
const tanhAndLstm = [0, 2]
const pictures = {
  'lens-gradient-flow': drawGradientFlow(
    tanhAndLstm.map((k) => batches[k]),
    'Adding two of a hundred numbers: the gradient of the tanh RNN is gone after twenty steps, that of the LSTM reaches the first',
  ),
  'lens-training': drawTraining(
    tanhAndLstm.map((k) => ({ title: batches[k].title, readings: adding[k].readings })),
    'While they learn to add, the lens tells early which network will fail',
  ),
  'lens-gates': drawGates(
    batches.slice(2),
    'How the LSTM keeps two numbers over a hundred steps: most input gates are shut, most forget gates open',
  ),
  'lens-hidden-map': drawHiddenMap(
    [learnAgreement('lstm')],
    'An LSTM that has to say “was” or “were”: most units settle soon after “cats” and hold on to the end',
  ),
  'lens-influence': drawInfluence(
    sequences,
    'Short-term memory: the GRU and the LSTM remember the two marked numbers, the tanh RNN only the last few steps',
  ),
}
await engine.dispose()
await render(pictures)

/** Trains a classifier to say whether cat or cats were the first, after 2 to 18 other words, and looks at it reading a sentence. */
function learnAgreement(cell) {
  const sentence = 'the cats that ate all of the fish in the old kitchen yesterday evening'.split(' ')
  const others = [...new Set(sentence.slice(2)), 'dog', 'dogs', 'and', 'big', 'then', 'near']
  const words = ['the', 'cat', 'cats', ...others.filter((word) => word !== 'the')]
  const tokens = (text) => text.map((word) => words.indexOf(word))
  const random = new Random(`agreement`)
  const model = new SequenceClassifier({
    engine,
    random: random.split('model'),
    embedding: new Embedding(words.length, 12, { engine, random: random.split('embedding') }),
    layers: [{ cell, size: 24 }],
    initialization: 'orthogonal',
    classes: 2,
  })
  const draws = random.split('sentences')
  const example = () => {
    const filler = Array.from({ length: 2 + draws.integer(17) }, () => others[draws.integer(others.length)])
    const plural = draws.integer(2)
    return { text: tokens(['the', plural ? 'cats' : 'cat', ...filler]), plural }
  }
  const optimizer = adam()
  const parameters = model.parameters()
  let loss = 0
  for (let step = 0; step < 400; step++) {
    const batch = Array.from({ length: 32 }, example)
    const value = differentiate(engine, () =>
      crossEntropy(
        model.forward(batch.map(({ text }) => text)),
        engine.indices(batch.map(({ plural }) => plural)),
      ),
    )
    loss = 0.95 * loss + 0.05 * value
    const { scale } = clipByGlobalNorm(parameters, 1)
    optimizer.step(parameters, { learningRate: 0.005, gradientScale: scale })
    optimizer.zeroGradients(parameters)
  }
  console.log(`${cell}: loss ${loss.toFixed(4)} on was or were`)
  const read = (copies) => model.forward(Array(copies).fill(tokens(sentence)))
  return inspectSequence(model, read, { title: names[cell], steps: sentence, span: sentence.length - 2 })
}

/** An example as JavaScript, for versions of Node that do not run TypeScript. */
async function compiledExample(name) {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const options =
    '--ignoreConfig --noCheck --noResolve --target es2023 --module nodenext --rootDir examples --outDir dist-examples'
  const compiler = 'node_modules/typescript/bin/tsc'
  execFileSync(process.execPath, [compiler, ...options.split(' '), `examples/${name}.ts`], { cwd: root })
  return import(new URL(`../../dist-examples/${name}.js`, import.meta.url).href)
}

async function render(svgs) {
  const places = (process.env.PATH ?? '').split(delimiter)
  const found = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) =>
    places.map((place) => join(place, name)),
  )
  const executablePath = [process.env.UNROLLED_CHROMIUM, ...found].find((file) => file && existsSync(file))
  if (!executablePath) throw new Error('There is no Chromium on PATH; UNROLLED_CHROMIUM can name one.')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  const page = await browser.newPage({ deviceScaleFactor: 2 })
  for (const [name, svg] of Object.entries(svgs)) {
    await page.setContent(`<body style="margin:0">${svg}</body>`)
    await page.locator('svg').screenshot({ path: fileURLToPath(new URL(`${name}.png`, import.meta.url)) })
  }
  await browser.close()
}
