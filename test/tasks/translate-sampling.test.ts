import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { type Engine, type Translator, train } from '../../src/index.js'
import { openEngine } from '../tensor/engines.js'
import { reversedPairs, smallTranslator as small } from './pairs.js'

// Two epochs are too few: the model is unsure, and its samples differ.
let engine: Engine
let model: Translator
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  const settings = { ...small, train: { ...small.train, epochs: 2 } }
  model = await train({ task: 'translate', data: reversedPairs, engine, ...settings })
})
afterAll(() => engine.dispose())

const sources = [...new Set(reversedPairs.map(({ source }) => source))].slice(0, 40)
const written = (translations: readonly { readonly text: string }[]) => translations.map(({ text }) => text)

describe('predict with sample', () => {
  it('draws the same for the same text and seed, whatever the other texts, and another with another seed', () => {
    const all = model.predict(sources, { sample: { seed: 7 } })
    expect(model.predict([...sources].reverse(), { sample: { seed: 7 } }).reverse()).toEqual(all)
    for (const [row, source] of sources.slice(0, 8).entries())
      expect(model.predict(source, { sample: { seed: 7 } })).toEqual(all[row])
    expect(model.predict(sources, { sample: { seed: 8 } }).flatMap(written)).not.toEqual(all.flatMap(written))
    expect(model.predict(sources, { sample: {} })).toEqual(model.predict(sources, { sample: { seed: 1 } }))
  })

  it('draws several, of which each is the same however many there are', () => {
    const many = model.predict(sources, { best: 6, sample: {} })
    expect(new Set(many.flatMap(written)).size).toBeGreaterThan(sources.length)
    for (const [row, list] of model.predict(sources, { best: 2, sample: {} }).entries())
      expect(list).toEqual(many[row].slice(0, 2))
  })

  it('draws the same whatever is drawn together, and reads each text once', () => {
    const encode = vi.spyOn(model.network, 'encode')
    const many = model.predict(sources.slice(0, 3), { best: 300, attention: false, sample: {} })
    expect(encode.mock.calls.map(([read]) => read.length)).toEqual([3])
    encode.mockRestore()
    for (const [row, source] of sources.slice(0, 3).entries()) {
      expect(many[row]).toHaveLength(300)
      const some = model.predict(source, { best: 260, sample: {} })
      expect(some.map(({ text, logProb }) => ({ text, logProb }))).toEqual(
        many[row].slice(0, 260).map(({ text, logProb }) => ({ text, logProb })),
      )
    }
  })

  it('draws from the probabilities of the model', () => {
    const source = sources[0]
    const draws = 3000
    const counts = new Map<string, number>()
    for (const { text, logProb } of model.predict(source, { best: draws, sample: {} })) {
      counts.set(text, (counts.get(text) ?? 0) + 1)
      if (text !== '') expect(model.score([{ source, target: text }])[0].logProb).toBeCloseTo(logProb, 4)
    }
    const frequent = [...counts].filter(([text, count]) => count > 60 && text !== '')
    expect(frequent.length).toBeGreaterThan(3)
    for (const [text, count] of frequent) {
      const probability = Math.exp(model.score([{ source, target: text }])[0].logProb)
      const deviation = Math.sqrt((probability * (1 - probability)) / draws)
      expect(Math.abs(count / draws - probability)).toBeLessThan(4 * deviation)
    }
  }, 60_000)

  it('is greedy at a temperature near 0 and with one token to draw from', () => {
    const greedy = model.predict(sources, { width: 1, lengthNormalisation: 0 }).flatMap(written)
    for (const sample of [{ topK: 1 }, { temperature: 1e-4 }, { topP: 1e-6 }])
      expect(model.predict(sources, { sample }).flatMap(written)).toEqual(greedy)
  })

  it('obeys prefix, lengths and banned words, and tells what was read', () => {
    for (const source of sources.slice(0, 10)) {
      const options = { prefix: 'dd', maximumLength: 4, banned: ['b'], sample: { temperature: 2 } }
      const [{ text, attention, score }] = model.predict(source, options)
      expect(text).toMatch(/^dd[^b]{0,2}$/)
      expect(attention?.source).toEqual([...source, '</s>'])
      expect(score).toBeLessThan(0)
    }
  })

  it.each([
    [{ width: 3, sample: {} }, 'got width 3 with sample'],
    [{ sample: { temperature: 0 } }, 'temperature 0'],
    [{ sample: { topP: 2 } }, 'topP 2'],
    [{ best: 0, sample: {} }, 'best 0'],
    [{ best: 100_000, sample: {} }, 'got best 100000; expected at most 10000'],
    [{ sample: { seed: 0.5 } }, 'safe integer'],
  ])('refuses %j', (options, message) => {
    expect(() => model.predict('ab', options)).toThrow(UsageError)
    expect(() => model.predict('ab', options)).toThrow(message)
  })
})
