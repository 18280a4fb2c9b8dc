import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DataError, FormatError, UsageError } from '../../src/errors.js'
import { type Engine, restoreModel, type TextModel, train } from '../../src/index.js'
import { ArpaModel } from '../../src/metrics/index.js'
import { textLogProbs } from '../../src/tasks/lm-scoring.js'
import { PackedLayout } from '../../src/tensor/index.js'
import { openEngine } from '../tensor/engines.js'
import { easyLines, smallText } from './lm-text.js'

let engine: Engine
let model: TextModel
const test = easyLines(100, 8)
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  model = await train({ task: 'lm', data: easyLines(1200), engine, ...smallText })
})
afterAll(() => engine.dispose())

const nll = (of: TextModel, rows: readonly string[]) => of.evaluate(rows).scores.nll

describe('evaluate', () => {
  it('comes near the entropy of the language, beside what n-grams reach', () => {
    const { rows, scores, baselines, details } = model.evaluate(test)
    const characters = test.join('\n').length + 1
    const entropy = (100 * Math.log(4 * 3 * 3)) / characters
    expect(rows).toBe(100)
    expect(details).toMatchObject({ characters, tokens: characters, unknown: 0, order: 6 })
    expect(scores.nll).toBeLessThan(1.15 * entropy)
    expect(scores.nll).toBeGreaterThan(0.9 * entropy)
    expect(scores.perplexity).toBeCloseTo(Math.exp(scores.nll), 10)
    expect(scores.bitsPerCharacter).toBeCloseTo(scores.nll / Math.LN2, 10)
    expect(baselines.ngram).toBeGreaterThan(0.9 * entropy)
    expect(baselines.unigram).toBeGreaterThan(baselines.ngram)
  })

  it('reads a long text in pieces as it would read it whole', () => {
    const { network, lines } = model
    const tokens = lines.encode(easyLines(700, 9))
    const inputs = [lines.end, ...tokens.slice(0, -1)]
    const whole = engine.scope(() => {
      const logits = network.forward(inputs, PackedLayout.of([tokens.length]))
      const { data, shape } = logits
      return Array.from(tokens, (token, row) => {
        const of = Array.from(data.subarray(row * shape[1], (row + 1) * shape[1]))
        return of[token] - Math.log(of.reduce((sum, logit) => sum + Math.exp(logit), 0))
      })
    })
    const found = textLogProbs(network, tokens, lines.end)
    const first = 4096 // the first piece has the same past; the others lack what lies far back
    for (let i = 0; i < tokens.length; i++) expect(found[i]).toBeCloseTo(whole[i], i < first ? 4 : 1)
  })

  it('counts characters that it does not know, and refuses nothing to score', () => {
    expect(model.evaluate(['anna eats ω']).details.unknown).toBeCloseTo(1 / 12, 10)
    expect(() => model.evaluate([])).toThrow(UsageError)
  })
})

describe('score, rank and next', () => {
  it('are the chain rule', () => {
    const text = 'dora finds a plum.'
    const steps = [...text, '↵'].map((token, i) => {
      const answers = model.next(text.slice(0, i), { top: 100 })
      return Math.log(answers.find((answer) => answer.token === token)?.probability ?? 0)
    })
    const { logProb, tokens, perplexity } = model.score(text)
    expect(logProb).toBeCloseTo(
      steps.reduce((a, b) => a + b, 0),
      3,
    )
    expect(tokens).toBe(19)
    expect(perplexity).toBeCloseTo(Math.exp(-logProb / 19), 10)
    const sum = model.next('dora', { top: 100 }).reduce((total, { probability }) => total + probability, 0)
    expect(sum).toBeCloseTo(1, 10)
  })

  it('do not depend on the other texts, and take empty ones', () => {
    const texts = ['anna', '', ...test.slice(0, 40), 'x'.repeat(5000)]
    expect(model.score(texts)).toEqual(texts.map((text) => model.score(text)))
    expect(model.score([])).toEqual([])
  })

  it('rank what the language has before what it has not', () => {
    const candidates = ['anna eats an pear.', 'anna eats a pear.', 'anna a pear eats.']
    expect(model.rank(candidates).map(({ place }) => place)[0]).toBe(1)
    const [first] = model.rank(candidates, { others: [0, -1000, -1], weight: 0.001 })
    expect(first).toMatchObject({ place: 0, text: candidates[0] })
    expect(() => model.rank(candidates, { others: [1] })).toThrow('1 scores for 3 candidates')
  })

  it('refuse what is no text', () => {
    expect(() => model.score([7 as unknown as string])).toThrow('got number')
    expect(() => model.next(null as unknown as string)).toThrow('got null')
  })
})

