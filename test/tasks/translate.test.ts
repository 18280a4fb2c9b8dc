import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DataError, FormatError, UsageError } from '../../src/errors.js'
import type { JsonObject } from '../../src/formats/index.js'
import { type Engine, restoreModel, type Translator, train } from '../../src/index.js'
import {
  drawAll,
  drawAttention,
  drawFigure,
  renderAttention,
  renderHtml,
  renderTerminal,
} from '../../src/inspect/index.js'
import { scoresByLength } from '../../src/metrics/index.js'
import { expectSound } from '../inspect/sound.js'
import { openEngine } from '../tensor/engines.js'
import { datePairs, reversedPairs, smallTranslator as small } from './pairs.js'

let engine: Engine
let model: Translator
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  model = await train({ task: 'translate', data: reversedPairs, engine, ...small })
})
afterAll(() => engine.dispose())

const sources = reversedPairs.slice(0, 40).map(({ source }) => source)

async function trained(options: object, epochs = 2): Promise<Translator> {
  const settings = { ...small, ...options, train: { ...small.train, epochs } }
  return train({ task: 'translate', data: reversedPairs, engine, ...settings })
}

describe('predict', () => {
  it('writes the words from their ends, and looks at the letter that it writes', () => {
    let looked = 0
    let letters = 0
    for (const { source, target } of reversedPairs) {
      const [{ text, attention }] = model.predict(source)
      expect(text).toBe(target)
      expect(attention?.source).toEqual([...source, '</s>'])
      expect(attention?.target).toEqual([...target, '</s>'])
      for (const [place, row] of attention?.weights.slice(0, -1).entries() ?? []) {
        letters++
        if (row.indexOf(Math.max(...row)) === source.length - 1 - place) looked++
      }
    }
    expect(looked / letters).toBeGreaterThan(0.8)
  })

  it('gives a list for a list, each as if it had come alone', () => {
    expect(model.predict(sources)).toEqual(sources.map((source) => model.predict(source)))
    expect(model.predict([])).toEqual([])
  })

  it('gives the n best, the best first, and obeys width, prefix, lengths and banned words', () => {
    const best = model.predict('abc', { best: 3, width: 4 })
    expect(best.map(({ score }) => score)).toEqual(best.map(({ score }) => score).sort((a, b) => b - a))
    expect(best).toHaveLength(3)
    expect(new Set(best.map(({ text }) => text)).size).toBe(3)
    expect(model.predict('abc', { width: 1 })[0].text).toBe('cba')
    expect(model.predict('abc', { prefix: 'dd' })[0].text).toMatch(/^dd/)
    expect(model.predict('abc', { minimumLength: 6 })[0].text).toHaveLength(6)
    expect(model.predict('abcd', { maximumLength: 2 })[0].text).toHaveLength(2)
    expect(model.predict('abc', { banned: ['b'] })[0].text).not.toContain('b')
    expect(model.predict('aab', { noRepeatNgram: 1 })[0].text).not.toMatch(/a.*a/)
  })

  it('leaves out what was read where that is not wanted, and changes nothing else', () => {
    const full = model.predict(sources, { best: 2 })
    const bare = model.predict(sources, { best: 2, attention: false })
    expect(bare).toEqual(full.map((list) => list.map(({ attention: _, ...rest }) => rest)))
    for (const list of full) for (const { attention } of list) expect(attention).toBeDefined()
    const penalty = { coveragePenalty: 0.3, attention: false }
    expect(model.predict(sources, penalty)[0][0]).not.toHaveProperty('attention')
  })

  it('cuts each source into tokens once', () => {
    const encode = vi.spyOn(model.tokens.source.tokenizer, 'encode')
    model.predict(sources, { best: 5 })
    expect(encode).toHaveBeenCalledTimes(sources.length)
    encode.mockRestore()
  })

  it('bans texts, not their signs', () => {
    for (const sample of [undefined, { temperature: 2 }])
      for (const source of sources) {
        const options = { banned: ['cb', 'da'], best: 5, ...(sample && { sample }) }
        for (const { text } of model.predict(source, options)) expect(text).not.toMatch(/cb|da/)
      }
    expect(model.predict('abc', { banned: ['bc', 'dd'] })[0].text).toBe('cba')
    expect(model.predict('abc', { banned: ['cb'] })[0].text).toMatch(/[cb]/)
  })

  it('refuses tokens that it does not know in a prefix and in what is banned, and names them', () => {
    const unknown = 'expected tokens that the model can write, got "q", "☃" in "dq☃q"'
    for (const [options, message] of [
      [{ prefix: 'dq☃q' }, `prefix: ${unknown}`],
      [{ banned: ['a', 'dq☃q'] }, `banned: ${unknown}`],
      [{ banned: [''] }, 'banned: expected words, got an empty text'],
      [{ best: 10_001 }, 'got best 10001; expected at most 10000 of each text'],
      [{ best: 5_000_000_000, sample: {} }, 'expected at most 10000'],
    ] as const) {
      expect(() => model.predict('abc', options)).toThrow(UsageError)
      expect(() => model.predict('abc', options)).toThrow(message)
    }
    expect(model.predict('abc', { prefix: '' })).toEqual(model.predict('abc'))
  })

  it('refuses a coverage penalty without attention', async () => {
    const plain = await trained({ model: { ...small.model, attention: 'none' } }, 1)
    for (const run of [
      () => plain.predict('abc', { coveragePenalty: 0.2 }),
      () => plain.score(reversedPairs, { coveragePenalty: 0.2 }),
    ]) {
      expect(run).toThrow(UsageError)
      expect(run).toThrow('coveragePenalty 0.2 for a model without attention')
    }
    plain.dispose()
  })

  it('answers unknown signs and long texts; refuses empty ones and wrong options', () => {
    for (const text of ['xyz', '雨', 'x'.repeat(100_000)])
      expect(typeof model.predict(text)[0].text).toBe('string')
    expect(() => model.predict(' ')).toThrow(UsageError)
    expect(() => model.predict(['ab', ''])).toThrow('text 2 of 2 is empty')
    expect(() => model.predict(5 as never)).toThrow('expected a text or a list of texts, got 5')
    expect(() => model.predict(['a', 5] as never)).toThrow('text 2 of 2 is no text (5)')
    for (const rows of [[{ source: 'ab' }], [null], 5, []]) {
      expect(() => model.evaluate(rows as never)).toThrow(UsageError)
      expect(() => model.outputs(rows as never)).toThrow(UsageError)
    }
    expect(() => model.evaluate([{ source: 'ab' }] as never)).toThrow('the target of row 1 of 1 is no text')
    expect(() => model.predict('ab', { width: 0 })).toThrow('width')
  })

  it('draws what it looked at', () => {
    const [{ attention }] = model.predict('abc')
    if (!attention) throw new Error('expected attention')
    const text = renderAttention(attention)
    expect(text.split('\n')).toHaveLength(5)
    expect(text).toMatch(/c │.*█.*│ c/)
    expect(drawAttention(attention).match(/<rect/g)).toHaveLength(1 + 4 * 4)
  })
})

