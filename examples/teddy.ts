// "Teddy bears are on sale" or "Teddy Roosevelt was a president"? Whether Teddy is a name, only the next word says.
import { Embedding } from 'unrolled/layers'
import { crossEntropy } from 'unrolled/losses'
import { Random } from 'unrolled/random'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'
import { SequenceModel } from './kit/sequence-model.js'

const openings = ['he said', 'she wrote that', 'they say', 'we heard that', 'my father told us', 'look']
const adverbs = ['', 'yesterday', 'today', 'in the shop', 'at school', 'once again']
const names = ['roosevelt', 'kennedy', 'sheringham', 'wilson', 'bridgewater']
const things = ['bears', 'toys', 'coats', 'boys', 'jackets']
const nameEndings = ['was a great president', 'went home', 'played very well', 'is coming to town']
const thingEndings = ['are on sale', 'were very soft', 'sit on the bed', 'are coming to town']

interface Sentence {
  readonly words: readonly string[]
  readonly tags: readonly number[]
}

/** A sentence with Teddy in one of its meanings, and for each word 1 if it is part of a name. */
function sentence(isName: boolean, random: Random): Sentence {
  const pick = (list: readonly string[]) => list[random.integer(list.length)].split(' ').filter(Boolean)
  const before = [...pick(openings), ...pick(adverbs)]
  const words = [
    ...before,
    'teddy',
    ...pick(isName ? names : things),
    ...pick(isName ? nameEndings : thingEndings),
  ]
  const tags = words.map((_, k) => Number(isName && (k === before.length || k === before.length + 1)))
  return { words, tags }
}

const vocabulary = [
  ...new Set(
    [openings, adverbs, names, things, nameEndings, thingEndings, ['teddy']]
      .flat()
      .flatMap((text) => text.split(' ')),
  ),
]

/** Trains a tagger; gives its accuracy on the word Teddy and on all words. */
function learnTagging(bidirectional: boolean, { engine, seed, short, log }: Given) {
  const random = new Random(seed)
  const model = new SequenceModel({
    engine,
    random: random.split('model'),
    input: new Embedding(vocabulary.length, 16, { engine, random: random.split('embedding') }),
    outputs: 2,
    layers: [{ cell: 'gru', size: 16 }],
    bidirectional,
  })
  const batchOf = (count: number, draws: Random) =>
    Array.from({ length: count }, () => sentence(draws.integer(2) === 1, draws))
  const forward = (batch: readonly Sentence[]) =>
    model.forward(batch.map(({ words }) => words.map((word) => vocabulary.indexOf(word))))
  learn({
    model,
    steps: short ? 100 : 400,
    learningRate: 0.01,
    loss: (step) => {
      const batch = batchOf(32, random.split('batch').split(step))
      const { outputs, layout } = forward(batch)
      return crossEntropy(outputs, engine.indices(layout.arrange(batch.map(({ tags }) => tags))))
    },
    check: (step, loss) =>
      log(`${bidirectional ? 'both directions' : 'forward'}, step ${step}: loss ${loss.toFixed(4)}`),
  })
  // The same beginning with both meanings: equal random streams choose equal openings.
  const test = Array.from({ length: 300 }, (_, k) =>
    [true, false].map((isName) => sentence(isName, random.split('test').split(k))),
  ).flat()
  return engine.scope(() => {
    const { outputs, layout } = forward(test)
    const scores = outputs.data
    const right = { teddy: 0, words: 0 }
    layout.forEachRow((row, position, step) => {
      const { words, tags } = test[layout.order[position]]
      if (Number(scores[2 * row + 1] > scores[2 * row]) !== tags[step]) return
      right.words++
      if (words[step] === 'teddy') right.teddy++
    })
    return { teddy: right.teddy / test.length, words: right.words / layout.rows }
  })
}

export const example: Example = {
  name: 'teddy',
  shows: 'A forward tagger has to guess at Teddy; a bidirectional one knows the word after it.',
  run: async (given) => {
    const forward = learnTagging(false, given)
    const both = learnTagging(true, given)
    given.log(`all words: forward ${forward.words.toFixed(4)}, both directions ${both.words.toFixed(4)}`)
    return [
      { name: 'Teddy, forward: a guess', value: forward.teddy, bar: 0.51, better: 'lower', floor: 0.5 },
      { name: 'Teddy, both directions', value: both.teddy, bar: 1, better: 'higher', floor: 0.5 },
      { name: 'all words, both directions', value: both.words, bar: 1, better: 'higher', floor: 0.5 },
    ]
  },
}
await runAlone(example, import.meta.url)