it('gives its n-grams to other programs', () => {
  const lines = model.arpa().split('\n')
  expect(lines[1]).toBe(`ngram 1=${model.lines.size + 1}`)
  expect(lines.find((line) => line.includes('p p l e .'))).toMatch(/^-\d\.\d+\ta?.*p p l e \./)
  expect(lines.some((line) => line.includes('a ▁ p'))).toBe(true)
})

it.each([
  ['characters', ['▁', '<U+0009>', '<U+00A0>', '<U+2581>']],
  ['words', ['<U+003C>s>', '▁pear']],
] as const)('gives other programs different names for different %s', async (tokens, expected) => {
  const strange = ['a\tb\u00a0c ▁', '▁pear <s> apple', 'a pear', 'an apple'].flatMap((line) => [line, line])
  const text = { tokens, vocabulary: 50, minimumCount: 1, boundaries: 'blanks' as const }
  const learn = { ...smallText, train: { ...smallText.train, epochs: 1 } }
  const data = { train: strange, valid: [], test: strange }
  const other = await train({ task: 'lm', data, engine, ...learn, text })
  const written = other.arpa().split('\n')
  const names = written.slice(written.indexOf('\\1-grams:') + 1, written.indexOf('\\2-grams:') - 1)
  expect(names.map((line) => line.split('\t')[1])).toEqual(expect.arrayContaining([...expected]))
  expect(ArpaModel.read(written, 'strange.arpa').has(expected[0])).toBe(true)
  other.dispose()
})

describe('stream', () => {
  it('says after every piece what next says for the text so far, and log P of it', () => {
    const stream = model.stream()
    const pieces = ['anna', ' ea', 'ts', ' an', ' apple.']
    for (const [index, piece] of pieces.entries()) {
      stream.push(piece)
      expect(stream.next()).toEqual(model.next(pieces.slice(0, index + 1).join('')))
    }
    expect(stream.tokens).toBe(19)
    expect(stream.end()).toBeCloseTo(model.score('anna eats an apple.').logProb, 4)
    expect(() => stream.push('x')).toThrow('has ended')
  })

  it('forks, and goes back', () => {
    const stream = model.stream().push('bert')
    const before = stream.snapshot()
    const fork = stream.fork().push(' eats')
    expect(stream.next()).toEqual(model.next('bert'))
    stream.push(' sells')
    expect(fork.next()).toEqual(model.next('bert eats'))
    expect(fork.logProb).not.toBe(stream.logProb)
    stream.restore(before)
    expect(stream.push(' eats').logProb).toBe(fork.logProb)
    for (const each of [stream, fork]) each.dispose()
  })
})

