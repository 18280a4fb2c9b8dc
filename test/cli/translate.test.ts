import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RowAttribution } from '../../src/index.js'
import type { LengthScores } from '../../src/inspect/index.js'
import { reversedPairs } from '../tasks/pairs.js'
import { CommandLine, lastJson } from './command.js'

const unrolled = new CommandLine()
afterAll(() => unrolled.dispose())

const settings = [
  '--set',
  ...['model.cell=gru', 'model.hiddenSize=24', 'model.embeddingSize=12', 'model.dropout=0'],
  ...['train.epochs=30', 'train.batchSize=8', 'train.learningRate=0.01', 'train.labelSmoothing=0'],
]
const lines = (rows: typeof reversedPairs) =>
  rows.map(({ source, target }) => `${source}\t${target}\n`).join('')

let training: Awaited<ReturnType<CommandLine['run']>>
beforeAll(async () => {
  unrolled.file('data/train.tsv', lines(reversedPairs.slice(0, 90)))
  unrolled.file('data/valid.tsv', lines(reversedPairs.slice(90, 105)))
  unrolled.file('data/test.tsv', lines(reversedPairs.slice(105)))
  training = await unrolled.run([
    'train',
    'translate',
    '--data',
    'data',
    '--out',
    'model',
    '--json',
    ...settings,
  ])
}, 60_000)

describe('unrolled train translate', () => {
  it('shows the pairs and prints one JSON object as the last line', () => {
    expect(training.code).toBe(0)
    expect(training.stderr).toContain(`${reversedPairs[0].source} → ${reversedPairs[0].target}`)
    expect(lastJson(training.stdout)).toMatchObject({
      task: 'translate',
      train: { rows: 90 },
      test: { rows: 15, exactMatch: expect.any(Number), bleu: expect.any(Number), chrf: expect.any(Number) },
      baselines: { copy: expect.any(Number), mostFrequent: expect.any(Number) },
    })
  })
})

describe('unrolled train translate with settings that do not go together', () => {
  it.each([
    [
      ['model.attention=none', 'model.coverage=true'],
      /^error: --set model.coverage=true: model.coverage: expected/,
    ],
    [['model.attention=dot'], /^error: --set model.attention=dot: model.attention: expected/],
    [
      ['model.inputFeeding=true', 'model.attention=none'],
      /^error: --set model.inputFeeding=true: model.inputFeed/,
    ],
    [['model.cell=gruResetBefore', 'model.attention=dot'], /model.attention: expected/],
  ])('refuses %j and leaves no folder', async (set, message) => {
    const told = ['--data', 'data', '--out', 'dead', '--set', 'train.epochs=1', ...set]
    const { code, stderr } = await unrolled.run(['train', 'translate', ...told])
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
    expect(unrolled.has('dead')).toBe(false)
  })
})

describe('unrolled evaluate', () => {
  it('prints scores beside simple rules, and BLEU with its signature', async () => {
    const { stdout } = await unrolled.run(['evaluate', 'model', 'data'])
    expect(stdout).toMatch(/15 pairs/)
    expect(stdout).toMatch(/this model +\d/)
    expect(stdout).toMatch(/always the most frequent target/)
    expect(stdout).toMatch(/nrefs:1\|case:mixed/)
    expect(stdout).not.toContain('Beam or model?')
  })

  it('overrides with --set what may change after the training, and nothing else', async () => {
    const greedy = await unrolled.run(['evaluate', 'model', 'data', '--attribute', '--set', 'decode.width=1'])
    expect(greedy.stdout, greedy.stderr).toContain('greedy search')
    const score = ['--set', 'scores.headline=chrf', '--json']
    const { baselines, chrf } = lastJson((await unrolled.run(['evaluate', 'model', 'data', ...score])).stdout)
    expect(Object(baselines).copy).toBeGreaterThan(0) // exact match has 0 there
    expect(chrf).toBeGreaterThan(0)
    const refusals = {
      'decode.width=0': /--set decode.width=0: decode.width: expected .*, got 0/,
      'model.hiddenSize=7': /unknown setting "model".*read, decode, scores/,
    }
    for (const [assignment, message] of Object.entries(refusals)) {
      const { code, stderr } = await unrolled.run(['evaluate', 'model', 'data', '--set', assignment])
      expect(code).toBe(2)
      expect(stderr).toMatch(message)
    }
  })

  it('tells with --attribute whether search or model is at fault, per sentence and over the set', async () => {
    const { stdout } = await unrolled.run(['evaluate', 'model', 'data', '--attribute'])
    expect(stdout).toMatch(/this model +\d/)
    expect(stdout).toMatch(/Beam or model\? 15 pairs, a beam of 5, score Σ log P \/ T\^0\.7\n/)
    expect(stdout).toMatch(/exactly right +\d+ +[\d.]+ %/)
    const { exactMatch, attribution } = lastJson(
      (await unrolled.run(['evaluate', 'model', 'data', '--attribute', '--json'])).stdout,
    ) as { exactMatch: number; attribution: RowAttribution }
    expect(attribution.search).toEqual({ width: 5, lengthNormalisation: 0.7, coveragePenalty: 0 })
    expect(attribution.wrong).toBeCloseTo(1 - exactMatch, 12)
    expect(attribution.rows).toHaveLength(15)
    for (const { target, written, targetScore, writtenScore, fault } of attribution.rows) {
      expect(fault === 'none').toBe(target === written)
      expect(fault === 'beam').toBe(target !== written && targetScore > writtenScore)
    }
  })

  it('blames neither where the search may not write the target', async () => {
    const short = ['--attribute', '--set', 'decode.maximumLength=2']
    const { stdout } = await unrolled.run(['evaluate', 'model', 'data', ...short])
    expect(stdout).toMatch(/the search is at fault: score\(y\*\) > score\(ŷ\) +0 /)
    expect(stdout).toMatch(/the search may not write y\* \(maximumLength 10\) +10 +66\.7 % +100\.0 %/)
  })
})

