import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine, easyRows, lastJson } from './command.js'

let unrolled: CommandLine
beforeAll(async () => {
  unrolled = new CommandLine()
  unrolled.file('easy.jsonl', easyRows())
  for (const cell of ['lstm', 'elman']) {
    const quick = [
      '--set',
      'train.epochs=1',
      'model.hiddenSize=8',
      'text.gramBuckets=50',
      `model.cell=${cell}`,
    ]
    const { code, stderr } = await unrolled.run([
      ...['train', 'classify', '--data', 'easy.jsonl', '--out', `models/${cell}`],
      ...quick,
    ])
    expect(code, stderr).toBe(0)
  }
})
afterAll(() => unrolled.dispose())

const question = 'will it rain at home <today> & "now"?'
const inspect = (...args: string[]) => unrolled.run(['inspect', 'models/lstm', question, ...args])

describe('inspect', () => {
  it('shows verdict, gradients, influence, states and gates in the terminal', async () => {
    const { code, stdout, stderr } = await inspect()
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^The gradient \w+/)
    for (const part of ['Influence of each step', 'rain ', 'States of l0 (lstm)', 'f forget gate', 'radius'])
      expect(stdout).toContain(part)
    for (const line of stdout.split('\n')) expect([...line].length).toBeLessThanOrEqual(80)
  })

  it('writes pictures, a page or numbers, by the ending of --out', async () => {
    for (const [file, begin] of [
      ['figure.svg', '<svg '],
      ['page.HTML', '<!doctype html>'],
      ['numbers.json', '{'],
    ]) {
      const { code, stdout } = await inspect('--out', file)
      expect(code).toBe(0)
      expect(stdout).toContain(`Written to ${file}`)
      expect(unrolled.read(file).toString().startsWith(begin)).toBe(true)
    }
    expect(JSON.parse(unrolled.read('numbers.json').toString()).steps).toContain('rain')
    expect(unrolled.read('page.HTML').toString()).toContain('&lt;today&gt;')
  })

  it('prints one JSON object with --json', async () => {
    const { stdout } = await inspect('--json', '--span', '4')
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(lastJson(stdout)).toMatchObject({
      input: question,
      model: 'models/lstm',
      span: 4,
      from: 'last',
      layers: [{ name: 'l0', cell: 'lstm' }],
      verdict: { kind: expect.any(String), finding: expect.stringContaining('over 4 steps') },
    })
  })

  it('shows several models side by side', async () => {
    const { code, stdout } = await inspect('--beside', 'models/elman', '--out', 'both.html')
    expect(code).toBe(0)
    expect(stdout).toContain('lstm reads “will it rain')
    expect(stdout).toContain('elman reads “will it rain')
    expect(unrolled.read('both.html').toString()).toContain('<title>lstm · elman under the lens</title>')
    const both = lastJson((await inspect('--json', '--beside', 'models/elman')).stdout)
    expect(both).toMatchObject({ model: 'models/lstm', beside: [{ model: 'models/elman' }] })
  })

  it.each([
    [
      ['inspect', 'models/lstm', 'rain', '--out', 'x.pdf'],
      'a name that ends in .svg, .html, .json, got ".pdf"',
    ],
    [['inspect', 'models/lstm', 'rain', '--out', 'x'], 'got no ending'],
    [
      ['inspect', 'models/lstm', 'rain', '--out', 'no/such/x.svg'],
      '--out no/such/x.svg: cannot write there (ENOENT)',
    ],
    [
      ['inspect', 'models/lstm', 'rain', '--span', '0'],
      '--span: expected a whole number of at least 1, got "0"',
    ],
    [['inspect', 'models/lstm', ' '], 'inspect: the text is empty; expected some words'],
    [['inspect', 'nowhere', 'rain'], 'nowhere: expected a model folder, found nothing'],
    [['inspect', 'models/lstm'], 'expected what the model reads besides'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr, stdout } = await unrolled.run(args)
    expect(stderr).toContain(message)
    expect(code).toBe(2)
    expect(stdout).toBe('')
  })
})
