import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DataError, UsageError } from '../../src/errors.js'
import { type Engine, type TextClassifier, train } from '../../src/index.js'
import { openEngine } from '../tensor/engines.js'
import { easyRows, small } from './rows.js'

let engine: Engine
let model: TextClassifier
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  model = await train({ task: 'classify', data: easyRows, engine, ...small })
})
afterAll(() => engine.dispose())

/** The weights of a training of two epochs. */
async function weightsOf(options: object, where = engine): Promise<number[][]> {
  const trained = await train({
    task: 'classify',
    data: easyRows,
    engine: where,
    ...small,
    train: { epochs: 2 },
    ...options,
  })
  const weights = Object.values(trained.parameters()).map(({ data }) => [...data])
  trained.dispose()
  return weights
}

describe('the settings of the recurrent layer', () => {
  it.each(['variationalDropout', 'recurrentDropout', 'weightDrop', 'zoneout'])(
    '%s has its effect',
    async (name) => {
      const noisy = await weightsOf({ model: { ...small.model, [name]: 0.3 } })
      expect(noisy).not.toEqual(await weightsOf({}))
      expect(noisy.flat().every(Number.isFinite)).toBe(true)
    },
  )
})

describe('predict', () => {
  it('gives every label with its probability, the best first', () => {
    const answer = model.predict('play a song in Paris')
    expect(answer.map(({ label }) => label).sort()).toEqual(['alarm', 'music', 'weather'])
    expect(answer[0].label).toBe('music')
    expect(answer.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 12)
    expect(answer.map(({ score }) => score)).toEqual(answer.map(({ score }) => score).sort((a, b) => b - a))
    expect(model.predict('play a song', { top: 1 })).toHaveLength(1)
  })

  it('gives a list for a list, each as if it had come alone', () => {
    const texts = easyRows
      .map(({ text }) => text)
      .concat('rain', 'a much longer text about songs and the rain in Rome')
    expect(model.predict(texts)).toEqual(texts.map((text) => model.predict(text)))
    expect(model.predict([])).toEqual([])
  })

  it('answers texts of unknown words, of signs and of a megabyte; refuses empty ones', () => {
    for (const text of ['qwertz', '?!', '\u200b', '雨が降る', 'x'.repeat(1_000_000)])
      expect(model.predict(text)).toHaveLength(3)
    expect(() => model.predict(' ')).toThrow(UsageError)
    expect(() => model.predict(['rain', ''])).toThrow('text 2 of 2 is empty')
    expect(() => model.predict(5 as never)).toThrow('expected a text or a list of texts, got 5')
    expect(() => model.predict(['a', 5] as never)).toThrow('text 2 of 2 is no text (5)')
    for (const top of [0, -1, 1.5, Number.NaN])
      expect(() => model.predict('rain', { top })).toThrow(
        `top must be a whole number of at least 1, got ${top}`,
      )
    expect(() => model.knows([])).toThrow(UsageError)
  })

  it('keeps its senses when a word is misspelt', () => {
    expect(model.predict('plaay a sonng')[0].label).toBe('music')
    expect(model.predict('will it rainn')[0].label).toBe('weather')
  })
})

describe('stream', () => {
  it('says after every word what predict says for the text so far, bit for bit', () => {
    const stream = model.stream()
    const words = ['will', 'it', 'rain', 'in', 'rome', 'tonight']
    for (const [index, word] of words.entries()) {
      stream.push(word)
      expect(stream.predict()).toEqual(model.predict(words.slice(0, index + 1).join(' ')))
    }
    expect(stream.words).toBe(6)
    expect(stream.end()).toEqual(model.predict(words.join(' ')))
    expect(() => stream.push('more')).toThrow(UsageError)
  })

  it('forks, and goes back to a snapshot', () => {
    const stream = model.stream().push('wake me')
    const snapshot = stream.snapshot()
    const fork = stream.fork().push('up')
    stream.push('a song').push('  ')
    expect(stream.predict()).toEqual(model.predict('wake me a song'))
    expect(fork.end()).toEqual(model.predict('wake me up'))
    stream.restore(snapshot)
    expect(stream.end()).toEqual(model.predict('wake me'))
  })

  it('is refused by a bidirectional model, which says why', async () => {
    const both = await train({
      task: 'classify',
      data: easyRows,
      engine,
      ...small,
      model: { ...small.model, bidirectional: true },
      train: { epochs: 1 },
    })
    expect(() => both.stream()).toThrow(/bidirectional/)
    both.dispose()
  })
})