describe('unrolled translate', () => {
  it('translates arguments, files and standard input', async () => {
    const one = await unrolled.run(['translate', 'model', 'abc'])
    expect(one.stdout).toBe('abc\n  cba\n')
    const input = 'abc\n\ndab\n'
    const piped = await unrolled.run(['translate', 'model', '--json'], { input })
    const found = piped.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(found.map(({ text, translations }) => [text, translations[0].text])).toEqual([
      ['abc', 'cba'],
      ['dab', 'bad'],
    ])
    const answers = await unrolled.run(['predict', 'model', unrolled.file('words.txt', input), '--json'])
    expect(
      answers.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).translation),
    ).toEqual(['cba', 'bad'])
  })

  it('shows n-best lists and what was read, and draws it', async () => {
    const { stdout } = await unrolled.run([
      'translate',
      'model',
      'abcd',
      '--best',
      '2',
      '--attention',
      '--out',
      'map.svg',
    ])
    expect(stdout).toMatch(/ {2}dcba {3}-0\.\d\d/)
    expect(stdout).toMatch(/d │.*│ d/)
    expect(unrolled.read('map.svg').toString()).toMatch(/^<svg/)
  })

  it('draws with --sample, the same with the same seed', async () => {
    const draw = async (...options: string[]) => {
      const args = ['translate', 'model', 'abcd', '--sample', '--temperature', '3', '--best', '5', '--json']
      const { translations } = lastJson((await unrolled.run([...args, ...options])).stdout)
      return (translations as { text: string }[]).map(({ text }) => text)
    }
    const drawn = await draw('--seed', '2')
    expect(drawn).toHaveLength(5)
    expect(new Set(drawn).size).toBeGreaterThan(1)
    expect(await draw('--seed', '2')).toEqual(drawn)
    expect(await draw('--seed', '3')).not.toEqual(drawn)
    expect(await draw('--top-k', '1', '--top-p', '0.9')).toEqual(Array(5).fill('dcba'))
  })

  it('takes --set for all that a search can be told; options go before it', async () => {
    const text = async (...options: string[]) =>
      (await unrolled.run(['translate', 'model', 'aabb', ...options])).stdout.split('\n')[1].trim()
    expect(await text('--set', 'decode.maximumLength=2')).toHaveLength(2)
    expect(await text('--set', 'decode.maximumLength=2', '--longest', '3')).toHaveLength(3)
    expect(await text('--set', 'decode.minimumLength=7')).toHaveLength(7)
    expect(await text('--set', 'decode.noRepeatNgram=1')).not.toMatch(/(.).*\1/)
    expect(await text('--ban', 'ba')).not.toContain('ba')
    expect(await text('--ban', 'ba')).toMatch(/[ab]/)
  })

  it.each([
    [['--set', 'read.source=de'], '--set read.source=de: expected a setting of the search'],
    [['--set', 'decode.widht=2'], 'unknown setting "decode.widht"; did you mean "decode.width"?'],
    [['--prefix', 'dxy'], 'prefix: expected tokens that the model can write, got "x", "y" in "dxy"'],
    [['--ban', 'xd'], 'banned: expected tokens that the model can write, got "x" in "xd"'],
    [['--sample', '--best', '5000000000'], 'got best 5000000000; expected at most 10000'],
    [['--temperature', '2'], '--temperature needs --sample'],
    [['--top-k', '2'], '--top-k needs --sample'],
    [['--sample', '--width', '2'], 'got width 2 with sample'],
    [['--sample', '--temperature', '0'], 'got temperature 0'],
    [['--width', 'wide'], '--width: expected a number'],
    [['--width', '0'], 'expected a whole number of at least 1'],
    [['--out', 'map.png'], 'a name that ends in .svg'],
  ])('refuses %s', async (options, message) => {
    const { code, stderr } = await unrolled.run(['translate', 'model', 'abc', ...options])
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})

