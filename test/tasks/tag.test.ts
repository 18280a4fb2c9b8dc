import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DataError, UsageError } from '../../src/errors.js'
import { type Engine, type TaggedRow, type Tagger, train } from '../../src/index.js'
import { TagLookup } from '../../src/tasks/tag-lookup.js'
import { tagLine, tagReport } from '../../src/tasks/tag-report.js'
import { openEngine } from '../tensor/engines.js'
import { plainRows, slotRows, small } from './tag-rows.js'

let engine: Engine
let model: Tagger
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  model = await train({ task: 'tag', data: slotRows, engine, ...small })
})
afterAll(() => engine.dispose())

async function trained(options: object, data: readonly TaggedRow[] = slotRows): Promise<Tagger> {
  return train({ task: 'tag', data, engine, ...small, ...options })
}

/** The weights of a training of two epochs. */
async function weightsOf(options: object): Promise<number[][]> {
  const tagger = await trained({ train: { epochs: 2 }, ...options })
  const weights = Object.values(tagger.parameters()).map(({ data }) => [...data])
  tagger.dispose()
  return weights
}

describe('predict', () => {
  it('finds spans with their places and confidences, and the label', () => {
    const text = 'a flight from  Oslo to New York on Sunday'
    const { spans, labels } = model.predict(text)
    expect(spans.map(({ type, text: words }) => [type, words])).toEqual([
      ['from', 'Oslo'],
      ['to', 'New York'],
      ['day', 'on Sunday'],
    ])
    for (const { start, end, text: words, score } of spans) {
      expect(text.slice(start, end)).toBe(words)
      expect(score).toBeGreaterThan(0.3)
      expect(score).toBeLessThanOrEqual(1)
    }
    expect(labels.map(({ label }) => label)).toEqual(['flight', 'weather'])
    expect(labels.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 12)
  })

  it('gives a list for a list, each as if it had come alone', () => {
    const texts = slotRows.map((row) => ('text' in row ? row.text : '')).concat('rain', 'from Rome to Lima')
    expect(model.predict(texts)).toEqual(texts.map((text) => model.predict(text)))
    expect(model.predict([])).toEqual([])
  })

  it('takes unknown words, signs and a megabyte; refuses empty texts', () => {
    for (const text of ['qwertz', '?!', '\u200b', '雨が降る', 'x'.repeat(1_000_000)])
      expect(model.predict(text).labels).toHaveLength(2)
    expect(() => model.predict(' ')).toThrow(UsageError)
    expect(() => model.predict(['rain', ''])).toThrow('text 2 of 2 is empty')
    expect(() => model.predict(5 as never)).toThrow('expected a text or a list of texts, got 5')
    expect(() => model.predict(['a', 5] as never)).toThrow('text 2 of 2 is no text (5)')
  })

  it('never gives tags that are no spans', async () => {
    const hasty = await trained({ train: { epochs: 1 }, model: { ...small.model, crf: false } })
    for (const { spans } of hasty.predict(plainRows.map((row) => ('text' in row ? row.text : ''))))
      for (const [i, { tokens }] of spans.entries())
        expect(tokens[0]).toBeGreaterThanOrEqual(spans[i - 1]?.tokens[1] ?? 0)
    hasty.dispose()
  })

  it('answers as plain JSON, which the line shows', () => {
    const answer = model.answer('will it rain in Hong Kong today')
    expect(answer).toMatchObject({
      label: 'weather',
      spans: [
        { type: 'place', text: 'Hong Kong', start: 16, end: 25 },
        { type: 'day', text: 'today', start: 26, end: 31 },
      ],
    })
    expect(tagLine(answer)).toMatch(
      /^weather [\d.]+ %: will it rain in \[Hong Kong\]\(place [\d.]+ %\) \[today\]\(day [\d.]+ %\)$/,
    )
  })
})

describe('stream', () => {
  it('says after every word what predict says for the text so far, bit for bit', async () => {
    const forward = await trained({ model: { ...small.model, bidirectional: false } })
    const stream = forward.stream()
    const words = ['a', 'flight', 'from', 'Hong', 'Kong', 'to', 'Rome']
    for (const [index, word] of words.entries()) {
      stream.push(word).push(' ')
      expect(stream.predict()).toEqual(forward.predict(words.slice(0, index + 1).join(' ')))
    }
    const { spans } = stream.predict({ lookAhead: 1 })
    expect(spans).toEqual(forward.predict(stream.text).spans.filter(({ end }) => end < stream.text.length))
    const snapshot = stream.snapshot()
    const fork = stream.fork().push('today')
    expect(fork.end()).toEqual(forward.predict(`${stream.text} today`))
    stream.push('on Monday')
    stream.restore(snapshot)
    expect(stream.words).toBe(7)
    expect(stream.end()).toEqual(forward.predict(words.join(' ')))
    expect(() => stream.push('more')).toThrow(UsageError)
    forward.dispose()
  })

  it('is refused by a bidirectional model, which says why', () => {
    expect(() => model.stream()).toThrow(/bidirectional model cannot stream/)
  })
})

describe('inspect', () => {
  it('shows the layers that read the words, step by word', () => {
    const { steps, layers, influence } = model.inspect('the weather of Lima')
    expect(steps).toEqual(['the', 'weather', 'of', 'Lima'])
    expect(layers.map(({ name }) => name)).toEqual(['l0', 'l0_reverse'])
    expect(influence?.values).toHaveLength(4)
  })
})