describe('training', () => {
  it('gives the same bits for the same seed, on one thread or two, and others for another seed', async () => {
    const weights = await weightsOf({ seed: 5 })
    expect(await weightsOf({ seed: 5 })).toEqual(weights)
    const team = await openEngine({ threads: 2 })
    expect(await weightsOf({ seed: 5 }, team)).toEqual(weights)
    await team.dispose()
    expect(await weightsOf({ seed: 6 })).not.toEqual(weights)
  })

  it.each(['lstm', 'gru', 'elman', 'elmanRelu'])('learns with the cell %s', async (cell) => {
    const trained = await train({
      task: 'classify',
      data: easyRows,
      engine,
      ...small,
      model: { ...small.model, cell },
      train: { ...small.train, epochs: 15 },
    })
    expect(trained.evaluate(easyRows).scores.accuracy).toBeGreaterThan(0.95)
    trained.dispose()
  })

  it.each(['last', 'mean', 'max', 'attention'] as const)('learns with the pooling %s', async (pooling) => {
    const trained = await train({
      task: 'classify',
      data: easyRows,
      engine,
      ...small,
      model: { ...small.model, pooling, layers: 2 },
      train: { ...small.train, epochs: 15 },
    })
    expect(trained.evaluate(easyRows).scores.accuracy).toBeGreaterThan(0.95)
    trained.dispose()
  })

  it('takes labels joined by # as several, any of which is right', async () => {
    const data = easyRows.map(({ text, label }, row) => ({
      text,
      label: label === 'music' && row % 2 === 0 ? 'music#sound' : label,
    }))
    const trained = await train({ task: 'classify', data, engine, ...small })
    expect(trained.labels).toEqual(['alarm', 'music', 'sound', 'weather'])
    expect(trained.evaluate([{ text: 'play a song', label: 'music#sound' }]).scores.accuracy).toBe(1)
    trained.dispose()
  })

  it('trains on parts that the caller has, without validation rows too', async () => {
    const parts = { train: easyRows, valid: [], test: easyRows.slice(0, 3) }
    const trained = await train({ task: 'classify', data: parts, engine, ...small })
    expect(trained.threshold).toBe(0)
    trained.dispose()
  })

  it.each([
    ['no rows', [], 'expected training rows, found none'],
    ['one label', [{ text: 'a', label: 'x' }], 'at least two labels'],
    ['an empty text', [...easyRows, { text: '', label: 'x' }], 'rows[60]: expected a text'],
    ['no label', [...easyRows, { text: 'a' }], 'rows[60]: expected a label'],
    ['something else', { rows: [] }, 'expected a list of { text, label }'],
  ])('refuses %s', async (_, data, message) => {
    const attempt = train({ task: 'classify', data: data as never, engine })
    await expect(attempt).rejects.toThrow(DataError)
    await expect(attempt).rejects.toThrow(message)
  })

  it('refuses unknown settings, tasks and wrong values', async () => {
    const attempt = (options: object) =>
      train({ task: 'classify', data: easyRows, engine, ...options } as never)
    await expect(attempt({ model: { hiden: 3 } })).rejects.toThrow('unknown setting "model.hiden"')
    await expect(attempt({ train: { epochs: 'many' } })).rejects.toThrow('train.epochs: expected')
    await expect(attempt({ task: 'clasify' })).rejects.toThrow('Did you mean "classify"?')
    await expect(attempt({ resume: true })).rejects.toThrow('resume needs out')
  })

  it('releases everything when a model is disposed of', async () => {
    const before = engine.bytesInUse
    for (let run = 0; run < 3; run++) {
      const trained = await train({
        task: 'classify',
        data: easyRows,
        engine,
        ...small,
        train: { epochs: 1 },
      })
      trained.dispose()
    }
    expect(engine.bytesInUse).toBe(before)
  })
})

describe('evaluate', () => {
  it('puts baselines beside the scores', () => {
    const { rows, scores, baselines } = model.evaluate(easyRows)
    expect(rows).toBe(60)
    expect(scores.accuracy).toBeGreaterThan(0.95)
    expect(baselines.naiveBayes).toBe(1)
    expect(baselines.majority).toBeCloseTo(1 / 3)
  })

  it('counts labels it never learned as wrong and names them', () => {
    const { scores, details } = model.evaluate([
      { text: 'play a song', label: 'music' },
      { text: 'hm', label: 'mystery' },
    ])
    expect(scores.accuracy).toBe(0.5)
    expect(details.unknownLabels).toEqual(['mystery'])
    expect(() => model.evaluate([])).toThrow(UsageError)
  })
})