describe('unrolled inspect', () => {
  it('looks into the encoder, at the attention and at the search', async () => {
    const { stdout, code } = await unrolled.run(['inspect', 'model', 'abcd', '--out', 'look.html'])
    expect(code).toBe(0)
    expect(stdout).toContain('encoder.l0')
    expect(stdout).toContain('Attention: what was read for each token')
    expect(stdout).toMatch(/Beam search of width 5: ● the best.*\n(.*\n)*.*● -0\.\d\d/)
    const page = unrolled.read('look.html').toString()
    expect(page.match(/<svg /g)).toHaveLength(6)
    expect(page).toContain('A beam of 5 found “dcba”')
    const { attention, search } = lastJson(
      (await unrolled.run(['inspect', 'model', 'abcd', '--json'])).stdout,
    ) as { attention: { target: string[] }; search: { nodes: unknown[] } }
    expect(attention.target).toEqual(['d', 'c', 'b', 'a', '</s>'])
    expect(search.nodes.length).toBeGreaterThan(20)
    const greedy = await unrolled.run(['inspect', 'model', 'abcd', '--set', 'decode.width=1'])
    expect(greedy.stdout).toContain('Greedy search: ● the best')
  })
})

describe('unrolled inspect --by-length', () => {
  const byLength = (...options: string[]) =>
    unrolled.run(['inspect', 'model', 'data/train.tsv', '--by-length', ...options])

  it('prints and draws scores against length, for models side by side', async () => {
    const { stdout, code, stderr } = await byLength('--beside', 'model', '--out', 'lengths.svg')
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(
      /exact match \(%\) by the length of the source, in characters\n +characters +rows +model +model\n/,
    )
    expect(stdout).toMatch(/ 2 +\d+ +\d+\.\d \(\d+\.\d to \d+\.\d\)/)
    expect(stdout).toContain('Written to lengths.svg')
    expect(unrolled.read('lengths.svg').toString()).toMatch(/^<svg[\s\S]*characters: model/)
  })

  it('takes any score of the task, and gives numbers', async () => {
    const { models, metric } = lastJson(
      (await byLength('--metric', 'wer', '--json')).stdout,
    ) as unknown as LengthScores
    expect(metric).toBe('WER (%)')
    const { exactMatch, rows } = lastJson(
      (await unrolled.run(['evaluate', 'model', 'data/train.tsv', '--json'])).stdout,
    ) as { exactMatch: number; rows: number }
    // each target is one word
    expect(models[0].score).toBeCloseTo(100 * (1 - exactMatch), 9)
    expect(models[0].bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(rows)
    // one word has no run of four, and BLEU is then that of words
    const bleu = lastJson((await byLength('--metric', 'bleu', '--json')).stdout) as unknown as LengthScores
    expect(exactMatch).toBeGreaterThan(0)
    expect(bleu.models[0].score).toBeCloseTo(100 * exactMatch, 9)
    expect(bleu.models[0].bins.some(({ score }) => score > 0)).toBe(true)
    await byLength('--out', 'numbers.json')
    expect(JSON.parse(unrolled.read('numbers.json').toString()).models[0].title).toBe('model')
  })

  it('takes --set for the search and for the data', async () => {
    const set = ['--set', 'decode.maximumLength=3', 'read.encoding=latin1', '--json']
    const { models } = lastJson((await byLength(...set)).stdout) as unknown as LengthScores
    const [two, three, four] = models[0].bins
    expect(Math.min(two.score, three.score)).toBeGreaterThan(50)
    expect(four.score).toBe(0)
  })

  it.each([
    [['--set', 'read.source=de'], '--set read.source=de needs --by-length'],
    [
      ['--by-length', '--metric', 'blue'],
      '--metric: expected one of exactMatch, bleu, chrf, wer, cer, got "blue"; did you mean bleu?',
    ],
    [['--by-length', '--out', 'x.html'], 'a name that ends in .svg, .json, got ".html"'],
    [['--by-length', '--span', '3'], '--span: expected a text to be read'],
    [['--metric', 'bleu'], '--metric needs --by-length'],
  ])('refuses %j', async (options, message) => {
    const { code, stderr, stdout } = await unrolled.run(['inspect', 'model', 'data/train.tsv', ...options])
    expect(stderr).toContain(message)
    expect(code).toBe(2)
    expect(stdout).toBe('')
  })
})