describe('evaluate', () => {
  it('puts simple rules beside the scores', () => {
    const { rows, scores, baselines, details } = model.evaluate(reversedPairs)
    expect(rows).toBe(120)
    expect(scores.exactMatch).toBe(1)
    expect(scores.chrf).toBeCloseTo(100)
    expect(Object.keys(scores)[0]).toBe('exactMatch')
    const same = reversedPairs.filter(({ source, target }) => source === target).length
    expect(baselines.copy).toBeCloseTo(same / 120)
    expect(details.signature).toMatch(/^nrefs:1/)
    expect(() => model.evaluate([])).toThrow(UsageError)
  })

  it('gives its outputs with the lengths of the sources and scores that fit', () => {
    const { lengths, unit, targets, written, metrics } = model.outputs(reversedPairs)
    expect(unit).toBe('characters')
    expect(lengths).toEqual(reversedPairs.map(({ source }) => source.length))
    expect(written).toEqual(targets)
    expect(Object.keys(metrics)).toEqual(['exactMatch', 'bleu', 'chrf', 'wer', 'cer'])
    const bins = scoresByLength(metrics.exactMatch, lengths, targets, written)
    expect(bins.map(({ from, rows, score }) => [from, rows, score])).toEqual(
      [2, 3, 4].map((from) => [from, 40, 100]),
    )
    expect(() => model.outputs([])).toThrow(UsageError)
  })

  it('compares sentences by words, whatever the blanks', async () => {
    const data = { train: [{ source: 'Guten Tag, Anna!', target: 'Good day, Anna!' }] }
    const settings = { text: { source: 'words', target: 'words' }, scores: { headline: 'bleu' } } as const
    const learned = await train({
      ...{ task: 'translate', data, engine, ...small, ...settings },
      train: { ...small.train, epochs: 60 },
    })
    expect(learned.predict('Guten Tag, Anna!')[0].text).toBe('Good day, Anna!')
    expect(learned.evaluate(data.train).scores).toMatchObject({ exactMatch: 1, bleu: expect.closeTo(100) })
    expect(learned.evaluate(data.train).baselines.mostFrequent).toBeCloseTo(100)
    learned.dispose()
  })
})

