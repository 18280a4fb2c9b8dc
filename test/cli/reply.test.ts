import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { easyPairs } from '../tasks/replies.js'
import { CommandLine, easyRows, lastJson } from './command.js'

const unrolled = new CommandLine()
afterAll(() => unrolled.dispose())

const settings = [
  '--set',
  ...['model.hiddenSize=16', 'model.embeddingSize=16', 'model.vectorSize=16', 'text.gramBuckets=200'],
  ...['train.epochs=15', 'train.batchSize=8', 'train.learningRate=0.01', 'train.averaging=0.9'],
]
const tabbed = (rows: typeof easyPairs) => rows.map(({ source, target }) => `${source}\t${target}\n`).join('')

let training: Awaited<ReturnType<CommandLine['run']>>
beforeAll(async () => {
  const lines = easyPairs.map(
    ({ source, target }) => `${JSON.stringify({ message: source, reply: target })}\n`,
  )
  unrolled.file('chat.jsonl', lines.join(''))
  unrolled.file('replies.txt', 'Take an umbrella.\n\nHere is your song.\nI will wake you.\nNobody knows.\n')
  training = await unrolled.run([
    'train',
    'reply',
    '--data',
    'chat.jsonl',
    '--out',
    'model',
    '--json',
    ...settings,
  ])
}, 60_000)

it('trains, shows the pairs and prints one JSON object as the last line', () => {
  expect(training.code, training.stderr).toBe(0)
  expect(training.stderr).toContain(`${easyPairs[0].source} → ${easyPairs[0].target}`)
  expect(training.stderr).toMatch(/Epoch +\d+\/15 .*val_recallAt1: \d/)
  expect(lastJson(training.stdout)).toMatchObject({
    task: 'reply',
    test: { rows: 6, recallAt1: expect.any(Number), recallAt3: 1, mrr: expect.any(Number) },
    baselines: { nearest: expect.any(Number), mostFrequent: expect.any(Number) },
  })
})

