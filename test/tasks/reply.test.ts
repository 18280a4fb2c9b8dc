import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WordVectors } from '../../src/data/word-vectors.js'
import { DataError, FormatError, UsageError } from '../../src/errors.js'
import type { JsonObject } from '../../src/formats/index.js'
import { type Engine, type Replier, restoreModel, train } from '../../src/index.js'
import { batchScores, lessonsOf } from '../../src/tasks/reply-lessons.js'
import { replyLine } from '../../src/tasks/reply-report.js'
import type { TrainEvent } from '../../src/train/index.js'
import { openEngine } from '../tensor/engines.js'
import { easyPairs, smallReplier as small } from './replies.js'

let engine: Engine
let model: Replier
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  model = await train({ task: 'reply', data: easyPairs, engine, ...small })
})
afterAll(() => engine.dispose())

const messages = ['what about the rain', 'a song for me', 'wake me early please']
const best = (replier: Replier, texts: readonly string[]) =>
  replier.predict(texts).map(([{ reply }]) => reply)

async function trained(options: object, epochs = 1, data: unknown = easyPairs): Promise<Replier> {
  const settings = { ...small, ...options, train: { ...small.train, epochs } }
  return train({ task: 'reply', data: data as typeof easyPairs, engine, ...settings })
}

describe('predict', () => {
  it('gives the replies of the dictionary, the best first, as probabilities', () => {
    expect(best(model, messages)).toEqual(['Take an umbrella.', 'Here is your song.', 'I will wake you.'])
    expect([...model.replies].sort()).toEqual(['Here is your song.', 'I will wake you.', 'Take an umbrella.'])
    const scores = model.predict(messages[0]).map(({ score }) => score)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(scores.reduce((sum, score) => sum + score)).toBeCloseTo(1, 9)
    expect(model.predict(messages[0], { top: 2 })).toEqual(model.predict(messages[0]).slice(0, 2))
  })

  it('gives a list for a list, each as if it had come alone', () => {
    const texts = easyPairs.map(({ source }) => source)
    expect(model.predict(texts)).toEqual(texts.map((text) => model.predict(text)))
    expect(model.predict([])).toEqual([])
  })

  it('answers unknown signs and long texts; refuses empty ones', () => {
    for (const text of ['雨', '?', 'song '.repeat(20_000)]) expect(model.predict(text)).toHaveLength(3)
    expect(() => model.predict(' ')).toThrow(UsageError)
    expect(() => model.predict(['a', ''])).toThrow('message 2 of 2 is empty')
  })

  it('refuses what is no message, no number of replies and no suggestion', () => {
    expect(() => model.predict(5 as never)).toThrow('expected a message or a list of messages, got 5')
    expect(() => model.predict([5] as never)).toThrow('message 1 of 1 is no text (5)')
    expect(() => model.probabilities(null as never)).toThrow(UsageError)
    for (const top of [0, -1, 1.5, Number.NaN])
      expect(() => model.predict('wake me', { top })).toThrow(
        new UsageError(`predict: top must be a whole number of at least 1, got ${top}`),
      )
    expect(() => model.fits([])).toThrow(
      new UsageError('fits: expected what predict gives for a message, got no suggestion'),
    )
  })

  it('says when no reply fits', async () => {
    const strict = await trained({ reject: { threshold: 1 } })
    const { fits, reply } = strict.answer('wake me') as { fits: boolean; reply: string }
    expect([fits, strict.fits(strict.predict('wake me'))]).toEqual([false, false])
    expect(replyLine(strict.answer('wake me'))).toMatch(`no reply fits: perhaps ${reply}`)
    strict.dispose()
    expect(model.answer(messages[1])).toMatchObject({
      text: messages[1],
      reply: 'Here is your song.',
      fits: true,
    })
    expect(replyLine(model.answer(messages[1]))).toMatch(
      /^Here is your song\. {2}[\d.]+ % {3}\(then .* %, .* %\)$/,
    )
  })
})