describe('the settings', () => {
  const choices: Record<string, object> = {
    'no attention': { model: { ...small.model, attention: 'none' } },
    'additive attention': { model: { ...small.model, attention: 'additive' } },
    'dot attention': { model: { ...small.model, attention: 'dot', bidirectional: false } },
    'input feeding': { model: { ...small.model, inputFeeding: true } },
    coverage: { model: { ...small.model, attention: 'additive', coverage: true } },
    'two layers of LSTM': { model: { ...small.model, cell: 'lstm', layers: 2 } },
    'a shared vocabulary': { text: { shared: true } },
    pieces: { text: { source: 'pieces', target: 'pieces', pieces: 270 } },
    'one direction': { model: { ...small.model, bidirectional: false } },
  }
  it.each(Object.entries(choices))('learns with %s, is stored and restored', async (_, options) => {
    const learned = await trained(options, 30)
    expect(learned.evaluate(reversedPairs).scores.exactMatch).toBeGreaterThan(0.65)
    const stored = { ...learned.store(), metrics: {} }
    const restored = (await restoreModel(engine, stored, 'there')) as Translator
    expect(restored.predict(sources)).toEqual(learned.predict(sources))
    for (const each of [learned, restored]) each.dispose()
  })

  it('looks at the text alone where sources have no end of their own', async () => {
    const learned = await trained({ text: { sourceEnd: false } }, 30)
    const [{ text, attention }] = learned.predict('abc')
    if (!attention) throw new Error('expected attention')
    expect(text).toBe('cba')
    expect(attention.source).toEqual(['a', 'b', 'c'])
    for (const row of attention.weights) expect(row.reduce((sum, weight) => sum + weight)).toBeCloseTo(1)
    expect(renderAttention(attention).split('\n')[0].trim()).toBe('abc')
    const restored = await restoreModel(engine, { ...learned.store(), metrics: {} }, 'there')
    expect((restored as Translator).predict(sources)).toEqual(learned.predict(sources))
    for (const each of [learned, restored as Translator]) each.dispose()
  })

  it('reads a text in which there are no words', async () => {
    const text = { source: 'words', target: 'words', sourceEnd: false } as const
    const names = [{ source: 'ich bin Anna', target: 'I am Anna' }]
    const learned = await train({ task: 'translate', data: { train: names }, engine, ...small, text })
    expect(learned.predict('\u200b')[0].attention?.source).toEqual(['</s>'])
    learned.dispose()
  })

  it('reads its own tokens with scheduled sampling', async () => {
    const plain = await trained({}, 3)
    const sampled = await train({
      ...{ task: 'translate', data: reversedPairs, engine, ...small },
      train: { ...small.train, epochs: 3, scheduledSampling: 1 },
    })
    expect([...sampled.parameters()['head.weight'].data]).not.toEqual([
      ...plain.parameters()['head.weight'].data,
    ])
    for (const each of [plain, sampled]) each.dispose()
  })

  it('writes the unknown words of the source where attention points at them', async () => {
    const names = Array.from({ length: 40 }, (_, i) => ({
      source: `ich bin Name${i}`,
      target: `I am Name${i}`,
    }))
    const text = { source: 'words', target: 'words', minimumCount: 2 } as const
    const settings = { ...small, text, train: { ...small.train, epochs: 40 } }
    const learned = await train({ task: 'translate', data: { train: names }, engine, ...settings })
    expect(learned.predict('ich bin Zoe')[0].text).toBe('I am Zoe')
    expect(learned.predict('ich bin Zoe', { attention: false })[0].text).toBe('I am Zoe')
    expect(learned.predict('ich bin Zoe', { banned: ['I am'] })[0].text).not.toMatch(/^I am/)
    expect(() => learned.predict('ich bin Zoe', { prefix: 'I am Max' })).toThrow(
      'prefix: expected tokens that the model can write, got "Max" in "I am Max"',
    )
    learned.dispose()
  })

  it('bans words of pieces at the beginning and behind a blank', async () => {
    const number = ['one', 'two', 'three', 'four', 'five']
    const pairs = number.flatMap((a, i) =>
      number.map((b, j) => ({ source: `${i} ${j}`, target: `${a} ${b}` })),
    )
    const text = { source: 'characters', target: 'pieces', pieces: 290 } as const
    const settings = { ...small, text, train: { ...small.train, epochs: 1 } }
    const learned = await train({ task: 'translate', data: { train: pairs }, engine, ...settings })
    const { tokenizer } = learned.tokens.target
    expect(tokenizer.encode('three').ids).not.toEqual(tokenizer.encode(' three').ids.subarray(1))
    const scored = learned.score(pairs, { banned: ['three'] })
    for (const [place, { target }] of pairs.entries())
      expect(scored[place].forbiddenBy, target).toBe(target.includes('three') ? 'banned' : undefined)
    learned.dispose()
  })

  it.each<[object, string]>([
    [{ model: { attention: 'none', coverage: true } }, 'model.coverage: expected model.attention=additive'],
    [
      { model: { coverage: true } },
      'model.coverage: expected model.attention=additive, which has a place for it, got general',
    ],
    [
      { model: { attention: 'none', inputFeeding: true } },
      'model.inputFeeding: expected a kind of model.attention',
    ],
    [{ model: { attention: 'dot' } }, 'model.attention: expected another kind, or model.bidirectional=false'],
    [
      { model: { attention: 'none' }, decode: { coveragePenalty: 0.2 } },
      'decode.coveragePenalty: expected a kind of model.attention',
    ],
  ])('refuses %j', async (options, message) => {
    const attempt = train({ task: 'translate', data: reversedPairs, engine, ...options })
    await expect(attempt).rejects.toThrow(UsageError)
    await expect(attempt).rejects.toThrow(message)
  })

  it('gives the same bits for the same seed, and others for another one', async () => {
    const weights = async (seed: number) => {
      const learned = await trained({ seed }, 1)
      const values = Object.values(learned.parameters()).map(({ data }) => [...data])
      learned.dispose()
      return values
    }
    const first = await weights(4)
    expect(await weights(4)).toEqual(first)
    expect(await weights(5)).not.toEqual(first)
  })
})