it('replies to texts and in a chat, and says when no reply fits', async () => {
  const { stdout } = await unrolled.run(['predict', 'model', 'wake me up now', '--json'])
  expect(lastJson(stdout)).toMatchObject({ reply: 'I will wake you.', fits: true })
  const chat = await unrolled.run(['chat', 'model'], { input: 'play a song\n\n:quit\n' })
  expect(chat.stdout).toMatch(/^Here is your song\. {2}[\d.]+ % {3}\(then /)
  const given = [...settings, 'reject.threshold=1', 'train.epochs=1']
  const strict = await unrolled.run(['train', 'reply', '--data', 'chat.jsonl', '--out', 'strict', ...given])
  expect(strict.code, strict.stderr).toBe(0)
  expect((await unrolled.run(['predict', 'strict', 'what?'])).stdout).toMatch(/no reply fits: perhaps /)
})

it('evaluates beside simple rules', async () => {
  const { stdout } = await unrolled.run(['evaluate', 'model', 'chat.jsonl'])
  expect(stdout).toMatch(/60 messages, 3 replies/)
  expect(stdout).toMatch(/this model +(100\.0|9\d\.\d) %/)
  expect(stdout).toMatch(/reply of the nearest message +\d/)
})

it('takes the dictionary from a file, also when a run is resumed from another folder', async () => {
  const given = [...settings, 'read.replies=replies.txt', 'train.epochs=2']
  const { code, stderr } = await unrolled.run([
    'train',
    'reply',
    '--data',
    'chat.jsonl',
    '--out',
    'own',
    ...given,
  ])
  expect(code, stderr).toBe(0)
  const { replies } = JSON.parse(unrolled.read('own/config.json').toString())
  expect(replies).toEqual(['Take an umbrella.', 'Here is your song.', 'I will wake you.', 'Nobody knows.'])
  const { read, data } = JSON.parse(unrolled.read('own/run.json').toString())
  expect([read.replies, data]).toEqual([`${unrolled.work}/replies.txt`, `${unrolled.work}/chat.jsonl`])
})

describe('unrolled evaluate --beside', () => {
  const beside = (...options: string[]) =>
    unrolled.run(['evaluate', 'model', 'chat.jsonl', '--beside', ...options])
  it('says whether another model is better, or by chance only', async () => {
    const given = [...settings, 'train.epochs=0', '--seed', '2']
    const untrained = await unrolled.run([
      'train',
      'reply',
      '--data',
      'chat.jsonl',
      '--out',
      'none',
      ...given,
    ])
    expect(untrained.code, untrained.stderr).toBe(0)
    const { code, stdout, stderr } = await beside('none', 'model')
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^60 rows\n +recallAt1 +95 % of samples +difference +95 % of samples +p\n/)
    expect(stdout).toMatch(/\n +none +\d.* -\d+\.\d % +-\d+\.\d % to -\d+\.\d % +0\.001\n/)
    expect(stdout).toContain('none scores lower than model, and seldom by chance (p = 0.001)')
    expect(stdout).toContain('model and model score alike')
    const { recallAt1 } = lastJson((await unrolled.run(['evaluate', 'none', 'chat.jsonl', '--json'])).stdout)
    const found = lastJson((await beside('none', '--json')).stdout)
    const {
      score,
      beside: [other],
    } = found as { score: number; beside: Record<string, number>[] }
    expect(found).toMatchObject({ model: 'model', data: 'chat.jsonl', rows: 60, metric: 'recallAt1' })
    expect(other.score).toBe(recallAt1)
    expect(other.difference).toBeCloseTo(other.score - score, 12)
    expect(other.differenceLow).toBeLessThan(other.difference)
    expect(other.differenceHigh).toBeGreaterThan(other.difference)
  })

  it('refuses models that are scored otherwise, whichever comes first', async () => {
    const given = [...settings, 'train.epochs=0', 'text.lowerCase=false']
    await unrolled.run(['train', 'reply', '--data', 'chat.jsonl', '--out', 'cased', ...given])
    const { code, stderr } = await beside('cased')
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('text.lowerCase is true in model and false in cased'),
    ])
    const turned = await unrolled.run(['evaluate', 'cased', 'chat.jsonl', '--beside', 'model'])
    expect(turned.stderr).toContain('text.lowerCase is false in cased and true in model')
  })

  it('refuses models of different tasks, and those without a score of rows', async () => {
    const small = ['--set', 'train.epochs=0', 'model.hiddenSize=4', 'model.embeddingSize=4']
    const texts = [
      '--data',
      unrolled.file('texts.txt', easyPairs.map(({ source }) => `${source}\n`).join('')),
    ]
    await unrolled.run([
      'train',
      'classify',
      '--data',
      unrolled.file('easy.jsonl', easyRows()),
      '--out',
      'labels',
      ...small,
    ])
    await unrolled.run(['train', 'lm', ...texts, '--out', 'text', ...small])
    const foreign = await beside('labels')
    expect([foreign.code, foreign.stdout]).toEqual([2, ''])
    expect(foreign.stderr).toContain(
      'expected models of the task reply, as model is one; labels is one of the task classify',
    )
    const text = await unrolled.run(['evaluate', 'text', 'texts.txt', '--beside', 'text'])
    expect(text.stderr).toContain(
      '--beside needs models whose score is a sum over rows (task classify, tag, reply, translate, ',
    )
    const both = await beside('model', '--attribute')
    expect([both.code, both.stderr]).toEqual([
      2,
      expect.stringContaining('--attribute and --beside: expected one of them'),
    ])
  })
})

it('says where the validation rows cannot tell how sure a reply has to be, and lets that be changed', async () => {
  unrolled.file('foreign.txt', 'The earth is flat\nParis is nice\nNo\n')
  const given = [...settings, 'train.epochs=1', 'read.replies=foreign.txt']
  const training = await unrolled.run([
    'train',
    'reply',
    '--data',
    'chat.jsonl',
    '--out',
    'foreign',
    ...given,
  ])
  expect(training.code, training.stderr).toBe(0)
  expect(training.stderr).toMatch(
    /note: .*none of the \d+ validation rows has a reply.*reject.threshold is 0.5/,
  )
  expect(JSON.parse(unrolled.read('foreign/config.json').toString()).settings.reject).toEqual({
    temperature: 1,
    threshold: 0.5,
  })
  const evaluated = async (threshold: string) => {
    const changed = ['--set', `reject.threshold=${threshold}`, '--json']
    const { code, stdout, stderr } = await unrolled.run(['evaluate', 'model', 'chat.jsonl', ...changed])
    expect(code, stderr).toBe(0)
    return lastJson(stdout)
  }
  expect(await evaluated('0')).toMatchObject({ answered: 1, details: { rejection: { threshold: 0 } } })
  const strict = await evaluated('1')
  expect(strict).toMatchObject({ answered: 0, details: { rejection: { threshold: 1 } } })
  expect(strict).not.toHaveProperty('accuracyAnswered')
})