describe('training', () => {
  it('gives the same bits for the same seed, and others for another', async () => {
    const weights = await weightsOf({ seed: 5 })
    expect(await weightsOf({ seed: 5 })).toEqual(weights)
    expect(await weightsOf({ seed: 6 })).not.toEqual(weights)
  })

  it.each([
    ['the cell gru', { cell: 'gru' }],
    ['the cell elman', { cell: 'elman' }],
    ['a softmax', { crf: false }],
    ['BIOES tags', { scheme: 'bioes' }],
    ['no spellings', { characterSize: 0 }],
    ['spellings read by a convolution', { characterReader: 'convolution' }],
    ['two layers', { layers: 2 }],
    ['attention', { pooling: 'attention' }],
  ])('learns with %s', async (_, settings) => {
    const tagger = await trained({ model: { ...small.model, ...settings } })
    const { scores } = tagger.evaluate(slotRows)
    expect(scores.f1).toBeGreaterThan(0.9)
    expect(scores.intentAccuracy).toBeGreaterThan(0.9)
    tagger.dispose()
  })

  it('learns spans alone where texts have no labels, from tokens with tags too', async () => {
    const data = plainRows.map((row, number): TaggedRow => {
      if (number % 2 === 0 || !('text' in row)) return row
      return { tokens: ['go', 'to', 'Rome'], tags: ['O', 'O', 'B-to'] }
    })
    const tagger = await trained({}, data)
    expect(tagger.predict('fly me to Lima')).toMatchObject({ labels: [] })
    const { scores, baselines } = tagger.evaluate(data)
    expect(scores.f1).toBeGreaterThan(0.9)
    expect(Object.keys(scores)).not.toContain('intentAccuracy')
    expect(Object.keys(baselines)).toEqual(['lookup'])
    tagger.dispose()
  })

  it('cuts new texts as the tokens of the data are cut', async () => {
    const tokens = ['flight', 'UA-12/b', 'to', 'Rome']
    const data = Array.from({ length: 20 }, () => ({ tokens, tags: ['O', 'B-code', 'O', 'B-to'] }))
    const blanks = await trained({ train: { epochs: 1 } }, data)
    expect(blanks.settings.text.boundaries).toBe('blanks')
    expect(model.settings.text.boundaries).toBe('unicode')
    expect(blanks.reader.cut('take UA-12/b').tokens).toEqual(['take', 'UA-12/b'])
    blanks.dispose()
  })

  it.each([
    ['no spans', [{ text: 'a', spans: [] }], 'expected training rows with spans, found none'],
    ['an empty text', [...slotRows, { text: '', spans: [] }], 'rows[80]: expected a text'],
    ['no spans key', [...slotRows, { text: 'a' }], 'rows[80]: expected spans'],
    [
      'a span outside',
      [...slotRows, { text: 'ab', spans: [{ type: 'x', start: 1, end: 3 }] }],
      'rows[80]: expected spans { type, start, end } inside the text',
    ],
    ['too few tags', [...slotRows, { tokens: ['a', 'b'], tags: ['O'] }], 'expected 2 tags'],
    ['no tag', [...slotRows, { tokens: ['a'], tags: ['X'] }], 'expected a tag such as'],
    ['a blank in a token', [...slotRows, { tokens: ['a b'], tags: ['O'] }], 'tokens without blanks'],
    ['one label', plainRows.map((row) => ({ ...row, label: 'x' })), 'at least two labels'],
    ['an empty label', [...slotRows, { text: 'a', spans: [], label: '' }], 'expected a label'],
    ['something else', { rows: [] }, 'expected a list of { text, spans }'],
  ])('refuses %s', async (_, data, message) => {
    const attempt = train({ task: 'tag', data: data as never, engine })
    await expect(attempt).rejects.toThrow(DataError)
    await expect(attempt).rejects.toThrow(message)
  })

  it('releases everything when a model is disposed of', async () => {
    const before = engine.bytesInUse
    const tagger = await trained({ train: { epochs: 1 } })
    tagger.dispose()
    expect(engine.bytesInUse).toBe(before)
  })
})

describe('evaluate', () => {
  it('puts baselines beside the scores, in total and by type', () => {
    const { rows, scores, baselines, details } = model.evaluate(slotRows)
    expect(rows).toBe(80)
    expect(scores.f1).toBeGreaterThan(0.95)
    expect(scores.sentenceAccuracy).toBeGreaterThan(0.9)
    expect(baselines.majorityIntent).toBe(0.5)
    expect(baselines.lookup).toBeLessThan(scores.f1)
    expect((details.types as { type: string }[]).map(({ type }) => type)).toEqual([
      'day',
      'from',
      'place',
      'to',
    ])
    const report = tagReport(model.evaluate(slotRows))
    expect(report).toMatch(/this model +[\d.]+ % +[\d.]+ %/)
    expect(report).toMatch(/By type[\s\S]*place +[\d.]+ %[\s\S]*By label/)
  })

  it('counts types it never learned as missed and names them', () => {
    const row = { text: 'a flight to Oslo', spans: [{ type: 'city', start: 12, end: 16 }], label: 'flight' }
    const { scores, details } = model.evaluate([row])
    expect(scores).toMatchObject({ f1: 0, recall: 0, tokenAccuracy: 0.75, sentenceAccuracy: 0 })
    expect(details.unknownTypes).toEqual(['city'])
    expect(() => model.evaluate([])).toThrow(UsageError)
  })
})

describe('the lookup baseline', () => {
  it('gives each word its most frequent tag, in any case of letters', () => {
    const lookup = TagLookup.of([
      { tokens: ['New', 'York', 'to', 'may'], tags: ['B-city', 'I-city', 'O', 'B-month'] },
      { tokens: ['may', 'new'], tags: ['O', 'B-city'] },
      { tokens: ['may'], tags: ['O'] },
    ])
    expect(lookup.spans(['new', 'york', 'may', 'be'])).toEqual([{ type: 'city', start: 0, end: 2 }])
  })
})