it('learns dates, mostly', async () => {
  const settings = { model: { hiddenSize: 48 }, train: { epochs: 60, learningRate: 0.01, labelSmoothing: 0 } }
  const learned = await train({ task: 'translate', data: datePairs, engine, ...settings })
  expect(learned.evaluate(datePairs).scores.exactMatch).toBeGreaterThan(0.9)
  learned.dispose()
}, 60_000)

describe('restoreModel', () => {
  it('builds the model that was stored', async () => {
    const restored = (await restoreModel(engine, { ...model.store(), metrics: {} }, 'there')) as Translator
    expect(restored.predict(sources)).toEqual(model.predict(sources))
    expect(restored.evaluate(reversedPairs)).toEqual(model.evaluate(reversedPairs))
    restored.dispose()
  })

  it.each<[string, JsonObject, string]>([
    ['unknown settings', { settings: { model: { wings: 2 } } }, 'unknown setting'],
    ['no tokenizers', { tokenizers: {} }, 'expected the object of a tokenizer'],
    ['no baselines', { baselines: {} }, 'baselines.mostFrequent'],
    ['an attention that does not fit', { settings: { model: { attention: 'dot' } } }, 'DotAttention'],
  ])('refuses %s', async (_, config, message) => {
    const stored = model.store()
    const changed = { ...stored, metrics: {}, config: { ...stored.config, ...config } }
    const restore = restoreModel(engine, changed, 'there')
    await expect(restore).rejects.toThrow(FormatError)
    await expect(restore).rejects.toThrow(message)
  })
})

