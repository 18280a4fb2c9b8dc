import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DataError, UsageError } from '../../src/errors.js'
import { type Engine, Random, type Transcriber, train } from '../../src/index.js'
import { ArpaModel } from '../../src/metrics/index.js'
import type { TranscribeRow } from '../../src/tasks/index.js'
import { openEngine } from '../tensor/engines.js'
import { printedRows, smallPrint } from './print.js'
import { smallTranscriber, toneOf, toneRows } from './tones.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.dispose())

const learn = (rows: readonly TranscribeRow[], settings: object): Promise<Transcriber> =>
  train<'transcribe'>({
    task: 'transcribe',
    engine,
    data: { train: rows, valid: toneRows(20, 5) },
    ...settings,
  })

describe('transcribe, of sound', () => {
  let model: Transcriber
  beforeAll(async () => {
    model = await learn(toneRows(150), smallTranscriber)
  }, 60_000)
  afterAll(() => model.dispose())

  it('writes what it hears, with times', () => {
    const { scores, baselines, details } = model.evaluate(toneRows(60, 9))
    expect(scores.cer).toBeLessThan(0.05)
    expect(scores.exactMatch).toBeGreaterThan(0.9)
    expect(baselines.silence).toBe(1)
    expect(baselines.mostFrequent).toBeGreaterThan(0.5)
    expect(details).toHaveProperty('greedy.cer')
    const [{ text, tokens, words, logProb, score }] = model.predict(toneOf('acb', new Random(3)))
    expect(text).toBe('acb')
    expect(score).toBe(logProb)
    expect(tokens.map((token) => token.text)).toEqual(['a', 'c', 'b'])
    expect(words).toEqual([{ text: 'acb', start: tokens[0].start, end: tokens[2].end }])
    for (const [place, { start, end }] of tokens.entries()) {
      // tones of 0.08 s begin every 0.11 s; a network that reads in both directions may say them near their place only
      expect(start).toBeGreaterThan(0.11 * place - 0.1)
      expect(end).toBeLessThan(0.11 * place + 0.2)
    }
  })

  it('gives several texts, the best first, whatever the other signals are', () => {
    const signals = toneRows(5, 11).map(({ input }) => input as never)
    const together = model.predict(signals, { best: 3 })
    for (const [place, transcripts] of together.entries()) {
      expect(transcripts).toHaveLength(3)
      expect(transcripts.map(({ score }) => score)).toEqual(
        transcripts.map(({ score }) => score).sort((a, b) => b - a),
      )
      expect(model.predict(signals[place], { best: 3 })).toEqual(transcripts)
    }
  })

  it('listens to a language model, a list of words and expected words', () => {
    const [{ input, text }] = toneRows(40, 12).filter((row) => row.text.length === 3)
    const other = text === 'abc' ? 'bca' : 'abc'
    expect(model.predict(input as never)[0].text).toBe(text)
    expect(model.predict(input as never, { words: [other], width: 50 })[0].text).toBe(other)
    const hot = model.predict(input as never, { hotWords: { [other]: 1000 }, width: 200 })[0]
    expect(hot.text).toBe(other)
    const arpa = ArpaModel.read(
      ['\\data\\', 'ngram 1=3', '', '\\1-grams:', '-99 <s>', '-0.1 </s>', `-0.1 ${other}`, '', '\\end\\'],
      'small.arpa',
    )
    const ruled = model.predict(input as never, { languageModel: arpa, languageWeight: 1000, width: 200 })[0]
    expect(ruled.text).toBe(other)
  })

  it('refuses what it cannot read', () => {
    const picture = { width: 4, height: 4, channels: 1, data: new Float32Array(16) } as const
    expect(() => model.predict(picture)).toThrow(/expected a sound, got a picture/)
    expect(() => model.predict({ sampleRate: 4000, channels: [new Float32Array(10)] })).toThrow(
      /at least 25 ms/,
    )
    expect(() => model.predict(toneOf('a', new Random(1)), { width: 0 })).toThrow(/width must be/)
    expect(() => model.stream()).toThrow(/needs the whole recording/)
  })

  it('says what it cannot be told about words, and when they forbid everything', () => {
    const sound = toneOf('abc', new Random(3))
    for (const hotWords of [{ 'ab c': 1 }, { '': 1 }, { xyz: 1 }] as Record<string, number>[])
      expect(() => model.predict(sound, { hotWords })).toThrow(
        /hotWords: expected single words that the model can write/,
      )
    expect(() => model.predict(sound, { words: [] })).toThrow(/words: expected at least one word/)
    expect(() => model.predict(sound, { words: ['bbbbbbbbbb'], width: 1 })).toThrow(UsageError)
  })

  it('tells words from blanks between tokens', async () => {
    const random = new Random(7)
    const rows = toneRows(120).map(({ text }, i) => {
      const spoken = i % 2 ? `${text} ${text}` : text
      return { input: toneOf(spoken, random), text: spoken }
    })
    const spaced = await learn(rows, {
      ...smallTranscriber,
      train: { ...smallTranscriber.train, epochs: 15 },
    })
    const [{ text, words, tokens }] = spaced.predict(toneOf('ab ab', random))
    expect(tokens.map((token) => token.text).join('')).toBe(text)
    expect(words.map((word) => word.text)).toEqual(text.split(' '))
    expect(words[0].end).toBeLessThanOrEqual(words[1].start)
    spaced.dispose()
  }, 60_000)

  it('gives no text twice, however many are asked for', () => {
    const texts = model.predict(toneOf('aab', new Random(6)), { best: 60 }).map(({ text }) => text)
    expect(new Set(texts).size).toBe(texts.length)
  })

  it('brings sound at another rate to its own', () => {
    const { channels } = toneOf('ba', new Random(4))
    const doubled = Float32Array.from({ length: 2 * channels[0].length }, (_, i) => channels[0][i >> 1])
    expect(model.predict({ sampleRate: 8000, channels: [doubled] })[0].text).toBe('ba')
  })
})

