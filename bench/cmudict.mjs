// Pronunciation: node bench/cmudict.mjs [--data ../shared/data] [--out runs/cmudict] [--seed 1] [--json]
// Letters to phonemes of the CMU dictionary without stress. A tenth of the words, drawn by the seed, is held out for the test and a
// fiftieth for validation; all pronunciations of a word stay together. Trains by the command line (unless the seed's model is there already)
// and prints the word error rate: the share of unseen words whose best output is none of their pronunciations.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { load } from 'unrolled'
import { wordErrorRate } from 'unrolled/metrics'
import { Random } from 'unrolled/random'

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string', default: 'runs/cmudict' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})

/** Word → its pronunciations, without stress marks and without doubles. */
function dictionary(file) {
  const words = new Map()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [head, ...phonemes] = line.split('#')[0].trim().split(/\s+/)
    if (!head) continue
    const word = head.replace(/\(\d+\)$/, '')
    const spoken = phonemes.map((phoneme) => phoneme.replace(/\d/, '')).join(' ')
    words.set(word, (words.get(word) ?? new Set()).add(spoken))
  }
  return words
}

const dictionaryFile = join(options.data, 'cmudict', 'cmudict.dict')
const words = dictionary(dictionaryFile)
const order = [...words.keys()].sort()
new Random(Number(options.seed)).split('cmudict').shuffle(order)
const tenth = Math.round(order.length / 10)
const fiftieth = Math.round(order.length / 50)
const parts = {
  test: order.slice(0, tenth),
  valid: order.slice(tenth, tenth + fiftieth),
  train: order.slice(tenth + fiftieth),
}

// the split depends on the seed: a model of another one has learned some of these test words
const run = join(options.out, `seed-${options.seed}`)
const folder = join(run, 'data')
mkdirSync(folder, { recursive: true })
for (const [part, chosen] of Object.entries(parts)) {
  const rows = chosen.flatMap((word) => [...words.get(word)].map((spoken) => `${word}\t${spoken}\n`))
  writeFileSync(join(folder, `${part}.tsv`), rows.join(''))
}

const model = join(run, 'model')
if (!existsSync(join(model, 'model.safetensors'))) {
  const settings = [
    'text.source=characters',
    'text.target=words',
    'text.boundaries=blanks',
    'text.minimumCount=1',
  ]
  const network = ['model.embeddingSize=64', 'model.dropout=0.2', 'scores.headline=exactMatch']
  const training = ['train.batchSize=128', 'train.epochs=6', 'train.labelSmoothing=0.1']
  const command = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
  const given = ['--data', folder, '--out', model, '--seed', options.seed]
  const set = ['--set', ...settings, ...network, ...training]
  const { status } = spawnSync(process.execPath, [command, 'train', 'translate', ...given, ...set], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

const speaker = await load(model)
const best = speaker.predict(parts.test).map(([{ text }]) => text)
const greedy = speaker.predict(parts.test, { width: 1 }).map(([{ text }]) => text)
const references = parts.test.map((word) => [...words.get(word)])
const wrong = (texts) => texts.filter((text, i) => !references[i].includes(text)).length / texts.length
const result = {
  words: parts.test.length,
  seed: Number(options.seed),
  wer: wrong(best),
  werGreedy: wrong(greedy),
  per: wordErrorRate(references, best).rate,
}
console.log(
  options.json
    ? JSON.stringify(result)
    : `${result.words} unseen words: WER ${(100 * result.wer).toFixed(1)} % (greedy ${(100 * result.werGreedy).toFixed(1)} %), phonemes ${(100 * result.per).toFixed(1)} %`,
)
await speaker.engine.dispose()
