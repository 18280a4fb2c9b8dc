import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { easyLines } from '../tasks/lm-text.js'
import { CommandLine, lastJson } from './command.js'

let unrolled: CommandLine
const settings = [
  '--set',
  'model.embeddingSize=16',
  'model.hiddenSize=32',
  'train.epochs=4',
  'train.streams=8',
  'train.window=32',
  'train.learningRate=0.02',
]
let trained: Record<string, unknown>
beforeAll(async () => {
  unrolled = new CommandLine()
  unrolled.file('text.txt', `${easyLines(1200).join('\n')}\n`)
  const args = ['train', 'lm', '--data', 'text.txt', '--out', 'models/text', ...settings, '--json']
  const { code, stdout, stderr } = await unrolled.run(args)
  expect(code, stderr).toBe(0)
  expect(stderr).toContain('plain text, line by line')
  expect(stderr).toContain('validation and test rows held out')
  trained = lastJson(stdout)
})
afterAll(() => unrolled.dispose())

describe('a language model on the command line', () => {
  it('is trained and reported beside n-grams', () => {
    expect(trained).toMatchObject({
      task: 'lm',
      out: 'models/text',
      train: { epochs: 4, stopped: 'epochs' },
      test: { nll: expect.any(Number), perplexity: expect.any(Number), bitsPerCharacter: expect.any(Number) },
      baselines: { ngram: expect.any(Number), unigram: expect.any(Number) },
    })
    const { nll } = trained.test as { nll: number }
    const { unigram } = trained.baselines as { unigram: number }
    expect(nll).toBeLessThan(unigram / 2)
    expect(unrolled.read('models/text/README.md').toString()).toContain(`| nll | ${nll.toFixed(4)} |`)
  })

  it('gives the same scores for the same files, gzipped and in folders', async () => {
    const lines = easyLines(60, 9)
    unrolled.file('more/a.txt', `${lines.slice(0, 30).join('\r\n')}\r\n`)
    unrolled.file('more/b.txt.gz', gzipSync(`${lines.slice(30).join('\n')}\n`))
    unrolled.file('whole.txt', lines.join('\n'))
    const folder = lastJson((await unrolled.run(['evaluate', 'models/text', 'more', '--json'])).stdout)
    const file = lastJson((await unrolled.run(['evaluate', 'models/text', 'whole.txt', '--json'])).stdout)
    expect(folder).toMatchObject({ task: 'lm', rows: 60, nll: file.nll, baselines: file.baselines })
    const { stdout } = await unrolled.run(['evaluate', 'models/text', 'whole.txt'])
    expect(stdout).toMatch(/6-grams \(Kneser-Ney\)/)
  })

  it('writes text, decided by the seed', async () => {
    const args = ['generate', 'models/text', 'anna', '--length', '40', '--top-k', '3', '--seed', '5']
    const { stdout, code } = await unrolled.run(args)
    expect(code).toBe(0)
    const { text, prompt, tokens } = lastJson((await unrolled.run([...args, '--json'])).stdout)
    expect(stdout).toBe(`anna${text}\n`)
    expect({ prompt, tokens }).toEqual({ prompt: 'anna', tokens: 40 })
    const line = await unrolled.run([
      'generate',
      'models/text',
      'anna eats an',
      '--line',
      '--temperature',
      '0',
    ])
    expect(line.stdout).toBe('anna eats an apple.\n')
  })

  it('writes nothing before its options are checked', async () => {
    const wrong = [
      ['--length', '0'],
      ['--seed', '0.5'],
      ['--top-p', '2'],
      ['--top-k', '-1'],
      ['--repetition-penalty', '0.5'],
      ['--temperature', '-1'],
    ]
    for (const options of wrong) {
      const { code, stdout, stderr } = await unrolled.run(['generate', 'models/text', 'the', ...options])
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(new RegExp(`^error: \\w+: got \\w+ ${options[1]}; expected`))
    }
  })

  it('scores and ranks sentences', async () => {
    unrolled.file('candidates.txt', 'anna eats an pear.\nanna eats a pear.\n')
    const { stdout } = await unrolled.run(['score', 'models/text', 'candidates.txt', '--rank', '--json'])
    expect(lastJson(stdout)).toMatchObject({
      scores: [
        { text: 'anna eats a pear.', tokens: 18, logProb: expect.any(Number) },
        { text: 'anna eats an pear.' },
      ],
    })
    const table = await unrolled.run(['score', 'models/text'], { input: 'bert finds a plum.\n' })
    expect(table.stdout).toMatch(/log P.*\n.*bert finds a plum\.\n$/)
    const predicted = await unrolled.run(['predict', 'models/text', 'anna eats'])
    expect(predicted.stdout).toMatch(/log P -\d+\.\d\d \(10 tokens, perplexity .*next: " " 9\d/)
  })

  it('exports the n-grams beside the model as an ARPA file', async () => {
    const { code, stdout, stderr } = await unrolled.run([
      'export',
      'models/text',
      '--out',
      'text.arpa',
      '--json',
    ])
    expect(code, stderr).toBe(0)
    expect(lastJson(stdout)).toEqual({ model: 'models/text', order: 6, out: 'text.arpa' })
    const written = unrolled.read('text.arpa').toString()
    expect(written).toMatch(/^\\data\\\nngram 1=\d+\n(ngram \d=\d+\n){5}\n\\1-grams:\n/)
    expect(written).toMatch(/\n-\d\.\d+\ta ▁ p e a r\n/)
    expect(written).toMatch(/\n\\end\\\n$/)
    const other = await unrolled.run(['export', 'models/text', '--out', 'text.onnx'])
    expect(other.code).toBe(2)
    expect(other.stderr).toContain('--out text.onnx: expected a name that ends in .arpa, got ".onnx"')
    const nowhere = await unrolled.run(['export', 'models/text', '--out', 'no/such/folder.arpa'])
    expect(nowhere.stderr).toContain('cannot write there (ENOENT)')
  })

  it('learns from a text that is larger than its memory', async () => {
    const lines = easyLines(2000)
    unrolled.file('large.txt', `${lines.join('\n')}\n`.repeat(200)) // 9 MB
    unrolled.file('few.txt', lines.slice(0, 50).join('\n'))
    const parts = ['--data', 'large.txt', '--valid', 'none', '--test', 'few.txt', '--out', 'models/large']
    const small = ['model.hiddenSize=8', 'model.embeddingSize=8', 'train.seconds=0.5', 'baseline.order=2']
    const { code, stdout, stderr } = await unrolled.run(
      ['train', 'lm', ...parts, '--json', '--set', ...small],
      { environment: { NODE_OPTIONS: '--max-old-space-size=40' } },
    )
    expect(code, stderr).toBe(0)
    expect(lastJson(stdout)).toMatchObject({ train: { rows: 400_000 }, test: { rows: 50 } })
    const evaluated = await unrolled.run(['evaluate', 'models/large', 'few.txt'])
    expect(evaluated.stdout).toContain('2-grams (Kneser-Ney) of the last 5,000,000 tokens')
  })

  it('goes on with an interrupted training', async () => {
    const args = [
      'train',
      'lm',
      '--data',
      'text.txt',
      '--out',
      'models/again',
      ...settings,
      'train.epochs=200',
    ]
    let told = false
    const stopped = await unrolled.run(args, {
      watch: (stderr, kill) => {
        if (told || !stderr.includes('Epoch   2/200')) return
        told = true // a second one would end it at once
        kill('SIGINT')
      },
    })
    expect(stopped.code).toBe(130)
    const resumed = await unrolled.run([
      'train',
      '--resume',
      'models/again',
      '--set',
      'train.seconds=0.01',
      '--json',
    ])
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(resumed.stderr).toContain('resumed at step')
  })

  it('says what is wrong', async () => {
    const cases: [string[], string][] = [
      [['generate', 'models/text', '--length', 'x'], '--length: expected a number, got "x"'],
      [['generate', 'models/text', '--top-p', '2'], 'topP'],
      [['train', 'lm', '--data', 'empty.txt'], 'expected text to learn from'],
    ]
    unrolled.file('empty.txt', '\n\n')
    for (const [args, message] of cases) {
      const { code, stderr } = await unrolled.run(args)
      expect(code).toBe(2)
      expect(stderr).toContain(message)
    }
  })

  it('writes its settings down', async () => {
    const { code, stderr } = await unrolled.run(['init', 'lm', '--data', 'text.txt', '--out', 'lm.yaml'])
    expect(code, stderr).toBe(0)
    expect(unrolled.read('lm.yaml').toString()).toMatch(/tokens: characters +# What is predicted/)
  })
})
