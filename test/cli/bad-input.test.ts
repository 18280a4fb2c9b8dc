import { afterAll, beforeAll, expect, it } from 'vitest'
import { CommandLine, easyRows } from './command.js'

let unrolled: CommandLine
beforeAll(() => {
  unrolled = new CommandLine()
  unrolled.file('easy.jsonl', easyRows())
})
afterAll(() => unrolled.dispose())

const quick = ['--set', 'train.epochs=1', 'model.hiddenSize=8', 'text.gramBuckets=50']
const train = (...args: string[]) => unrolled.run(['train', 'classify', ...args])

/** What cannot be used, and what the message must say. Each ends with code 2, before anything is trained. */
const badData: Record<string, [string | Uint8Array, RegExp]> = {
  'an empty file': ['', /^error: data\/an empty file\.jsonl: expected .*, found/],
  'no label': ['{"text": "a", "label": "x"}\n{"text": "b"}\n', /no label\.jsonl:2: expected a label/],
  'one class': [
    '{"text": "a", "label": "x"}\n{"text": "b", "label": "x"}\n',
    /at least two labels.*only "x"/,
  ],
  'an empty text': [
    '{"text": "a", "label": "x"}\n{"text": " ", "label": "y"}\n',
    /an empty text\.jsonl:2: expected a text/,
  ],
  'broken JSON': ['{"text": "a", "label": "x"}\n{"text": \n', /broken JSON\.jsonl:2: expected/],
  'invalid UTF-8': [
    Buffer.concat([
      Buffer.from('{"text": "a", "label": "x"}\n{"text": "'),
      Buffer.from([0xff]),
      Buffer.from('"}\n'),
    ]),
    /invalid UTF-8\.jsonl:2: expected UTF-8, found byte 0xff/,
  ],
}

it.each(Object.entries(badData))('refuses data: %s', async (name, [content, message]) => {
  const { code, stderr, stdout } = await train(
    '--data',
    unrolled.file(`data/${name}.jsonl`, content),
    ...quick,
  )
  expect(stderr).toMatch(message)
  expect(stderr.split('\n').filter(Boolean)).toHaveLength(1)
  expect(stderr).not.toContain('    at ')
  expect(code).toBe(2)
  expect(stdout).toBe('')
})

it('refuses a file that is not there and names the nearest', async () => {
  const { code, stderr } = await train('--data', 'eazy.jsonl')
  expect(code).toBe(2)
  expect(stderr).toContain('did you mean easy.jsonl?')
  expect((await train()).stderr).toContain('expected data to learn from: give --data')
})

it.each([
  [['--set', 'train.epocs=3'], 'unknown setting "train.epocs"; did you mean "train.epochs"?'],
  [['--set', 'epochs=3'], 'unknown setting "epochs"; did you mean "train.epochs"?'],
  [
    ['--set', 'train.epochs=many'],
    'train.epochs: expected a whole number of at least 0, or auto, got "many"',
  ],
  [
    ['--set', 'model.hiddenSize=-4'],
    'model.hiddenSize: expected a whole number of at least 1, or auto, got -4',
  ],
  [['--seed', '-1'], '--seed: expected a whole number of at least 0, got "-1"'],
  [['--set', 'train.epochs'], 'expected path=value'],
])('refuses %j', async (args, message) => {
  const { code, stderr } = await train('--data', 'easy.jsonl', ...args)
  expect(stderr).toContain(message)
  expect(code).toBe(2)
})

it('names the line of a configuration file', async () => {
  const config = unrolled.file('wrong.yaml', 'task: classify\ndata: easy.jsonl\nmodel:\n  hiddenSiz: 4\n')
  const { code, stderr } = await unrolled.run(['train', config])
  expect(stderr).toContain(
    'wrong.yaml:4: unknown setting "model.hiddenSiz"; did you mean "model.hiddenSize"?',
  )
  expect(code).toBe(2)
  unrolled.file('broken.yaml', 'task: [classify\n')
  expect((await unrolled.run(['train', 'broken.yaml'])).stderr).toMatch(/broken\.yaml:\d+: /)
  expect((await unrolled.run(['train', 'missing.yaml'])).code).toBe(2)
})

it('refuses an --out that holds something, and a --resume that holds nothing', async () => {
  const done = await train('--data', 'easy.jsonl', '--out', 'runs/done', ...quick)
  expect(done.code, done.stderr).toBe(0)
  const again = await train('--data', 'easy.jsonl', '--out', 'runs/done', ...quick)
  expect(again.stderr).toContain('--out runs/done already holds a trained model')
  expect(again.code).toBe(2)
  unrolled.file('notes/mine.txt', 'precious')
  const foreign = await train('--data', 'easy.jsonl', '--out', 'notes', ...quick)
  expect(foreign.stderr).toContain('--out notes is not empty and holds no run')
  expect((await unrolled.run(['train', '--resume', 'runs/nothing'])).stderr).toContain('holds no run')
  const changed = await unrolled.run(['train', '--resume', 'runs/done', '--set', 'train.learningRate=0.5'])
  expect(changed.stderr).toContain('train.learningRate was')
  expect(changed.code).toBe(2)
})

it('refuses a damaged model', async () => {
  await train('--data', 'easy.jsonl', '--out', 'models/whole', ...quick)
  const weights = unrolled.read('models/whole/model.safetensors')
  weights[weights.length - 9] ^= 4
  unrolled.file('models/whole/model.safetensors', weights)
  const flipped = await unrolled.run(['predict', 'models/whole', 'hello'])
  expect(flipped.stderr).toMatch(/^error: models\/whole\/model\.safetensors: damaged/)
  expect(flipped.code).toBe(2)
  unrolled.file('models/whole/model.safetensors', weights.subarray(0, 100))
  expect((await unrolled.run(['predict', 'models/whole', 'hello'])).stderr).toContain('damaged')
})

it('counts a label of the test part that is unknown in training as wrong, and says so', async () => {
  unrolled.file(
    'test.jsonl',
    '{"text": "will it rain", "label": "weather"}\n{"text": "hm", "label": "mystery"}\n',
  )
  const { code, stderr, stdout } = await train(
    ...['--data', 'easy.jsonl', '--test', 'test.jsonl', '--out', 'runs/unknown', '--json', ...quick],
  )
  expect(code, stderr).toBe(0)
  expect(stderr).toContain('1 row of the test part has a label that no training row has (mystery)')
  expect(JSON.parse(stdout).test.accuracy).toBeLessThanOrEqual(0.5)
})

it('takes a line of a megabyte', async () => {
  const long = JSON.stringify({ text: 'word '.repeat(200_000), label: 'weather' })
  const data = unrolled.file('long.jsonl', `${easyRows()}${long}\n`)
  const { code, stderr } = await train('--data', data, '--out', 'runs/long', ...quick)
  expect(code, stderr).toBe(0)
})
