import fs from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Random } from '../../src/random/index.js'
import { seasonal } from '../tasks/series.js'
import { CommandLine, lastJson } from './command.js'

const unrolled = new CommandLine()
afterAll(() => unrolled.dispose())

const { values, times } = seasonal(132)
const rows = Array.from(values, (value, t) => `${(times as string[])[t]},${value.toFixed(4)}`)
const settings = [
  '--set',
  'model.hiddenSize=8',
  'model.horizon=2',
  'train.epochs=4',
  'train.learningRate=0.01',
]

let training: Awaited<ReturnType<CommandLine['run']>>
beforeAll(async () => {
  unrolled.file('sales.csv', ['Month,Sales', ...rows, ''].join('\n'))
  const bad = rows.with(40, '2004-05,many')
  unrolled.file('bad.csv', ['Month,Sales', ...bad, ''].join('\n'))
  const flips = new Random(5).split('coins')
  unrolled.file('coins.csv', `flip\n${Array.from({ length: 1000 }, () => `${flips.integer(2)}\n`).join('')}`)
  training = await unrolled.run([
    'train',
    'forecast',
    '--data',
    'sales.csv',
    '--out',
    'model',
    '--json',
    ...settings,
  ])
}, 60_000)

it('trains, shows what was found, and prints one JSON object as the last line', () => {
  expect(training.code, training.stderr).toBe(0)
  expect(training.stderr).toMatch(/sales.csv: CSV; forecasts Sales; time in Month; every month/)
  expect(training.stderr).toContain(`Sales: 2001-01 ${Number(values[0].toFixed(4))}`)
  expect(lastJson(training.stdout)).toMatchObject({
    task: 'forecast',
    test: { rmse: expect.any(Number), mape: expect.any(Number), coverage: expect.any(Number) },
    baselines: { persistence: expect.any(Number), 'seasonal naive (12)': expect.any(Number) },
  })
})

it('evaluates from every step of the part that is asked for', async () => {
  const { stdout } = await unrolled.run(['evaluate', 'model', 'sales.csv', '--set', 'read.test=24'])
  expect(stdout).toMatch(/^23 forecasts of a series, 2 steps ahead/m)
  expect(stdout).toMatch(/^Verdict: (better than|no significant gain over|worse than) .+ \(p = /m)
  const found = await unrolled.run(['evaluate', 'model', 'sales.csv', '--json', '--set', 'read.test=24'])
  expect(lastJson(found.stdout)).toMatchObject({
    rmse: expect.any(Number),
    details: { verdict: { words: expect.any(String) } },
  })
})

it('forecasts as a table, a picture, a file, and JSON', async () => {
  const shown = await unrolled.run(['forecast', 'model', 'sales.csv', '--steps', '3', '--out', 'next.svg'])
  expect(shown.stdout).toMatch(
    /Sales\n.*\n *step +forecast +80 % from +to\n *2012-01 .*\n *2012-02 .*\n *2012-03 /,
  )
  expect(fs.readFileSync(`${unrolled.work}/next.svg`, 'utf8')).toMatch(
    /^<svg .*Sales: the next 3 steps, with intervals of 80 %/s,
  )
  const { stdout } = await unrolled.run(['forecast', 'model', 'sales.csv', '--json', '--out', 'next.csv'])
  const { forecasts } = lastJson(stdout) as { forecasts: { steps: { value: number }[] }[] }
  const [head, first, , ...rest] = fs.readFileSync(`${unrolled.work}/next.csv`, 'utf8').split('\n')
  expect(head).toBe('unique_id,ds,y,low,high')
  expect(first).toMatch(`Sales,2012-01,${forecasts[0].steps[0].value},`)
  expect(rest).toEqual([''])
  const piped = await unrolled.run(['forecast', 'model', '-', '--json'], {
    input: ['Month,Sales', ...rows].join('\n'),
  })
  expect(lastJson(piped.stdout)).toMatchObject({ forecasts })
})

it('reads later files as those it has learned from, and says what it has learned of them', async () => {
  const holed = ['Month;Sales;Größe', ...rows.map((row) => `${row.replace(',', ';')};1`)].toSpliced(30, 1)
  unrolled.file('latin.csv', Buffer.from([...holed, ''].join('\n'), 'latin1'))
  const given = ['read.encoding=latin1', 'read.gaps=interpolate', 'read.target=Sales', 'read.past=Größe']
  const { code, stderr } = await unrolled.run([
    ...['train', 'forecast', '--data', 'latin.csv', '--out', 'latin', ...settings],
    ...given.flatMap((one) => ['--set', one]),
  ])
  expect(code, stderr).toBe(0)
  const again = await unrolled.run(['evaluate', 'latin', 'latin.csv'])
  expect(again.code, again.stderr).toBe(0)
  expect(again.stdout).not.toContain('Careful')
  const { stdout } = await unrolled.run(['evaluate', 'latin', 'latin.csv', '--set', 'read.test=30'])
  expect(stdout).toMatch(/^Careful: the model has learned from 17 of the scored steps/m)
  const told = await unrolled.run(['forecast', 'latin', 'latin.csv'])
  expect(told.code, told.stderr).toBe(0)
}, 60_000)

it('says whether series are sequential, without a model', async () => {
  const coins = await unrolled.run(['inspect', 'coins.csv', '--sequential', '--json'])
  expect(lastJson(coins.stdout)).toMatchObject({ verdict: 'not sequential', window: 0, steps: 1000 })
  const sales = await unrolled.run(['inspect', '--sequential', 'sales.csv', '--out', 'sales.svg'])
  expect(sales.stdout).toMatch(/Sales {2}132 steps\n {2}Sequential: /)
  expect(fs.readFileSync(`${unrolled.work}/sales.svg`, 'utf8')).toContain('Sales: sequential')
})

it.each([
  [['train', 'forecast', '--data', 'bad.csv'], /bad\.csv:42: expected a number in "Sales", found "many"/],
  [['forecast', 'model', 'bad.csv'], /bad\.csv:42: expected a number in "Sales", found "many"/],
  [['forecast', 'model', 'coins.csv'], /coins\.csv: expected a column "Sales", found flip/],
  [
    ['forecast', 'model', 'sales.csv', '--steps', 'x'],
    /--steps: expected a whole number of at least 1, got "x"/,
  ],
  [
    ['forecast', 'model', 'sales.csv', '--out', 'a.png'],
    /--out a\.png: expected a name that ends in \.svg, \.csv, \.json/,
  ],
  [
    ['inspect', '--sequential', 'sales.csv', '--set', 'read.gaps=interpolate'],
    /expected read\.gaps error, skip or zero, got interpolate/,
  ],
  [
    ['train', 'forecast', '--data', 'sales.csv', '--set', 'read.test=1.5'],
    /read\.test: expected a share below 1 or a whole number of steps, got 1\.5/,
  ],
  [['inspect', '--sequential', 'model', 'sales.csv'], /--sequential looks at data alone/],
  [['inspect', 'model'], /missing required argument 'input': expected what the model reads/],
])('refuses %s', async (args, message) => {
  const { code, stderr } = await unrolled.run(args)
  expect(stderr).toMatch(message)
  expect(code).toBe(2)
})
