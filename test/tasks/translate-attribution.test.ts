import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { type Engine, type Translator, train } from '../../src/index.js'
import { attributionReport, evaluateAttributed } from '../../src/tasks/translate-attribution.js'
import { openEngine } from '../tensor/engines.js'
import { reversedPairs, smallTranslator as small } from './pairs.js'

// Two epochs are too few: this model is often wrong, and greedy search often misses what it likes best.
let engine: Engine
let model: Translator
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  const settings = { ...small, train: { ...small.train, epochs: 2 } }
  model = await train({ task: 'translate', data: reversedPairs, engine, ...settings })
})
afterAll(() => engine.dispose())

const rows = reversedPairs.slice(0, 60)
/** Wider than there are beginnings that can win: the search finds what the model likes best. */
const exhaustive = 400

describe('score', () => {
  it.each([
    ['as the settings say', {}],
    ['with sums', { lengthNormalisation: 0 }],
    ['with a coverage penalty', { lengthNormalisation: 1, coveragePenalty: 0.3 }],
  ])('gives what predict gives for its own translations, bit for bit, %s', (_, options) => {
    const found = model.predict(
      rows.map(({ source }) => source),
      { ...options, best: 2 },
    )
    for (const place of [0, 1]) {
      const pairs = rows.map(({ source }, row) => ({ source, target: found[row][place].text }))
      const usable = pairs.map(({ target }) => target.trim() !== '')
      const kept = pairs.filter((_, row) => usable[row])
      const expected = found.filter((_, row) => usable[row]).map((list) => list[place])
      expect(kept.length).toBeGreaterThan(20)
      expect(model.score(kept, options)).toEqual(expected.map(({ score, logProb }) => ({ score, logProb })))
    }
  })

  it('counts all tokens of a target, also where the model has learned from shorter ones', async () => {
    const options = { ...small, text: { longest: 3 }, train: { ...small.train, epochs: 1 } }
    const cut = await train({ task: 'translate', data: reversedPairs, engine, ...options })
    const logProbs = ['abc', 'abcd', 'abcdab'].map(
      (target) => cut.score([{ source: 'cba', target }])[0].logProb,
    )
    expect(logProbs[1]).toBeLessThan(logProbs[0])
    expect(logProbs[2]).toBeLessThan(logProbs[1])
    cut.dispose()
  })

  it('refuses empty texts and says which', () => {
    expect(() => model.score([rows[0], { source: 'ab', target: ' ' }])).toThrow(
      'score: the target of row 2 of 2 is empty',
    )
    expect(() => model.score([{ source: '', target: 'x' }])).toThrow(UsageError)
    expect(model.score([])).toEqual([])
    // programs without types
    const wrong = (value: unknown) => value as never
    for (const call of [
      () => model.score(wrong(null)),
      () => model.score(wrong([null])),
      () => model.attribute(wrong(null)),
      () => model.predict('ab', { banned: wrong('a') }),
      () => model.predict('ab', { banned: wrong([5]) }),
      () => model.predict('ab', { prefix: wrong(5) }),
    ])
      expect(call).toThrow(UsageError)
  })

  it.each([
    [{ lengthNormalisation: -3 }, 'lengthNormalisation -3; expected a number of at least 0'],
    [{ lengthNormalisation: Number.NaN }, 'lengthNormalisation NaN'],
    [{ coveragePenalty: -1 }, 'coveragePenalty -1'],
    [{ maximumLength: 0 }, 'maximumLength 0'],
  ])('refuses %j', (options, message) => {
    expect(() => model.score(rows, options)).toThrow(UsageError)
    expect(() => model.score(rows, options)).toThrow(message)
  })
})

