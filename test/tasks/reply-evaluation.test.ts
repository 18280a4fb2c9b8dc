import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NonFiniteError, UsageError } from '../../src/errors.js'
import { type Engine, type Replier, restoreModel, train } from '../../src/index.js'
import { lessonsOf, ranksAmong } from '../../src/tasks/reply-lessons.js'
import { replyReport } from '../../src/tasks/reply-report.js'
import { openEngine } from '../tensor/engines.js'
import { easyPairs, smallReplier as small } from './replies.js'

let engine: Engine
let model: Replier
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  model = await train({ task: 'reply', data: easyPairs, engine, ...small })
})
afterAll(() => engine.dispose())

async function trained(options: object, epochs = 1, data: unknown = easyPairs): Promise<Replier> {
  const settings = { ...small, ...options, train: { ...small.train, epochs } }
  return train({ task: 'reply', data: data as typeof easyPairs, engine, ...settings })
}

describe('evaluate', () => {
  it('puts simple rules beside the scores', () => {
    const evaluation = model.evaluate(easyPairs)
    const { rows, scores, baselines, details } = evaluation
    expect([rows, scores.recallAt1, scores.recallAt3, scores.mrr]).toEqual([60, 1, 1, 1])
    expect(baselines.nearest).toBeGreaterThan(0.9)
    expect(baselines.mostFrequent).toBeCloseTo(1 / 3, 1)
    expect(details).toMatchObject({ replies: 3, inDictionary: 1, mistakes: [] })
    expect(scores.accuracyAnswered).toBe(1)
    const report = replyReport(evaluation)
    expect(report).toMatch(/60 messages, 3 replies\n/)
    expect(report).toMatch(/this model +100\.0 % +100\.0 % +100\.0 %/)
    expect(report).toMatch(/none: every reply is right/)
    for (const rows of [[], 5, [null], [{ source: 'a' }], [{ source: 'a', target: ' ' }]])
      expect(() => model.evaluate(rows as never)).toThrow(UsageError)
    expect(() => model.evaluate([easyPairs[0], { source: 'a' }] as never)).toThrow(
      'the target of row 2 of 2 is no text',
    )
  })

  it('claims no accuracy where nothing is answered', async () => {
    const strict = await trained({ reject: { threshold: 1 } })
    const evaluation = strict.evaluate(easyPairs)
    strict.dispose()
    expect(evaluation.scores).toMatchObject({ answered: 0, recallAt1: expect.any(Number) })
    expect(evaluation.scores).not.toHaveProperty('accuracyAnswered')
    expect(replyReport(evaluation)).toMatch(/none of the messages gets a reply/)
  })

  it('ranks the replies of the baselines as a search through their lists does', async () => {
    // nearest.labels are the replies as they are written where the dictionary has none of them
    const shouted = easyPairs.map((row, i) =>
      i % 3 === 0 ? { ...row, target: row.target.toUpperCase() } : row,
    )
    const foreign = await trained({}, 1, {
      train: shouted,
      valid: easyPairs.slice(0, 9),
      replies: ['Yes.', 'No.'],
    })
    expect(foreign.nearest.labels).toHaveLength(6)
    const rows = [...easyPairs.slice(10, 50), { source: 'wake me', target: 'Who are you?' }]
    const keyOf = (reply: string) => foreign.reader.words.of(reply).join(' ')
    const recall = (rank: (words: readonly string[]) => readonly string[]) =>
      rows.filter(({ source, target }) => keyOf(rank(foreign.reader.words.of(source))[0]) === keyOf(target))
        .length
    expect(foreign.evaluate(rows).baselines).toEqual({
      nearest: recall((words) => foreign.nearest.rank(words)) / rows.length,
      mostFrequent: recall(() => foreign.nearest.labels) / rows.length,
    })
    foreign.dispose()
  })

  it('is refused by a model whose scores are no numbers', async () => {
    const broken = (await restoreModel(engine, { ...model.store(), metrics: {} }, 'there')) as Replier
    for (const { data } of Object.values(broken.parameters())) data.fill(Number.NaN)
    expect(() => broken.evaluate(easyPairs)).toThrow(NonFiniteError)
    broken.dispose()
  })

  it('counts replies outside the dictionary as missed, and their withholding as right', () => {
    const foreign = { source: 'wake me up at home', target: 'Who are you?' }
    const evaluation = model.evaluate([
      easyPairs[0],
      { ...easyPairs[1], target: 'TAKE an umbrella.' },
      foreign,
    ])
    const { scores, details } = evaluation
    expect(scores.recallAt1).toBeCloseTo(2 / 3, 12)
    expect(scores.mrr).toBeCloseTo(2 / 3, 12)
    expect(details.inDictionary).toBeCloseTo(2 / 3, 12)
    expect(details.mistakes).toEqual([
      {
        message: foreign.source,
        right: foreign.target,
        given: 'I will wake you.',
        score: expect.any(Number),
      },
    ])
    const report = replyReport(evaluation)
    expect(report).toMatch(/3 messages, 3 replies; 33\.3 % of the right ones are not among them/)
    expect(report).toMatch(/I will wake you\. +[\d.]+ % +\(not: Who are you\?\)/)
  })

  it('ranks among the replies of a hundred rows, whatever the dictionary', () => {
    const rows = [...easyPairs, ...easyPairs]
    expect(model.evaluate(easyPairs).details.among100).toBeUndefined()
    expect(model.evaluate(rows).details.among100).toEqual({ recallAt1: 1, recallAt3: 1, mrr: 1 })
    expect(replyReport(model.evaluate(rows))).toMatch(/Among the replies of 100 messages at a time/)
  })

  it('draws the hundreds, whatever the order of the rows', async () => {
    const rows = Array.from({ length: 230 }, (_, i) => ({
      source: `song ${i % 9}`,
      target: `Play ${i * 7}.`,
    }))
    const among = (given: typeof rows) => model.evaluate(given).details.among100
    expect(among([...rows].reverse())).toEqual(among(rows))
  })

  it('ranks the last rows among a hundred, too', () => {
    // one message and 150 replies to it: among a hundred of them each rank is there once
    const rows = Array.from({ length: 150 }, (_, i) => ({ source: 'a song', target: `Play ${i * 7}.` }))
    const ranks = ranksAmong(model.network, lessonsOf(model.reader, rows))
    expect(ranks.slice(0, 100).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    expect(new Set(ranks.slice(100)).size).toBe(50)
    expect(Math.max(...ranks.slice(100))).toBeGreaterThan(50)
  })
})