describe('generate', () => {
  it('writes the language', () => {
    const { text } = model.generate({ length: 400, temperature: 0.5 })
    const written = text.split('\n').slice(0, -1)
    expect(written.length).toBeGreaterThan(10)
    const right = written.filter((line) =>
      /^(anna|bert|cleo|dora) (eats|sells|finds) (a pear|an apple|a plum)\.$/.test(line),
    )
    expect(right.length / written.length).toBeGreaterThan(0.8)
  })

  it('is decided by the seed, and hands the text out while it is written', () => {
    const pieces: string[] = []
    const options = { length: 60, topK: 5, topP: 0.95, repetitionPenalty: 1.1, prompt: 'bert sells' }
    const first = model.generate({ ...options, seed: 3, onText: (piece) => pieces.push(piece) })
    expect(pieces.join('')).toBe(first.text)
    expect(pieces.length).toBeGreaterThan(50)
    expect(first.tokens).toBe(60)
    expect(model.generate({ ...options, seed: 3 })).toEqual(first)
    expect(model.generate({ ...options, seed: 4 }).text).not.toBe(first.text)
  })

  it('goes on where the prompt ends, with log P of what it adds', () => {
    const { text, logProb } = model.generate({ prompt: 'cleo finds an ap', line: true, temperature: 0 })
    expect(text).toBe('ple.')
    const whole = model.score('cleo finds an apple.').logProb
    const others = [...'cleo finds an ap'].map((token, i) => {
      const answers = model.next('cleo finds an ap'.slice(0, i), { top: 100 })
      return Math.log(answers.find((answer) => answer.token === token)?.probability ?? 0)
    })
    expect(logProb).toBeCloseTo(whole - others.reduce((a, b) => a + b, 0), 3)
  })

  it('ends with the line that it has begun, not with one of the prompt', () => {
    const line = { line: true, temperature: 0 }
    const { text } = model.generate({ ...line, prompt: 'anna eats a pear.\ncleo finds an ap' })
    expect(text).toBe('ple.')
    expect(model.generate({ ...line, temperature: 0.5, prompt: 'anna eats a pear.\n' }).text).toMatch(
      /^\w.*\.$/,
    )
  })

  it('refuses what cannot be', () => {
    expect(() => model.generate({ length: 0 })).toThrow('length')
    expect(() => model.generate({ temperature: -1 })).toThrow('temperature')
    expect(() => model.generate({ topP: 0 })).toThrow('topP')
    expect(() => model.generate({ topP: 2, temperature: 0 })).toThrow('topP')
    expect(() => model.generate({ seed: 1.5 })).toThrow('generate: got seed 1.5; expected a whole number')
  })
})

describe.each(['words', 'pieces'] as const)('a model of %s', (tokens) => {
  let other: TextModel
  beforeAll(async () => {
    const text = { tokens, vocabulary: tokens === 'words' ? 50 : 300 }
    const noise = { inputDropout: 0, headDropout: 0 }
    other = await train({
      task: 'lm',
      data: easyLines(1200),
      engine,
      text,
      model: { ...smallText.model, embeddingSize: 32, ...noise },
      train: { ...smallText.train, epochs: 8 },
    })
  })

  it('ties its weights, and finds the language as probable as the characters do', () => {
    expect(Object.keys(other.parameters())).not.toContain('head.weight')
    const { scores, details } = other.evaluate(test)
    expect(details.tokens).toBeLessThan(Number(details.characters) / 2)
    expect(scores.natsPerCharacter).toBeLessThan(1.25 * nll(model, test))
  })

  it('writes and goes on', () => {
    const { text } = other.generate({ prompt: 'anna', length: 5, temperature: 0, line: true })
    expect(text).toMatch(/(eats|sells|finds)/)
    const [best] = other.rank(['anna eats a apple.', 'anna eats an apple.'])
    expect(best.text).toBe('anna eats an apple.')
  })

  it('writes behind a prompt what reads on, whether or not it ends with a blank', () => {
    const written = (prompt: string) => {
      const pieces: string[] = []
      const options = { prompt, temperature: 0, length: 12 }
      const { text } = other.generate({ ...options, onText: (piece) => pieces.push(piece) })
      expect(pieces.join('')).toBe(text)
      return text.split('\n')[0]
    }
    expect(`anna${written('anna')}`).toMatch(/^anna (eats|sells|finds) an? \w+ ?\.$/)
    expect(`dora\nanna${written('dora\nanna')}`).toMatch(/^dora\nanna (eats|sells|finds) an? \w+ ?\.$/)
    if (tokens === 'words') expect(`anna ${written('anna ')}`).toBe(`anna${written('anna')}`)
  })

  it('hands out a long line piece by piece as the tokenizer writes it whole', () => {
    const { tokenizer, end } = other.lines
    const { prompt, text } = other.generate({ prompt: 'bert', length: 300, temperature: 1.5, seed: 9 })
    const again = other.lines.decode([...other.lines.begun(prompt + text)])
    expect(again).toBe(prompt + text)
    expect(tokenizer.decode([end])).toBe('')
  })
})