describe('the dictionary', () => {
  it('is exchanged without learning anew, and kept with the model', async () => {
    const stored = { ...model.store(), metrics: {} }
    const changed = (await restoreModel(engine, stored, 'there')) as Replier
    const before = engine.bytesInUse
    changed.setReplies([...model.replies, 'Please take your umbrella.', ' An  Umbrella, take! '])
    changed.setReplies([
      ...model.replies.filter((reply) => !reply.includes('song')),
      'Please take your umbrella.',
    ])
    expect(engine.bytesInUse).toBe(before)
    expect(changed.replies).toHaveLength(3)
    expect(best(changed, ['will it rain in Rome'])[0]).toMatch(/umbrella/)
    expect(changed.predict('play a song', { top: 9 }).map(({ reply }) => reply)).not.toContain(
      'Here is your song.',
    )
    const again = (await restoreModel(engine, { ...changed.store(), metrics: {} }, 'there')) as Replier
    expect(again.predict(messages)).toEqual(changed.predict(messages))
    changed.setReplies(model.replies)
    expect(changed.predict(messages)).toEqual(model.predict(messages))
    for (const each of [changed, again]) each.dispose()
  })

  it('holds replies that read alike once', async () => {
    const other = (await restoreModel(engine, { ...model.store(), metrics: {} }, 'there')) as Replier
    other.setReplies(['Yes!', 'yes !', 'No.', 'YES!', 'yes !'])
    expect(other.replies).toEqual(['yes !', 'No.'])
    expect([other.placeOf('Yes!'), other.placeOf('no.'), other.placeOf('maybe')]).toEqual([0, 1, -1])
    expect(() => other.setReplies([])).toThrow(UsageError)
    expect(() => other.setReplies(['yes', ' '])).toThrow('reply 2 of 2 is empty')
    expect(() => other.setReplies(['yes', 5] as never)).toThrow(
      new UsageError('replies: reply 2 of 2 is no text (5); expected some words'),
    )
    expect(() => other.setReplies('yes' as never)).toThrow(UsageError)
    expect(other.replies).toEqual(['yes !', 'No.'])
    other.dispose()
  })

  it('takes more replies than fit on the stack', async () => {
    const other = (await restoreModel(engine, { ...model.store(), metrics: {} }, 'there')) as Replier
    const many = Array.from({ length: 150_000 }, (_, i) => `Song ${i}`)
    other.setReplies([...many, 'Here is your song.'])
    const [{ reply }] = other.predict('a song for me', { top: 1 })
    const { scores, details } = other.evaluate([{ source: 'a song for me', target: reply }])
    expect([scores.recallAt1, details.replies, details.mistakes]).toEqual([1, 150_001, []])
    other.dispose()
  }, 60_000)

  it('is that of the caller where it stands beside the rows', async () => {
    const replies = ['Nobody knows.', 'Take an umbrella.', 'nobody  knows.']
    const learned = await trained({}, 1, { train: easyPairs.slice(6), valid: easyPairs.slice(0, 6), replies })
    expect(learned.replies).toEqual(['Nobody knows.', 'Take an umbrella.'])
    learned.dispose()
    const refused = (given: unknown) => trained({}, 1, { train: easyPairs, replies: given })
    await expect(refused([])).rejects.toThrow(UsageError)
    await expect(refused(['yes', ''])).rejects.toThrow('reply 2 of 2 is empty')
    await expect(refused('replies.txt')).rejects.toThrow('expected a list of at least one')
  })

  it('is not read from a file where the rows are in memory: that is refused, not passed over', async () => {
    for (const options of [{ read: { replies: 'replies.txt' } }, { valid: 'valid.tsv' }]) {
      const attempt = trained(options)
      await expect(attempt).rejects.toThrow(UsageError)
      await expect(attempt).rejects.toThrow(
        /train: (read\.replies|valid) is for data in files, and data are rows/,
      )
    }
  })

  it('has the frequent replies of the training rows, however they are written', async () => {
    const rare = { source: 'something else', target: 'I cannot do that.' }
    const loud = easyPairs.slice(0, 3).map((row) => ({ ...row, target: row.target.toUpperCase() }))
    const data = { train: [...easyPairs, rare, ...loud] }
    const all = await trained({}, 0, data)
    expect(all.replies).toHaveLength(4)
    expect(all.replies).toContain('Take an umbrella.')
    const frequent = await trained({ replies: { minimumCount: 2 } }, 0, data)
    expect(frequent.replies).not.toContain(rare.target)
    const few = await trained({ replies: { most: 2 } }, 0, data)
    expect(few.replies).toEqual(frequent.replies.slice(0, 2))
    for (const each of [all, frequent, few]) each.dispose()
    await expect(trained({ replies: { minimumCount: 22 } }, 0, data)).rejects.toThrow(
      'expected at least two different replies with 22 rows each (replies.minimumCount), found 1 of 4',
    )
  })
})

