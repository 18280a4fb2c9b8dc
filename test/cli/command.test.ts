import { taskNamed, taskNames } from 'unrolled/tasks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine, easyRows, lastJson } from './command.js'

let unrolled: CommandLine
beforeAll(async () => {
  unrolled = new CommandLine()
  unrolled.file('easy.jsonl', easyRows())
  const { code, stderr } = await unrolled.run([
    'train',
    'classify',
    '--data',
    'easy.jsonl',
    '--out',
    'models/easy',
    '--set',
    'train.epochs=8',
    'model.hiddenSize=16',
    'model.embeddingSize=16',
    'text.gramBuckets=200',
    'train.learningRate=0.01',
  ])
  expect(code, stderr).toBe(0)
})
afterAll(() => unrolled.dispose())

const short = ['--set', 'train.epochs=2', 'model.hiddenSize=16', 'text.gramBuckets=200']

describe('unrolled', () => {
  it('lists its commands', async () => {
    const { code, stdout } = await unrolled.run(['--help'])
    expect(code).toBe(0)
    for (const command of [
      'demo',
      'init',
      'train',
      'evaluate',
      'predict',
      'chat',
      'inspect',
      'export',
      'info',
    ])
      expect(stdout).toContain(`  ${command}`)
    const tasks = await Promise.all(taskNames.map((name) => taskNamed(name)))
    for (const { commands } of tasks)
      for (const command of commands) expect(stdout).toContain(`  ${command.split(' ')[0]} `)
    expect((await unrolled.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('refuses unknown commands and options with code 2 and a suggestion', async () => {
    const command = await unrolled.run(['trian'])
    expect(command.code).toBe(2)
    expect(command.stderr).toContain('Did you mean train?')
    const option = await unrolled.run(['train', 'classify', '--dta', 'x'])
    expect(option.code).toBe(2)
    expect(option.stderr).toContain('--data')
    expect((await unrolled.run(['train', 'clasify', '--data', 'easy.jsonl'])).stderr).toContain(
      'Did you mean "classify"?',
    )
  })

  it('shows the stack trace of a failure only when asked to', async () => {
    const plain = await unrolled.run(['predict', 'nowhere', 'hello'])
    expect(plain.code).toBe(2)
    expect(plain.stderr).toMatch(/^error: nowhere: expected a model folder, found nothing\n$/)
    const debug = await unrolled.run(['predict', 'nowhere', 'hello'], {
      environment: { UNROLLED_DEBUG: '1' },
    })
    expect(debug.stderr).toContain('    at ')
  })
})

describe('info', () => {
  it('describes the machine, for people and as JSON', async () => {
    const { stdout } = await unrolled.run(['info'])
    for (const word of ['Node.js', 'processor', 'kernels', 'threads']) expect(stdout).toContain(word)
    const json = lastJson((await unrolled.run(['info', '--json'])).stdout)
    expect(json).toMatchObject({ node: process.versions.node, kernels: { threads: 1 } })
    const wasm = await unrolled.run(['info', '--json'], { environment: { UNROLLED_KERNELS: 'wasm' } })
    expect(lastJson(wasm.stdout).kernels).toMatchObject({ name: expect.stringContaining('wasm') })
  })
})

describe('demo', () => {
  it('learns, shows scores beside simple rules and answers questions', async () => {
    const { code, stdout, stderr } = await unrolled.run(['demo', ...short])
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/Epoch 2\/2 .*loss: \d.*val_accuracy: \d/)
    expect(stdout).toMatch(/accuracy +\(majority\) +\(naiveBayes\)/)
    expect(stdout).toContain('What time is it?')
    expect(stdout).toMatch(/\d+ of 12 right/)
  })

  it('prints one JSON object', async () => {
    const { stdout } = await unrolled.run(['demo', '--json', '--seed', '7', ...short])
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(lastJson(stdout)).toMatchObject({ task: 'classify', seed: 7, questions: { asked: 12 } })
  })
})

describe('train', () => {
  it('shows the data and prints one JSON object as the last line of standard output', async () => {
    const { code, stdout, stderr } = await unrolled.run([
      'train',
      'classify',
      '--data',
      'easy.jsonl',
      '--out',
      'runs/json',
      '--json',
      ...short,
    ])
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('JSON lines, text in text, label in label')
    expect(stderr).toContain('weather: will it rain here at home')
    const summary = lastJson(stdout)
    expect(Object.keys(summary)).toEqual([
      'task',
      'seed',
      'seconds',
      'parameters',
      'train',
      'valid',
      'test',
      'baselines',
      'out',
    ])
    expect(summary).toMatchObject({
      task: 'classify',
      seed: 1,
      out: 'runs/json',
      train: { epochs: 2, stopped: 'epochs' },
      test: { rows: 4, accuracy: expect.any(Number), macroF1: expect.any(Number) },
      baselines: { majority: expect.any(Number), naiveBayes: expect.any(Number) },
    })
  })

  it('trains from a configuration that init wrote, and gives the same weights for the same seed', async () => {
    expect((await unrolled.run(['init', 'classify', '--data', 'easy.jsonl'])).code).toBe(0)
    const yaml = unrolled.read('unrolled.yaml').toString()
    expect(yaml).toMatch(/^data: easy\.jsonl +# A file or folder/m)
    expect(yaml).toMatch(/^ {2}hiddenSize: auto +# /m)
    const again = await unrolled.run(['init', 'classify'])
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('unrolled.yaml exists already')

    const results = ['runs/a', 'runs/b'].map((out) =>
      unrolled.run(['train', 'unrolled.yaml', '--out', out, ...short]),
    )
    for (const { code, stderr } of await Promise.all(results)) expect(code, stderr).toBe(0)
    expect(unrolled.read('runs/a/model.safetensors')).toEqual(unrolled.read('runs/b/model.safetensors'))
    expect(unrolled.read('runs/a/README.md').toString()).toContain('baseline: naiveBayes')
  })

  it('names the folder itself when none is given, and says what to do with it', async () => {
    const { stderr, stdout } = await unrolled.run(['train', 'classify', '--data', 'easy.jsonl', ...short])
    expect(stdout, stderr).toContain('The model is in runs/classify-easy. Next:\n  unrolled chat runs/')
  })

  it('keeps the last epoch where no rows are to choose the best one', async () => {
    const { code, stdout, stderr } = await unrolled.run([
      ...['train', 'classify', '--data', 'easy.jsonl', '--valid', 'none', '--out', 'models/none', '--json'],
      ...short,
    ])
    expect(code, stderr).toBe(0)
    expect(lastJson(stdout)).toMatchObject({ train: { epochs: 2 }, valid: {}, test: { rows: 4 } })
    expect(stderr).toContain('32 train, 4 test; 3 labels; test rows held out')
    expect(stderr).toContain('note: no rows choose the best epoch: the last one is kept')
    unrolled.file(
      'none.yaml',
      'task: classify\ndata: easy.jsonl\nvalid: none\ntrain: { schedule: plateau }\n',
    )
    const plateau = await unrolled.run(['train', 'none.yaml', '--out', 'models/plateau'])
    expect(plateau.code).toBe(2)
    expect(plateau.stderr).toContain('train.schedule: plateau needs validation rows')
  })

  it('stops after the time it is given', async () => {
    const { stdout } = await unrolled.run([
      ...['train', 'classify', '--data', 'easy.jsonl', '--out', 'runs/time', '--json'],
      ...['--set', 'train.epochs=100000', 'train.patience=100000', 'train.seconds=0.5'],
    ])
    expect(lastJson(stdout)).toMatchObject({ train: { stopped: 'seconds' } })
  })

  it('saves on Ctrl-C, says how to go on, and ends with the weights of an uninterrupted run', async () => {
    const options = [
      '--data',
      'easy.jsonl',
      '--set',
      'train.epochs=60',
      'train.patience=60',
      'model.hiddenSize=16',
    ]
    let sent = false
    const interrupted = await unrolled.run(['train', 'classify', '--out', 'runs/cut', ...options], {
      watch: (stderr, kill) => {
        if (sent || !stderr.includes('Epoch  3/60')) return
        sent = true
        kill('SIGINT')
      },
    })
    expect(interrupted.code, interrupted.stderr).toBe(130)
    expect(interrupted.stderr).toMatch(
      /Interrupted after \d+ steps\. Saved in runs\/cut\/checkpoints\/\S+ Continue with: unrolled train --resume runs\/cut/,
    )
    const resumed = await unrolled.run(['train', '--resume', 'runs/cut'])
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(resumed.stderr).toContain('resumed at step')
    await unrolled.run(['train', 'classify', '--out', 'runs/whole', ...options])
    expect(unrolled.read('runs/cut/model.safetensors')).toEqual(unrolled.read('runs/whole/model.safetensors'))
  })
})

describe('evaluate', () => {
  it('refuses --attribute where nothing is searched for, and says which task can', async () => {
    const { code, stderr, stdout } = await unrolled.run([
      'evaluate',
      'models/easy',
      'easy.jsonl',
      '--attribute',
    ])
    expect(code).toBe(2)
    expect(stderr).toContain(
      '--attribute needs a model that searches for its outputs (task translate), got one of the task classify',
    )
    expect(stdout).toBe('')
  })

  it('prints scores beside simple rules, tables and calibration', async () => {
    const { code, stdout, stderr } = await unrolled.run(['evaluate', 'models/easy', 'easy.jsonl'])
    expect(code, stderr).toBe(0)
    for (const part of [
      'naive Bayes',
      'macro-F1',
      'By label',
      'calibration error',
      'the answer is "unknown"',
    ])
      expect(stdout).toContain(part)
  })

  it('prints one JSON object', async () => {
    const { stdout } = await unrolled.run(['evaluate', 'models/easy', 'easy.jsonl', '--json'])
    const json = lastJson(stdout)
    expect(json).toMatchObject({ task: 'classify', rows: 36, baselines: { naiveBayes: 1 } })
    expect(json.accuracy).toBeGreaterThan(0.9)
    expect(json.details).toMatchObject({ confusion: { labels: ['alarm', 'music', 'weather'] } })
  })
})

describe('predict', () => {
  it('answers arguments, files and standard input', async () => {
    const words = await unrolled.run(['predict', 'models/easy', 'will it rain today'])
    expect(words.stdout).toMatch(/will it rain today\n +weather {2}\d+\.\d %/)
    const file = unrolled.file('lines.txt', 'play a song\n\nwake me up\n')
    const lines = await unrolled.run(['predict', 'models/easy', file, '--json'])
    const answers = lines.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(answers.map(({ text, label }) => [text, label])).toEqual([
      ['play a song', 'music'],
      ['wake me up', 'alarm'],
    ])
    expect(answers[0]).toMatchObject({ score: expect.any(Number), known: expect.any(Boolean) })
    const piped = await unrolled.run(['predict', 'models/easy', '--json'], { input: 'wake me up now\n' })
    expect(lastJson(piped.stdout).label).toBe('alarm')
  })

  it('refuses an empty text, and takes one of a megabyte', async () => {
    const empty = await unrolled.run(['predict', 'models/easy', '  '])
    expect(empty.code).toBe(2)
    expect(empty.stderr).toContain('expected a text, found an empty one')
    const long = await unrolled.run(['predict', 'models/easy', '--json'], { input: 'rain '.repeat(200_000) })
    expect(long.code).toBe(0)
  })
})

describe('chat', () => {
  it('answers the lines of a pipe with intent, confidence and runner-up, until :quit', async () => {
    const input = 'will it rain\n:what\n\nplay a song\n:quit\nwake me up\n'
    const { code, stdout, stderr } = await unrolled.run(['chat', 'models/easy'], { input })
    expect(code, stderr).toBe(0)
    const lines = stdout.trim().split('\n')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/weather {2}\d+\.\d % {3}\(then \w+ \d+\.\d %\)/)
    expect(stderr).toContain(':what is no command')
  })
})
