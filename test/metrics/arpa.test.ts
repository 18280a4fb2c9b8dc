import { expect, it } from 'vitest'
import { arpaLines, NgramModel } from '../../src/metrics/index.js'
import { Random } from '../../src/random/index.js'

const words = ['<unk>', '</s>', 'a', 'b', 'c', 'd']
const random = new Random(4)
const text = [1, ...Array.from({ length: 300 }, (_, i) => (i % 6 === 5 ? 1 : 2 + random.integer(3)))]

interface Arpa {
  readonly counts: Map<number, number>
  readonly grams: Map<string, { logProb: number; backoff: number }>
}

/** What the format's description says, as other programs read it. */
function parse(lines: readonly string[]): Arpa {
  const arpa: Arpa = { counts: new Map(), grams: new Map() }
  expect(lines[0]).toBe('\\data\\')
  expect(lines.at(-1)).toBe('\\end\\')
  let length = 0
  const found = new Map<number, number>()
  for (const line of lines) {
    const count = /^ngram (\d+)=(\d+)$/.exec(line)
    if (count) arpa.counts.set(Number(count[1]), Number(count[2]))
    length = Number(/^\\(\d+)-grams:$/.exec(line)?.[1] ?? length)
    const [logProb, gram, backoff = '0'] = line.split('\t')
    if (gram === undefined) continue
    expect(gram.split(' ')).toHaveLength(length)
    found.set(length, (found.get(length) ?? 0) + 1)
    arpa.grams.set(gram, { logProb: Number(logProb), backoff: Number(backoff) })
  }
  expect(found).toEqual(arpa.counts)
  return arpa
}

/** log10 P by backing off, as Katz wrote it. */
function logProbOf({ grams }: Arpa, context: readonly string[], word: string): number {
  const known = grams.get([...context, word].join(' '))
  if (known) return known.logProb
  return (
    (grams.get(context.join(' '))?.backoff ?? 0) +
    logProbOf({ grams, counts: new Map() }, context.slice(1), word)
  )
}

const kinds = (['wittenBell', 'kneserNey'] as const).flatMap((smoothing) =>
  [1, 2, 3].map((order) => ({ smoothing, order })),
)

it.each(kinds)('order $order, $smoothing: gives sentences the probabilities of the model', (kind) => {
  const { order } = kind
  const model = NgramModel.of(text, { size: words.length, ...kind })
  const arpa = parse([...arpaLines(model, { name: (token) => words[token], end: 1 })])
  for (let sentence = 0; sentence < 30; sentence++) {
    const tokens = [...Array.from({ length: 5 }, () => [0, 2, 3, 4, 5][random.integer(5)]), 1]
    const expected = model.logProbs(tokens, [1])
    const names = ['<s>', ...tokens.map((token) => words[token])]
    for (const [i, logProb] of expected.entries()) {
      const context = order === 1 ? [] : names.slice(0, i + 1).slice(1 - order)
      expect(logProbOf(arpa, context, names[i + 1])).toBeCloseTo(logProb / Math.LN10, 5)
    }
  }
})