it('learns many words from a sample of them', async () => {
  const learn = async (sampledSoftmax: number) => {
    const trained = await train({
      task: 'lm',
      data: easyLines(1200),
      engine,
      text: { tokens: 'words' },
      model: { hiddenSize: 32, inputDropout: 0, headDropout: 0 },
      train: { ...smallText.train, epochs: 8, sampledSoftmax },
    })
    const loss = nll(trained, test)
    trained.dispose()
    return loss
  }
  expect(await learn(8)).toBeLessThan(1.15 * (await learn(0)))
  await expect(learn(100)).rejects.toThrow('train.sampledSoftmax')
})

describe('store and restore', () => {
  it('gives a model that scores, writes and compares alike', async () => {
    const restored = (await restoreModel(engine, { ...model.store(), metrics: {} }, 'there')) as TextModel
    expect(restored.evaluate(test)).toEqual(model.evaluate(test))
    expect(restored.generate({ length: 50 })).toEqual(model.generate({ length: 50 }))
    restored.dispose()
  })

  it.each([
    ['no tokenizer', { tokenizer: 3 }, 'tokenizer'],
    [
      'a tokenizer without line ends',
      { tokenizer: { type: 'characters', vocabulary: { words: ['a'], counts: [1] } } },
      '</s>',
    ],
    ['unknown settings', { settings: { model: { wings: 2 } } }, 'unknown setting'],
    ['a size that the weights do not have', { settings: { model: { hiddenSize: 8 } } }, 'do not fit'],
  ])('refuses %s', async (_, config, message) => {
    const stored = model.store()
    const restore = () =>
      restoreModel(engine, { ...stored, config: { ...stored.config, ...config }, metrics: {} }, 'there')
    await expect(restore()).rejects.toThrow(FormatError)
    await expect(restore()).rejects.toThrow(message)
  })

  it('refuses a model without its counts', async () => {
    const { tensors, config } = model.store()
    const { 'ngrams.counts': _, ...rest } = tensors
    const restored = restoreModel(engine, { tensors: rest, config, metrics: {} }, 'there')
    await expect(restored).rejects.toThrow(FormatError)
  })
})

describe('data in memory', () => {
  const learn = (data: unknown) =>
    train({ task: 'lm', data: data as string[], engine, ...smallText, train: { epochs: 1, streams: 1 } })

  it('may be given in parts, of which no line is lost', async () => {
    const parts = { train: ['abab abab', 'abab'], valid: ['ab'], test: ['abab ab\nab'] }
    const trained = await learn(parts)
    expect(trained.evaluate(parts.test).rows).toBe(1)
    trained.dispose()
  })

  it.each([
    ['no list', 7, 'a list of texts'],
    ['an entry that is no text', ['a', null], 'train[1]: expected a text, found null'],
    ['blanks', [' ', ''], 'expected text to learn from'],
    ['nothing', [], 'expected text to learn from'],
  ])('is refused when it is %s', async (_, data, message) => {
    await expect(learn(data)).rejects.toThrow(DataError)
    await expect(learn(data)).rejects.toThrow(message)
  })

  it('is refused without a validation text for a schedule that needs one', async () => {
    const plateau = train({
      task: 'lm',
      data: { train: ['abc abc'], valid: [] },
      engine,
      train: { schedule: 'plateau' },
    })
    await expect(plateau).rejects.toThrow('plateau needs a validation text')
  })

  it('is refused when it is too short for the streams', async () => {
    const short = train({ task: 'lm', data: ['abc'], engine, train: { streams: 64 } })
    await expect(short).rejects.toThrow('64 streams')
  })
})

it('looks inside while it reads a text', () => {
  const { steps, layers, influence } = model.inspect('anna eats')
  expect(steps).toEqual([...'anna eats'])
  expect(layers).toHaveLength(1)
  expect(influence).toBeDefined()
  expect(() => model.inspect('')).toThrow(UsageError)
})
