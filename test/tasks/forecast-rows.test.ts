import { expect, it } from 'vitest'
import { readSeriesTable } from '../../src/data/series-table.js'
import { DataError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'
import { forecastFiles } from '../../src/tasks/forecast-files.js'
import { endsOf, learnedSteps, readAs, seriesInMemory, seriesOfInput } from '../../src/tasks/forecast-rows.js'
import { file } from '../data/files.js'

const values = Array.from({ length: 30 }, (_, t) => t)

it('names series without a name by their places, and refuses a name that comes twice', () => {
  const { train, test } = seriesInMemory([{ values }, { values, id: 'b' }])
  expect([...train, ...test].map(({ id, unnamed }) => [id, unnamed])).toEqual([
    ['1', undefined],
    ['b', undefined],
    ['1', undefined],
    ['b', undefined],
  ])
  expect(seriesOfInput([{ values }]).map(({ unnamed }) => unnamed)).toEqual([true])
  const twice = [
    { values, id: 'a' },
    { values, id: 'a' },
  ]
  expect(() => seriesInMemory(twice)).toThrow(DataError)
  expect(() => seriesInMemory(twice)).toThrow(/^rows\[1\]\.id: expected a name .*found "a", as of rows\[0\]$/)
  expect(() => seriesInMemory({ train: twice })).toThrow(/^train\[1\]\.id: expected a name/)
})

it('names series of a folder by their files, wherever they are read again', async () => {
  const text = `ds,y\n${values.map((value, t) => `${1990 + t},${value}\n`).join('')}`
  const files = [file('north.csv', text), file('south.csv', text)]
  const read = settingsOf()
  const { data } = await forecastFiles.read(
    { root: 'd', data: files },
    { read: read as never, random: new Random(1) },
  )
  expect(data.train.map(({ id }) => id)).toEqual(['north y', 'south y'])
  const { reading } = data as unknown as { reading: Parameters<typeof seriesOfInput>[1] }
  const one = seriesOfInput(await readSeriesTable(files[0]), reading)
  expect(one.map(({ id }) => id)).toEqual(['north y'])
})

it('takes rows for steps where the files it has learned from had no times', async () => {
  const reading = { targets: ['y'], past: [], future: [], gaps: 'skip', dates: 'auto' } as const
  expect(readAs(reading)).toMatchObject({ time: 'none', target: 'y', past: null })
  const table = await readSeriesTable(file('a.csv', 'ds,y\n2001-01-01,1\n2001-01-02,2\n'))
  const [{ times }] = seriesOfInput(table, reading)
  expect(times).toBeUndefined()
})

it('counts the scored steps that were learned from, by their times or places', () => {
  const row = (given: object) => seriesOfInput([{ id: 'a', values, ...given }])[0]
  const times = values.map((value) => 2000 + value)
  const ends = endsOf([row({ times: times.slice(0, 20), values: values.slice(0, 20) })])
  expect(ends).toEqual({ a: 2019 })
  expect(learnedSteps(ends, [row({ times, from: 15 })])).toBe(5)
  expect(learnedSteps(ends, [row({ times, from: 20 })])).toBe(0)
  expect(learnedSteps(ends, [row({ times: times.map((time) => time + 30), from: 15 })])).toBe(0)
  expect(learnedSteps(endsOf([row({ values: values.slice(0, 20) })]), [row({ from: 15 })])).toBe(5)
  expect(learnedSteps({ '1': 20 }, [seriesOfInput([{ values, from: 15 }])[0]])).toBe(0)
})

it.each([
  ['test', 1.5],
  ['valid', 20.25],
])('refuses %s parts of %f steps', async (part, steps) => {
  const text = `ds,y\n${values.map((value, t) => `${1990 + t},${value}\n`).join('')}`
  const read = { ...settingsOf(), [part]: steps }
  const given = { root: 'd', data: [file('a.csv', text)] }
  await expect(forecastFiles.read(given, { read: read as never, random: new Random(1) })).rejects.toThrow(
    `read.${part}: expected a share below 1 or a whole number of steps, got ${steps}`,
  )
})

/** The settings under `read`, as they are without a word about them. */
function settingsOf(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(forecastFiles.settings).map(([name, { fallback }]) => [name, fallback]),
  )
}