describe('a batch', () => {
  it('has one column for replies that read alike: they are no wrong answers for each other', () => {
    const rows = [0, 20, 1, 40].map((row) => easyPairs[row])
    const lessons = lessonsOf(model.reader, [...rows, { ...rows[1], target: rows[1].target.toUpperCase() }])
    engine.scope(() => {
      const { scores, right } = batchScores(model.network, lessons)
      expect(scores.shape).toEqual([5, 3])
      expect(right).toEqual([0, 1, 0, 2, 1])
      // each score is that of the pair alone
      for (const [row, lesson] of lessons.entries()) {
        const alone = batchScores(model.network, [lesson]).scores.data[0]
        expect(scores.data[row * 3 + right[row]]).toBe(alone)
      }
    })
  })
})

describe('the settings', () => {
  it.each<[string, object]>([
    [
      'attention over two directions',
      { model: { ...small.model, pooling: 'attention', bidirectional: true } },
    ],
    [
      'two layers of GRU',
      { model: { ...small.model, cell: 'gru', layers: 2, layerDropout: 0, inputDropout: 0 } },
    ],
  ])('learns with %s', async (_, options) => {
    const learned = await trained(options, 20)
    expect(learned.evaluate(easyPairs).scores.recallAt1).toBeGreaterThan(0.9)
    learned.dispose()
  })

  it('chooses temperature and threshold on the validation rows, unless they are given', async () => {
    const { temperature, threshold } = model.settings.reject
    expect(temperature).toBeGreaterThanOrEqual(0.25)
    expect(threshold).toBeGreaterThan(0)
    const given = await trained({ reject: { temperature: 2, threshold: 0.4 } }, 15)
    expect(given.settings.reject).toEqual({ temperature: 2, threshold: 0.4 })
    expect(best(given, messages)).toEqual(best(model, messages))
    given.dispose()
  })

  it.each<[string, object, object, RegExp]>([
    [
      'there are no validation rows',
      {},
      { train: easyPairs },
      /there are no validation rows.*temperature is 1 and reject.threshold is 0.5/,
    ],
    [
      'none of their replies is in the dictionary',
      {},
      {
        train: easyPairs.slice(9),
        valid: easyPairs.slice(0, 9),
        replies: ['The earth is flat', 'Paris is nice', 'No'],
      },
      /none of the 9 validation rows has a reply of the dictionary.*temperature is 1 and reject.threshold is 0.5/,
    ],
    [
      'no reply is right',
      {},
      { train: easyPairs, valid: [{ source: 'wake me up', target: 'Take an umbrella.' }] },
      /none of the 1 validation rows with a reply of the dictionary gets it first\): reject.threshold is 0.5;/,
    ],
    [
      'the temperature alone is open',
      { reject: { threshold: 0.3 } },
      { train: easyPairs },
      /there are no validation rows\): reject.temperature is 1;/,
    ],
  ])('has a notice and the default where %s', async (_, options, data, message) => {
    const notices: string[] = []
    const on = (event: TrainEvent) => event.type === 'notice' && notices.push(event.message)
    const learned = await trained({ ...options, on }, 15, data)
    expect(notices).toEqual([expect.stringMatching(message)])
    const threshold = 'reject' in options ? 0.3 : 0.5
    expect(learned.settings.reject).toMatchObject({ threshold })
    learned.dispose()
  })

  it('has no notice where both are given', async () => {
    const events: string[] = []
    const on = (event: TrainEvent) => events.push(event.type)
    const given = await trained({ on, reject: { temperature: 2, threshold: 0.4 } }, 1, { train: easyPairs })
    expect(events).not.toContain('notice')
    given.dispose()
  })

  it('chooses the epoch by the recall that is reported, over the dictionary', async () => {
    const epochs: { best: boolean; metrics?: Readonly<Record<string, number>> }[] = []
    const on = (event: TrainEvent) => event.type === 'epoch' && epochs.push(event)
    const valid = easyPairs.filter((_, i) => i % 7 === 0)
    const learned = await trained({ on }, 6, { train: easyPairs, valid })
    const best = epochs.findLast((epoch) => epoch.best)?.metrics
    const probabilities = learned.probabilities(valid.map(({ source }) => source))
    expect(best?.recallAt1).toBe(learned.evaluate(valid).scores.recallAt1)
    // the loss is that of scores before the temperature
    const { temperature } = learned.settings.reject
    const logs = probabilities.map((row, i) => {
      const powers = row.map((p) => p ** temperature)
      return Math.log(
        powers[learned.placeOf(valid[i].target)] / powers.reduce((sum, power) => sum + power, 0),
      )
    })
    expect(best?.loss).toBeCloseTo(-logs.reduce((sum, log) => sum + log, 0) / valid.length, 9)
    learned.dispose()
  })

  it('chooses it by the replies of the validation rows where the dictionary has none of them', async () => {
    const epochs: { metrics?: Readonly<Record<string, number>> }[] = []
    const on = (event: TrainEvent) => event.type === 'epoch' && epochs.push(event)
    const data = {
      train: easyPairs,
      valid: easyPairs.filter((_, i) => i % 7 === 0),
      replies: ['Yes.', 'No.'],
    }
    const learned = await trained({ on }, 15, data)
    expect(epochs.at(-1)?.metrics?.recallAt1).toBeGreaterThan(0.8)
    learned.dispose()
  })

  it('begins with ready-made vectors, by which words are known that no pair holds', async () => {
    const vectors = new WordVectors(2, new Map([['Drizzle', Float32Array.of(0.5, -1)]]))
    const model = { ...small.model, embeddingSize: 2 }
    const learned = await trained({ model, vectors }, 0)
    const row = learned.reader.features.vocabulary.id('drizzle') ?? 0
    expect(row).toBeGreaterThan(0)
    const table = learned.parameters()['embedding.weight'].data
    expect([...table.subarray(2 * row, 2 * row + 2)]).toEqual([0.5, -1])
    learned.dispose()
  })

  it('gives the same bits for the same seed, and others for another one', async () => {
    const weights = async (seed: number) => {
      const learned = await trained({ seed })
      const values = Object.values(learned.parameters()).map(({ data }) => [...data])
      learned.dispose()
      return values
    }
    const first = await weights(4)
    expect(await weights(4)).toEqual(first)
    expect(await weights(5)).not.toEqual(first)
  })
})