describe('a stream', () => {
  let model: Transcriber
  beforeAll(async () => {
    model = await learn(toneRows(200), {
      ...smallTranscriber,
      model: { ...smallTranscriber.model, bidirectional: false, hiddenSize: 32 },
      train: { ...smallTranscriber.train, epochs: 15 },
    })
  }, 60_000)
  afterAll(() => model.dispose())

  it('writes what the model writes of the whole, and never takes back what is stable', () => {
    const rows = toneRows(20, 21)
    expect(model.evaluate(rows).scores.cer).toBeLessThan(0.1)
    for (const [place, { input }] of rows.entries()) {
      const { channels } = input as ReturnType<typeof toneOf>
      const stream = model.stream()
      let stable = ''
      for (let begin = 0; begin < channels[0].length; begin += 37 + place) {
        const partial = stream.push(channels[0].subarray(begin, begin + 37 + place))
        expect(partial.stable.startsWith(stable)).toBe(true)
        stable = partial.stable
      }
      const text = stream.end()
      expect(text.startsWith(stable)).toBe(true)
      expect(text).toBe(model.predict(input as never)[0].text)
    }
  })
})

describe('a stream of a stream', () => {
  it('goes on from a copy, also from one that was written down, and stays as it was', async () => {
    const model = await learn(toneRows(40), {
      ...smallTranscriber,
      model: { ...smallTranscriber.model, bidirectional: false },
      train: { ...smallTranscriber.train, epochs: 2 },
    })
    const [samples] = toneOf('abcab', new Random(8)).channels
    const whole = (rest: Float32Array, stream = model.stream({ sampleRate: 8000 })) => {
      stream.push(rest)
      return { state: stream.snapshot(), text: stream.end() }
    }
    const expected = whole(samples)
    const stream = model.stream({ sampleRate: 8000 })
    stream.push(samples.subarray(0, 1111))
    const before = stream.snapshot()
    const copy = stream.fork()
    expect(whole(samples.subarray(1111), copy)).toEqual(expected)
    expect(stream.snapshot()).toEqual(before)
    expect(stream.seconds).toBeCloseTo(1111 / 8000, 10)
    const other = model.stream({ sampleRate: 8000 })
    other.push(samples)
    other.restore(before)
    expect(whole(samples.subarray(1111), other)).toEqual(expected)
    expect(() => model.stream().restore(before)).toThrow(/another sample rate/)
    stream.dispose()
    model.dispose()
  }, 60_000)
})

describe('transcribe, of pictures', () => {
  it('reads lines of print column by column', async () => {
    const model = await train({
      task: 'transcribe',
      engine,
      data: { train: printedRows(200), valid: printedRows(20, 2) },
      ...smallPrint,
    })
    const rows = printedRows(40, 3)
    expect(model.evaluate(rows).scores.cer).toBeLessThan(0.05)
    // light writing on dark paper, and a picture of twice the size
    const { width, height, data } = rows[0].input as { width: number; height: number; data: Float32Array }
    const light = { width, height, channels: 1, data: data.map((x) => 1 - x) } as const
    expect(model.predict(light)[0].text).toBe(rows[0].text)
    expect(() => model.stream()).toThrow(/picture/)
    expect(() => model.predict(toneOf('a', new Random(1)))).toThrow(/expected a picture/)
    model.dispose()
  }, 60_000)
})