describe('attribute', () => {
  it('blames the search where the target has the higher score, else the model, and counts what is right apart', () => {
    const {
      rows: judged,
      wrong,
      beam,
      model: ofModel,
      forbidden,
      search,
    } = model.attribute(rows, { width: 1 })
    expect(search).toEqual({ width: 1, lengthNormalisation: 0.7, coveragePenalty: 0 })
    const count = { beam: 0, model: 0, none: 0, forbidden: 0 }
    for (const [place, { source, target, written, targetScore, writtenScore, fault }] of judged.entries()) {
      expect({ source, target }).toEqual(rows[place])
      expect(written).toBe(model.predict(source, { width: 1 })[0].text)
      const expected = written === target ? 'none' : targetScore > writtenScore ? 'beam' : 'model'
      expect(fault).toBe(expected)
      count[fault]++
    }
    expect(count.beam).toBeGreaterThan(0)
    expect(count.model).toBeGreaterThan(0)
    expect(wrong).toBeCloseTo((count.beam + count.model) / rows.length, 12)
    expect(beam).toBeCloseTo(count.beam / (count.beam + count.model), 12)
    expect(beam + ofModel).toBeCloseTo(1, 12)
    expect([forbidden, count.forbidden]).toEqual([0, 0])
  })

  it.each([
    ['maximumLength', { maximumLength: 2 }, (target: string) => target.length > 2],
    ['minimumLength', { minimumLength: 4 }, (target: string) => target.length < 4],
    ['noRepeatNgram', { noRepeatNgram: 1 }, (target: string) => /(.).*\1/.test(target)],
    ['prefix', { prefix: 'ab' }, (target: string) => !target.startsWith('ab')],
    ['banned', { banned: ['ad', 'c'] }, (target: string) => /ad|c/.test(target)],
  ])('blames neither where the search may not write the target, by %s', (name, options, forbids) => {
    const attribution = model.attribute(rows, { width: 1, ...options })
    const forbidden = rows.filter(({ target }) => forbids(target)).length
    expect(forbidden).toBeGreaterThan(5)
    for (const { target, fault, forbiddenBy } of attribution.rows) {
      expect(forbiddenBy, target).toBe(forbids(target) ? name : undefined)
      expect(fault === 'forbidden').toBe(forbids(target))
    }
    const { beam, model: ofModel, wrong } = attribution
    expect(attribution.forbidden).toBeCloseTo(forbidden / (wrong * rows.length), 12)
    expect(beam + ofModel + attribution.forbidden).toBeCloseTo(1, 12)
    expect(attributionReport(attribution)).toMatch(
      new RegExp(`may not write y\\* \\(${name} ${forbidden}\\) +${forbidden} `),
    )
  })

  it('never blames an exhaustive search for what it may not write', () => {
    const { beam, forbidden } = model.attribute(rows, { width: exhaustive, maximumLength: 2 })
    expect(forbidden).toBeGreaterThan(0)
    expect(beam).toBe(0)
  })

  it('searches once for scores and attribution together', () => {
    const decode = vi.spyOn(model.network, 'decode')
    const { evaluation, attribution } = evaluateAttributed(model, rows)
    const batches = 2 // of 32
    expect(decode).toHaveBeenCalledTimes(2 * batches) // a search and the scores of the targets
    decode.mockRestore()
    expect(evaluation).toEqual(model.evaluate(rows))
    expect(attribution).toEqual(model.attribute(rows))
  })

  it('never blames an exhaustive search', () => {
    const { beam, wrong } = model.attribute(rows, { width: exhaustive, maximumLength: 5 })
    expect(wrong).toBeGreaterThan(0)
    expect(beam).toBe(0)
  })

  it('takes a tie for the fault of the model', () => {
    // signs that the model does not know are one token: the same tokens as the target, the same score, and yet another text
    const { source } = rows[0]
    const options = { banned: ['a', 'b', 'c', 'd'], minimumLength: 1, maximumLength: 1 }
    const pair = { source, target: '☂' }
    const { rows: judged, wrong, beam, model: ofModel } = model.attribute([pair], options)
    expect(judged[0].targetScore).toBe(judged[0].writtenScore)
    expect(judged[0]).toMatchObject({ written: '\ufffd', fault: 'model' })
    expect([wrong, beam, ofModel]).toEqual([1, 0, 1])
  })

  it('refuses no rows', () => {
    expect(() => model.attribute([])).toThrow('attribute: expected at least one row, got none')
  })

  it('is reported with counts, shares, and the rows with the widest gap', () => {
    const attribution = model.attribute(rows, { width: 1 })
    const report = attributionReport(attribution)
    expect(report).toContain('Beam or model? 60 pairs, greedy search, score Σ log P / T^0.7')
    const missed = attribution.rows.filter(({ fault }) => fault === 'beam')
    const gap = (row: (typeof missed)[number]) => row.targetScore - row.writtenScore
    const [worst] = [...missed].sort((a, b) => gap(b) - gap(a))
    const [, after] = report.split('The search missed\n')
    expect(after.split('\n')[0].trim()).toBe(worst.source)
    expect(report).toMatch(new RegExp(`the search is at fault.* ${missed.length} +[\\d.]+ % +[\\d.]+ %`))
    expect(attributionReport(model.attribute(rows.slice(0, 1), { coveragePenalty: 0.2 }))).toContain(
      '1 pair, a beam of 5, score Σ log P / T^0.7 with coverage penalty 0.2',
    )
  })
})