describe('inspect', () => {
  it('looks inside the encoder, at what was read, and at all that the search looked at', () => {
    const inspection = model.inspect('abcd')
    const { steps, layers, attention, search } = inspection
    expect(steps).toEqual(['a', 'b', 'c', 'd', '</s>'])
    expect(layers.map(({ name }) => name)).toEqual(['encoder.l0', 'encoder.l0_reverse'])
    const [best] = model.predict('abcd')
    expect(attention).toEqual(best.attention)
    if (!search) throw new Error('expected a search')
    const end = search.nodes[search.best]
    expect(end.score).toBe(best.score)
    const path = []
    for (let at = end; at.id > 0; at = search.nodes[at.parent]) path.unshift(at.token)
    expect(path.join('')).toBe('dcba')
    expect(search.width).toBe(5)
    expect(search.nodes.filter(({ length, fate }) => length === 2 && fate !== 'dropped').length).toBe(5)
    expect(JSON.parse(JSON.stringify(inspection)).search).toEqual(search)
  })

  it('shows the scores that the search ranks by, with a coverage penalty', async () => {
    const stored = model.store()
    const settings = { ...model.settings, decode: { ...model.settings.decode, coveragePenalty: 0.5 } }
    const config = { ...stored.config, settings: settings as never }
    const covering = (await restoreModel(engine, { ...stored, config, metrics: {} }, 'there')) as Translator
    const { search } = covering.inspect('abcd')
    if (!search) throw new Error('expected a search')
    const [best] = covering.predict('abcd')
    expect(best.score).not.toBe(model.predict('abcd')[0].score)
    expect(search.coveragePenalty).toBe(0.5)
    expect(search.nodes[search.best].score).toBe(best.score)
    const text = renderTerminal(covering.inspect('abcd'), { width: 80 })
    expect(text.replace(/\s+/g, ' ')).toContain('score Σ log P / T^0.7 with coverage penalty 0.5')
    expect(text).toContain(`● ${best.score.toFixed(2)}`)
    covering.dispose()
  })

  it('draws and writes them; a model without attention has none to show', async () => {
    const plain = await trained({ model: { ...small.model, attention: 'none' } }, 1)
    const inspections = [
      model.inspect('abcd', { title: 'with <attention>' }),
      plain.inspect('abcd', { title: 'without' }),
    ]
    plain.dispose()
    expect(drawAll(inspections).map(({ name }) => name)).toEqual([
      ...['attention', 'search', 'search', 'gradient flow', 'influence', 'hidden map', 'gates'],
    ])
    for (const { svg } of drawAll(inspections)) expectSound(svg)
    expectSound(drawFigure(inspections))
    const page = renderHtml(inspections)
    expect(page).toContain('with &lt;attention&gt;: A beam of 5 found “dcba”')
    expect(page.match(/At each step the likeliest beginnings/g)).toHaveLength(1)
    for (const width of [40, 72, 100]) {
      const [first, second] = inspections.map((inspection) => renderTerminal(inspection, { width }))
      expect(first).toContain('dcba')
      expect(first).toMatch(/ d │.*│ d/)
      expect(second).not.toContain('Attention')
      for (const line of `${first}\n${second}`.split('\n'))
        expect([...line].length, line).toBeLessThanOrEqual(width)
    }
  })
})

it('releases everything when a model is disposed of', async () => {
  const before = engine.bytesInUse
  const learned = await trained({}, 1)
  learned.predict('ab')
  learned.dispose()
  expect(engine.bytesInUse).toBe(before)
})

it.each([
  ['no rows', [], 'expected training rows, found none'],
  ['an empty source', [...reversedPairs, { source: ' ', target: 'x' }], 'rows[120]: expected a source'],
  ['no target', { train: [{ source: 'x' }] }, 'train[0]: expected a target'],
  ['something else', { rows: [] }, 'expected a list of { source, target }'],
])('refuses %s', async (_, data, message) => {
  const attempt = train({ task: 'translate', data: data as never, engine })
  await expect(attempt).rejects.toThrow(DataError)
  await expect(attempt).rejects.toThrow(message)
})
