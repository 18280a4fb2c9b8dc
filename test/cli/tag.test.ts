import { afterAll, beforeAll, expect, it } from 'vitest'
import { tagsOf } from '../../src/codecs/tags.js'
import { exampleOf } from '../../src/tasks/tag-rows.js'
import { slotRows } from '../tasks/tag-rows.js'
import { CommandLine, lastJson } from './command.js'

const settings = ['train.epochs=25', 'train.learningRate=0.01', 'model.hiddenSize=16', 'train.averaging=0.9']
let unrolled: CommandLine
beforeAll(async () => {
  unrolled = new CommandLine()
  const lines = slotRows.map((row, index) => {
    const { tokens, spans } = exampleOf(row, index)
    const tags = tagsOf(spans, tokens.length, 'iob2')
    return tokens.map((token, i) => `${token} ${tags[i]}\n`).join('')
  })
  unrolled.file('flights.conll', lines.join('\n'))
  unrolled.file('flights.jsonl', slotRows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const given = ['train', 'tag', '--data', 'flights.conll', '--out', 'models/flights', '--json', '--set']
  const { code, stderr, stdout } = await unrolled.run([...given, ...settings])
  expect(code, stderr).toBe(0)
  expect(stderr).toContain('IOB2 (BIO) tags')
  expect(stderr).toContain('a flight from [Rome](from) to [Hong Kong](to) [on Monday](day)')
  expect(stderr).toMatch(/Epoch +\d+\/25 .*val_f1: \d/)
  expect(lastJson(stdout)).toMatchObject({
    task: 'tag',
    test: { rows: 7, f1: expect.any(Number) },
    baselines: { lookup: expect.any(Number) },
  })
}, 120_000)
afterAll(() => unrolled.dispose())

it('predicts spans, for people and as JSON', async () => {
  const { stdout } = await unrolled.run(['predict', 'models/flights', 'a flight from Lima to Rome', '--json'])
  const { text, spans } = lastJson(stdout) as { text: string; spans: { start: number; end: number }[] }
  expect(text).toBe('a flight from Lima to Rome')
  expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual(['Lima', 'Rome'])
  const shown = await unrolled.run(['predict', 'models/flights', 'the weather of Oslo'])
  expect(shown.stdout).toMatch(/the weather of \[Oslo\]\(place [\d.]+ %\)/)
})

it('evaluates beside simple rules', async () => {
  const { stdout } = await unrolled.run(['evaluate', 'models/flights', 'flights.conll'])
  expect(stdout).toMatch(/80 texts, \d+ spans/)
  expect(stdout).toContain('the most frequent tag of each word')
  const json = lastJson(
    (await unrolled.run(['evaluate', 'models/flights', 'flights.conll', '--json'])).stdout,
  )
  expect(json).toMatchObject({ task: 'tag', rows: 80, baselines: { lookup: expect.any(Number) } })
  expect(json.f1).toBeGreaterThan(0.8)
})

it('writes a configuration, and learns spans and intents from JSON lines with it', async () => {
  const { code, stderr } = await unrolled.run(['init', 'tag', '--data', 'flights.jsonl', '--out', 'tag.yaml'])
  expect(code, stderr).toBe(0)
  expect(unrolled.read('tag.yaml').toString()).toMatch(/^ {2}crf: true +# Whether tag sequences/m)
  const trained = await unrolled.run([
    'train',
    'tag.yaml',
    '--out',
    'models/joint',
    '--json',
    '--set',
    ...settings,
  ])
  expect(trained.code, trained.stderr).toBe(0)
  expect(lastJson(trained.stdout).test).toMatchObject({ intentAccuracy: expect.any(Number) })
  const looked = await unrolled.run(['inspect', 'models/joint', 'the weather of Lima', '--json'])
  expect(looked.code, looked.stderr).toBe(0)
})

it('names the line that is wrong', async () => {
  unrolled.file('broken.conll', 'a O\nRome B-to\n\nb O O O\nOslo\n')
  const { code, stderr } = await unrolled.run(['train', 'tag', '--data', 'broken.conll'])
  expect(code).toBe(2)
  expect(stderr).toContain('broken.conll:')
})