describe('restoreModel', () => {
  it('builds the model that was stored', async () => {
    const restored = (await restoreModel(engine, { ...model.store(), metrics: {} }, 'there')) as Replier
    expect(restored.predict(messages)).toEqual(model.predict(messages))
    expect(restored.evaluate(easyPairs)).toEqual(model.evaluate(easyPairs))
    restored.dispose()
  })

  it.each<[string, JsonObject, string]>([
    ['unknown settings', { settings: { model: { wings: 2 } } }, 'unknown setting'],
    ['no replies', { replies: [] }, 'at least one reply'],
    ['an empty reply', { replies: ['yes', ''] }, 'at least one reply'],
    ['no vocabulary', { vocabulary: {} }, 'expected a list of words'],
    ['no baseline', { baselines: {} }, 'a baseline of nearest texts'],
    ['a size that the weights do not have', { settings: { model: { vectorSize: 7 } } }, 'do not fit'],
  ])('refuses %s', async (_, config, message) => {
    const stored = model.store()
    const changed = { ...stored, metrics: {}, config: { ...stored.config, ...config } }
    const restore = restoreModel(engine, changed, 'there')
    await expect(restore).rejects.toThrow(FormatError)
    await expect(restore).rejects.toThrow(message)
    await expect(restore).rejects.toThrow(/^there/)
  })
})

it('streams: after each word it says what it would reply to the message so far', () => {
  const stream = model.stream()
  stream.push('wake me')
  expect(stream.predict()).toEqual(model.predict('wake me'))
  const other = stream.fork().push('early please')
  expect(other.end()).toEqual(model.predict('wake me early please'))
  stream.dispose()
})

it('looks inside the encoder of messages', () => {
  const { steps, layers } = model.inspect('play a song')
  expect(steps).toEqual(['play', 'a', 'song'])
  expect(layers.map(({ name }) => name)).toEqual(['message.l0'])
  expect(() => model.inspect('')).toThrow(UsageError)
})

it('releases everything when a model is disposed of', async () => {
  const before = engine.bytesInUse
  const learned = await trained({})
  learned.predict('wake me')
  learned.dispose()
  expect(engine.bytesInUse).toBe(before)
})

it.each([
  ['no rows', [], 'expected training rows, found none'],
  [
    'one reply only',
    easyPairs.slice(0, 20),
    'at least two different replies, found only "Take an umbrella."',
  ],
  ['an empty reply', [...easyPairs, { source: 'hm', target: ' ' }], 'rows[60]: expected a target'],
  ['no message', { train: [{ target: 'x' }] }, 'train[0]: expected a source'],
])('refuses %s', async (_, data, message) => {
  const attempt = train({ task: 'reply', data: data as never, engine })
  await expect(attempt).rejects.toThrow(DataError)
  await expect(attempt).rejects.toThrow(message)
})