it('writes a configuration', async () => {
  const { code, stderr } = await unrolled.run([
    'init',
    'reply',
    '--data',
    'chat.jsonl',
    '--out',
    'reply.yaml',
  ])
  expect(code, stderr).toBe(0)
  expect(unrolled.read('reply.yaml').toString()).toMatch(
    /^ {2}most: 1000 +# Replies of the dictionary at most/m,
  )
})

describe('unrolled replies', () => {
  it('shows the dictionary, changes it without learning anew and saves the model', async () => {
    const weights = unrolled.read('model/model.safetensors')
    const shown = await unrolled.run(['replies', 'model'])
    const before = shown.stdout.trim().split('\n')
    expect(before.sort()).toEqual(['Here is your song.', 'I will wake you.', 'Take an umbrella.'])
    const given = ['--remove', 'take an umbrella.', '--add', 'Bring your umbrella.', 'No.', '--json']
    const changed = await unrolled.run(['replies', 'model', ...given])
    const after = [...before.filter((reply) => !reply.startsWith('Take')), 'Bring your umbrella.', 'No.']
    expect((lastJson(changed.stdout).replies as string[]).sort()).toEqual(after.sort())
    const { stdout } = await unrolled.run(['predict', 'model', 'will it rain now', '--json'])
    expect(lastJson(stdout).reply).not.toBe('Take an umbrella.')
    expect(unrolled.read('model/model.safetensors').equals(weights)).toBe(true)
    expect(unrolled.read('model/README.md').toString()).toContain('changed after these scores were measured')
    const back = await unrolled.run(['replies', 'model', '--from', 'replies.txt'])
    expect(back.stderr).toContain('4 replies, saved in model')
    fs.rmSync(`${unrolled.work}/model/README.md`)
    const bare = await unrolled.run(['replies', 'model', '--from', 'replies.txt'])
    expect([bare.code, bare.stderr]).toEqual([0, expect.stringContaining('4 replies, saved in model')])
  })

  it('refuses what is not in the dictionary, and models without one', async () => {
    const { code, stderr } = await unrolled.run(['replies', 'model', '--remove', 'I will wake you!'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('did you mean "I will wake you."?')])
    expect((await unrolled.run(['replies', 'model', '--add', ' '])).stderr).toMatch(/reply \d of \d is empty/)
  })
})

describe('bad input', () => {
  const one = tabbed(easyPairs.slice(0, 9))
  const broken: Record<string, [name: string, content: string, extra: string[], message: RegExp]> = {
    'one reply only': [
      'one.tsv',
      one,
      [],
      /^error: one\.tsv: expected at least two different replies, found only "Take an/,
    ],
    'a line without a reply': [
      'cut.tsv',
      `${tabbed(easyPairs)}hm\n`,
      [],
      /^error: cut\.tsv:61: expected a source and a target/,
    ],
    'an object without a reply': [
      'cut.jsonl',
      '{"message": "hi"}\n',
      [],
      /^error: cut\.jsonl:1: expected texts under/,
    ],
    'a column that is not there': [
      'a.tsv',
      'x\ty\n',
      ['read.target=z'],
      /^error: a\.tsv:1: expected a column "z"/,
    ],
    'a dictionary that is not there': [
      'b.tsv',
      tabbed(easyPairs),
      ['read.replies=replis.txt'],
      /did you mean replies\.txt/,
    ],
    'an empty dictionary': [
      'c.tsv',
      tabbed(easyPairs),
      [`read.replies=blank.txt`],
      /^error: blank\.txt: expected replies/,
    ],
  }

  it.each(Object.entries(broken))('refuses %s', async (_, [name, content, extra, message]) => {
    unrolled.file('blank.txt', '\n \n')
    const { code, stderr, stdout } = await unrolled.run([
      ...['train', 'reply', '--data', unrolled.file(name, content), ...settings, ...extra],
    ])
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('    at ')
    expect([code, stdout]).toEqual([2, ''])
  })

  it('leaves pairs out of which a text is blank, and says so', async () => {
    unrolled.file('gaps.tsv', `${tabbed(easyPairs)}hm\t \n`)
    const { code, stderr } = await unrolled.run([
      'train',
      'reply',
      '--data',
      'gaps.tsv',
      ...settings,
      'train.epochs=1',
    ])
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('left out 1 pairs of which a text is blank')
  })
})