describe('transcribe, by attention', () => {
  it('writes token by token what it looks at', async () => {
    const model = await learn(toneRows(300), {
      ...smallTranscriber,
      model: { ...smallTranscriber.model, form: 'attention', hiddenSize: 32, embeddingSize: 8 },
      train: { ...smallTranscriber.train, epochs: 25 },
    })
    const rows = toneRows(60, 9)
    expect(model.evaluate(rows).scores.cer).toBeLessThan(0.1)
    const [best, second] = model.predict(toneOf('cab', new Random(3)), { best: 2 })
    expect(best.text).toBe('cab')
    expect(best.score).toBeGreaterThan(second.score)
    // where it looks for a token in what both directions have read is its own business, but it is in the recording
    for (const { start, end } of best.tokens) {
      expect(start).toBeGreaterThanOrEqual(0)
      expect(end).toBeLessThan(0.4)
    }
    const signals = rows.map(({ input }) => input as never)
    expect(model.predict(signals)[7]).toEqual(model.predict(signals[7]))
    expect(() => model.stream()).toThrow(/needs the whole recording/)
    expect(() => model.predict(signals[0], { words: ['a'] })).toThrow(/model\.form=ctc/)
    model.dispose()
  }, 60_000)
})

describe('training rows', () => {
  it('are refused where a text does not fit into its frames, all of them named', async () => {
    const rows = toneRows(12).map((row, place) =>
      place % 6 === 2 ? { ...row, text: 'abc'.repeat(20) } : row,
    )
    const learning = learn(rows, smallTranscriber)
    await expect(learning).rejects.toThrow(DataError)
    await expect(learn(rows, smallTranscriber)).rejects.toThrow(
      /found 2 of 12 .*\n {2}train\[2\]: 60 steps needed .*\n {2}train\[8\]/,
    )
  })

  it('are augmented alike with one seed, and change what is learned', async () => {
    const short = { ...smallTranscriber, train: { ...smallTranscriber.train, epochs: 1 } }
    const weights = async (augment: object) => {
      const model = await learn(toneRows(24), { ...short, augment })
      const first = Array.from(Object.values(model.parameters())[0].data)
      model.dispose()
      return first
    }
    const augment = { noise: 0.5, speed: true, timeMasks: 1, frequencyMasks: 1 }
    const once = await weights(augment)
    expect(await weights(augment)).toEqual(once)
    expect(await weights({})).not.toEqual(once)
  })

  it('and those to be scored are looked at before anything is learned', async () => {
    const good = toneRows(12)
    const short = { input: { ...toneOf('a', new Random(1)), channels: [new Float32Array(20)] }, text: 'a' }
    const picture = { input: { ...printedRows(1)[0].input, name: 'line.png' }, text: 'a' }
    const loud = { input: { sampleRate: 4000, channels: [new Float32Array(900).fill(1e30)] }, text: 'a' }
    const slow = { input: { sampleRate: 1, channels: [new Float32Array(900)] }, text: 'a' }
    for (const [rows, message] of [
      [{ train: good, test: [good[0], short] }, /test\[1\]: expected at least 25 ms of sound, got less/],
      [{ train: good, valid: [picture] }, /line\.png: expected a sound, got a picture/],
      [{ train: [...good, loud] }, /train\[12\]: expected samples from about -1 to 1/],
      [{ train: good, valid: [slow] }, /valid\[0\]: expected from 100 to 1000000 samples per second, got 1/],
    ] as const) {
      let steps = 0
      const on = (event: { type: string }) => {
        if (event.type === 'batch') steps++
      }
      const learning = train<'transcribe'>({
        task: 'transcribe',
        engine,
        data: rows as never,
        on,
        ...smallTranscriber,
      })
      await expect(learning).rejects.toThrow(message)
      expect(steps).toBe(0)
    }
  })

  it('may be spoken slowly: the rate that is decided can be loaded again', async () => {
    const rows = toneRows(8).map(({ text }) => {
      const { channels } = toneOf(text, new Random(1))
      return {
        input: { sampleRate: 500, channels: [Float32Array.from(channels[0].filter((_, i) => i % 2 === 0))] },
        text,
      }
    })
    const model = await train<'transcribe'>({
      ...{ task: 'transcribe', engine, data: { train: rows, valid: [], test: [] } },
      ...{ ...smallTranscriber, sound: { bands: 4, window: 50 }, train: { epochs: 1 } },
    })
    expect(model.settings.sound.sampleRate).toBe(1000)
    model.dispose()
  })

  it('must be sounds or pictures', async () => {
    await expect(learn([{ input: 7, text: 'a' } as never], smallTranscriber)).rejects.toThrow(
      /train\[0\]: expected a sound .* or a picture/,
    )
    await expect(learn([{ input: toneOf('a', new Random(1)), text: ' ' }], smallTranscriber)).rejects.toThrow(
      DataError,
    )
  })
})
