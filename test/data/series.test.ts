import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calendarFeatures } from '../../src/data/calendar.js'
import {
  type Frequency,
  frequencyOf,
  frequencyText,
  laterBy,
  stepsBetween,
  timeText,
} from '../../src/data/frequency.js'
import { type SeriesOptions, seriesOfTable } from '../../src/data/read-series.js'
import { continuedBy, seriesOf, upTo } from '../../src/data/series.js'
import { readSeriesTable } from '../../src/data/series-table.js'
import { readTimestamp } from '../../src/data/timestamps.js'
import { DataError } from '../../src/errors.js'
import { readFixture } from '../fixture.js'
import { file } from './files.js'

const read = async (text: string | Uint8Array, options: SeriesOptions = {}, name = 'a.csv') =>
  seriesOfTable(await readSeriesTable(file(name, text)), options)
const failure = (text: string, options?: SeriesOptions) =>
  read(text, options).then(
    () => 'nothing was wrong',
    (error) => {
      expect(error).toBeInstanceOf(DataError)
      return error.message
    },
  )

describe('timestamps', () => {
  it.each([
    ['1970-01-02', 86_400_000],
    ['1970-02', 31 * 86_400_000],
    ['1970/1/2', 86_400_000],
    ['1970-01-01 06:30', 23_400_000],
    ['1970-01-01T06:30:01.5Z', 23_401_500],
    ['1970-01-01T06:30:00+01:00', 19_800_000],
    ['1970-Q2', 90 * 86_400_000],
    ['31/1/1970', 30 * 86_400_000],
    ['Feb 1970', 31 * 86_400_000],
    ['February-1970', 31 * 86_400_000],
    ['1/31/1970', 30 * 86_400_000],
  ])('%s', (text, at) => {
    expect(readTimestamp(text)).toEqual({ at, kind: 'date' })
  })

  it('takes the order of day and month from the caller, and nothing for a date', () => {
    expect(readTimestamp('3/4/1990')).toBeUndefined()
    expect(readTimestamp('3/4/1990', 'dmy')?.at).toBe(Date.UTC(1990, 3, 3))
    expect(readTimestamp('3/4/1990', 'mdy')?.at).toBe(Date.UTC(1990, 2, 4))
    expect(readTimestamp('17')).toEqual({ at: 17, kind: 'number' })
    for (const text of [
      'Foo 1990',
      'Market 1990',
      '1990-02-31',
      '1990-13-01',
      'soon',
      '',
      '12:30',
      '1990-01-01 25:00',
    ])
      expect(readTimestamp(text)).toBeUndefined()
  })
})

describe('frequencies', () => {
  const times = (texts: readonly string[]) => texts.map((text) => readTimestamp(text)?.at as number)
  it.each([
    ['every month', ['2000-01', '2000-02', '2000-03']],
    ['every month', ['2000-01-31', '2000-02-29', '2000-03-31']],
    ['every quarter', ['2000-Q1', '2000-Q2', '2000-Q3']],
    ['every year', ['2000-01-01', '2001-01-01', '2002-01-01']],
    ['every day', ['2000-01-01', '2000-01-02', '2000-01-04', '2000-01-05']],
    ['every week', ['2000-01-01', '2000-01-08', '2000-01-15']],
    ['every 15 minutes', ['2000-01-01 00:00', '2000-01-01 00:15']],
    ['every hour', ['2000-01-01 00:00', '2000-01-01 01:00']],
  ])('%s', (text, dates) => {
    const frequency = frequencyOf(times(dates), 'date')
    expect(frequency && frequencyText(frequency)).toBe(text)
    if (frequency) expect(laterBy(times(dates)[0], frequency, 1)).toBe(times(dates)[1])
  })

  it('knows weekdays by ten that are none of Saturday or Sunday', () => {
    const monday = Date.UTC(2024, 0, 1)
    const days = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11].map((day) => monday + day * 86_400_000)
    const frequency = frequencyOf(days, 'date')
    expect(frequency).toEqual({ unit: 'weekday', every: 1 })
    if (!frequency) return
    expect(days.slice(1).map((day, k) => stepsBetween(days[k], day, frequency))).toEqual(Array(9).fill(1))
    expect(timeText(laterBy(days[9], frequency, 1), frequency)).toBe('2024-01-15')
    expect(timeText(laterBy(days[0], frequency, 13), frequency)).toBe('2024-01-18')
  })

  it('goes from the last day of a month to the last of the next, and any number of months on', () => {
    const month = { unit: 'month', every: 1 } as const
    expect(timeText(laterBy(Date.UTC(2023, 0, 31), month, 1), month)).toBe('2023-02-28')
    expect(timeText(laterBy(Date.UTC(2023, 10, 1), month, 14), month)).toBe('2025-01')
  })

  it.each([
    [['2020-12-28', '2021-01-28', '2021-02-28'], '2021-03-28'],
    [['2021-01-30', '2021-02-28', '2021-03-30', '2021-04-30'], '2021-05-30'],
    [['2020-12-30', '2021-01-30', '2021-02-28'], '2021-03-30'],
    [['2020-11-30', '2020-12-31', '2021-01-31', '2021-02-28'], '2021-03-31'],
  ])('keeps the day of the month: %s, then %s', (dates, next) => {
    const frequency = frequencyOf(times(dates), 'date') as Frequency
    expect(frequency).toMatchObject({ unit: 'month', every: 1 })
    expect(timeText(laterBy(times(dates).at(-1) as number, frequency, 1), frequency)).toBe(next)
  })

  it('tells the end of a year beside its beginning, as sines and cosines', () => {
    const [last, first] = ['2000-12-31', '2001-01-01'].map((day) =>
      calendarFeatures(times([day])[0], ['year']),
    )
    expect(first).toEqual([0, 1, 0, 1])
    for (const [k, value] of last.entries()) expect(value).toBeCloseTo(first[k], 1)
  })
})

describe('reading series', () => {
  it('finds time and target of a small table', async () => {
    const { series, columns, every } = await read(
      '"Date","Temp"\n"1981-01-01",20.7\n"1981-01-02",17.9\n"1981-01-03",18.8\n',
    )
    expect(columns).toEqual({ time: 'Date', targets: ['Temp'], past: [], future: [] })
    expect(every).toBe('every day')
    expect([...series[0].values]).toEqual([20.7, 17.9, 18.8])
    expect(series[0].id).toBe('Temp')
  })

  it('takes every column of numbers of a wide table as a series, and covariates only where they are named', async () => {
    const text = 'ds;a;b;rain;holiday\n2001-01;1;4;0,1;0\n2001-02;2;5;0,2;1\n'.replaceAll(',', '.')
    const { series } = await read(text)
    expect(series.map(({ id }) => id)).toEqual(['a', 'b', 'rain', 'holiday'])
    const named = await read(`${text}2001-03;;;;1\n`, { target: 'b', past: 'rain', future: 'holiday' })
    expect(named.series).toHaveLength(1)
    expect([...named.series[0].values]).toEqual([4, 5])
    expect([...named.series[0].past.rain]).toEqual([0.1, 0.2])
    expect([...named.series[0].future.holiday]).toEqual([0, 1, 1])
    expect(named.notes[0]).toMatch(/not used: a/)
  })

  it('reads dates that are written as numbers, and takes the rows for steps where it is told so', async () => {
    const text = 'date,y\n20010130,1\n20010131,2\n20010201,3\n'
    const [series] = (await read(text)).series
    expect(series.frequency).toEqual({ unit: 'day', every: 1 })
    expect(series.times?.[2]).toBe(Date.UTC(2001, 1, 1))
    const [bare] = (await read(text, { time: 'none', target: 'y' })).series
    expect([bare.times, ...bare.values]).toEqual([undefined, 1, 2, 3])
    expect((await read('ds,y\n20010130,1\n20010199,2\n')).series[0].frequency?.unit).toBe('number')
  })

  it('parts a long table by unique_id', async () => {
    const { series } = await read('unique_id,ds,y\nA,1,10\nA,2,11\nB,1,20\nB,2,21\nB,3,22\n')
    expect(series.map(({ id, values }) => [id, ...values])).toEqual([
      ['A', 10, 11],
      ['B', 20, 21, 22],
    ])
    expect(series[0].frequency).toEqual({ unit: 'number', every: 1 })
  })

  it('reads tables without dates or a header, tabs, latin1 and .gz', async () => {
    expect([...(await read('3\n4\n5\n')).series[0].values]).toEqual([3, 4, 5])
    expect([...(await read('x\ty\n1\t2\n2\t4\n', {}, 'a.tsv')).series[0].values]).toEqual([2, 4])
    const packed = new Uint8Array(
      await new Response(
        new Blob(['ds,y\n1,5\n2,6\n']).stream().pipeThrough(new CompressionStream('gzip')),
      ).arrayBuffer(),
    )
    expect([...(await read(packed, {}, 'a.csv.gz')).series[0].values]).toEqual([5, 6])
  })

  it.each(Object.entries(readFixture<Record<string, string>>('parquet')))(
    'reads Parquet, %s',
    async (_, encoded) => {
      const bytes = new Uint8Array(Buffer.from(encoded, 'base64'))
      const { series, every } = await read(bytes, { future: 'offers' }, 'a.parquet')
      expect(series.map(({ id, values, future }) => [id, ...values, ...future.offers])).toEqual([
        ['a', 1.5, 2.5, 0, 1],
        ['b', 30, 40, 0, 1],
      ])
      expect(every).toBe('every month')
      for (const damaged of [
        bytes.subarray(0, 60),
        bytes.with(bytes.length - 6, 255),
        new TextEncoder().encode('PAR1'),
      ])
        await expect(read(damaged, {}, 'a.parquet')).rejects.toThrow(/^a\.parquet.*expected a Parquet file/)
    },
  )

  it.each([
    ['skip', [1, 4, 5]],
    ['forward', [1, 1, 1, 4, 5]],
    ['interpolate', [1, 2, 3, 4, 5]],
    ['zero', [1, 0, 0, 4, 5]],
  ] as const)('gaps: %s', async (gaps, values) => {
    const [series] = (await read('ds,y\n2001-01-01,1\n2001-01-04,4\n2001-01-05,5\n', { gaps })).series
    expect([...series.values]).toEqual(values)
    expect(series.times?.length).toBe(values.length)
    expect(series.filled ? [...series.filled] : []).toEqual(gaps === 'skip' ? [] : [0, 1, 1, 0, 0])
  })

  it('leaves out what is missing at the beginning, which only later values could fill', async () => {
    const text = 'ds,y,rain\n2001-01-01,,1\n2001-01-02,5,\n2001-01-03,6,3\n2001-01-04,7,\n2001-01-05,8,9\n'
    for (const gaps of ['forward', 'interpolate'] as const) {
      const [series] = (await read(text, { gaps, target: 'y', past: 'rain' })).series
      expect([...series.values]).toEqual([6, 7, 8])
      // what was measured beside the values is carried forward: a line would tell what comes
      expect([...series.past.rain]).toEqual([3, 3, 9])
    }
  })

  it('fills a gap of many thousand steps at once, and refuses one that is nearly all', async () => {
    const hour = (t: number) => new Date(Date.UTC(2001, 0, 1, t)).toISOString().slice(0, 16)
    const begin = Array.from({ length: 10_000 }, (_, t) => `${hour(t)},${t}\n`).join('')
    const [series] = (await read(`ds,y\n${begin}${hour(60_000)},60000\n`, { gaps: 'interpolate' })).series
    expect(series.values).toHaveLength(60_001)
    expect(series.values[33_333]).toBeCloseTo(33_333, 6)
    const seconds = ['00:00:00', '00:00:01', '00:00:02'].map((clock) => `2001-01-01 ${clock},1\n`).join('')
    expect(await failure(`ds,y\n${seconds}2001-02-01 00:00:00,1\n`, { gaps: 'forward' })).toMatch(
      /^a\.csv:5: expected at most 1000 steps every second where there are 4 rows, found a gap up to 2001-02-01 00:00:?0?0? that makes them 2678401; read\.gaps=skip/,
    )
  })

  it('does not take a value that is missing in the middle for one that comes', async () => {
    const text = 'ds,y,offers\n2001-01-01,5,1\n2001-01-02,,1\n2001-01-03,6,0\n2001-01-04,,1\n'
    expect(await failure(text, { target: 'y', future: 'offers' })).toMatch(
      /^a\.csv:3: expected a number in "y"/,
    )
    const [series] = (await read(text, { target: 'y', future: 'offers', gaps: 'interpolate' })).series
    expect([...series.values]).toEqual([5, 5.5, 6])
    expect([...series.future.offers]).toEqual([1, 1, 0, 1])
  })

  it('fills missing values too, where it is said how', async () => {
    const text = 'ds,y\n2001-01-01,1\n2001-01-02,\n2001-01-03,NaN\n2001-01-04,4\n'
    expect(await failure(text)).toBe(
      'a.csv:3: expected a number in "y", found an empty text; read.gaps=skip, forward, interpolate or zero says what to do about missing values',
    )
    expect([...(await read(text, { gaps: 'interpolate' })).series[0].values]).toEqual([1, 2, 3, 4])
    expect([...(await read(text, { gaps: 'skip' })).series[0].values]).toEqual([1, 4])
  })

  it.each([
    [
      'a text in a number column',
      'ds,y\n2001-01-01,1\n2001-01-02,two\n2001-01-03,3\n',
      /^a.csv:3: expected a number in "y", found "two"$/,
    ],
    [
      'a number beyond all measure',
      'ds,y\n2001-01-01,1\n2001-01-02,-1e308\n2001-01-03,3\n',
      /^a.csv:3: expected a number of at most 1e\+100 in size in "y", found "-1e308"$/,
    ],
    [
      'a time that comes twice',
      'ds,y\n2001-01-01,1\n2001-01-01,2\n',
      /^a.csv:3: expected a time later than "2001-01-01".*found the same time again$/,
    ],
    [
      'times out of order',
      'ds,y\n2001-01-02,1\n2001-01-01,2\n',
      /^a.csv:3: expected a time later than "2001-01-02".*found "2001-01-01"$/,
    ],
    [
      'a time that cannot be read',
      'ds,y\n2001-01-01,1\nlater,2\n',
      /^a.csv:3: expected a time in "ds" such as .*found "later"$/,
    ],
    [
      'a date of two meanings',
      'ds,y\n1/2/2001,1\n2/2/2001,2\n',
      /^a.csv:2: expected a date in "ds" whose day and month are told apart/,
    ],
    [
      'a gap',
      'ds,y\n2001-01-01,1\n2001-01-02,2\n2001-01-03,2\n2001-01-05,3\n',
      /^a.csv:5: expected 2001-01-04 \(every day\), found 2001-01-05; read.gaps=/,
    ],
    [
      'irregular steps',
      'ds,y\n2001-01-01 00:00,1\n2001-01-01 01:00,2\n2001-01-01 02:00,2\n2001-01-01 02:20,3\n',
      /irregular: read.gaps=skip takes the rows as the steps$/,
    ],
    ['an empty file', '', /^a.csv: expected a table of numbers, found an empty file$/],
    ['white space', ' \n', /^a.csv: expected rows of numbers, found nothing but white space$/],
    ['a header alone', 'ds,y\n', /^a.csv: expected rows of numbers, found none$/],
    [
      'no numbers',
      'ds,name\n2001-01-01,a\n2001-01-02,b\n',
      /^a.csv:2: expected a column with numbers to be forecast, found ds, name; name it with read.target$/,
    ],
    ['a name that comes twice', 'ds,y,y\n1,2,3\n2,3,4\n', /^a.csv:1: expected columns .* found "y" twice$/],
    ['too many cells', 'ds,y\n2001-01-01,1,7\n', /^a.csv:2: expected 2 columns/],
  ])('%s', async (_, text, message) => {
    expect(await failure(text)).toMatch(message)
  })

  it('names the nearest of the columns that are there', async () => {
    expect(await failure('ds,sales\n1,2\n2,3\n', { target: 'sale' })).toMatch(
      /expected a column "sale", found ds, sales; did you mean "sales"\?/,
    )
  })

  it('gives series or a DataError with the place, however damaged', async () => {
    const whole = 'unique_id,ds,y\nA,2001-01-01,10\nA,2001-01-02,11.5\nB,2001-01-01,1e3\n'
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length),
        fc.nat(4),
        fc.uint8Array({ maxLength: 4 }),
        async (at, gone, put) => {
          const bytes = [...new TextEncoder().encode(whole)]
          bytes.splice(at, gone, ...put)
          await read(new Uint8Array(bytes)).catch((error) => {
            expect(error).toBeInstanceOf(DataError)
            expect(error.message).toMatch(/^a\.csv.*expected .*found /s)
          })
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('series in memory', () => {
  it('are checked', () => {
    const series = seriesOf({ values: [1, 2], times: ['2001-01', '2001-02'] }, 'rows[0]')
    expect(series.frequency).toEqual({ unit: 'month', every: 1 })
    const bad: [unknown, RegExp][] = [
      [{ values: [1, Number.NaN] }, /^x\.values\[1\]: expected a finite number, found NaN$/],
      [
        { values: [1, 1e300] },
        /^x\.values\[1\]: expected a number of at most 1e\+100 in size, found 1e\+300$/,
      ],
      [{ values: [] }, /^x: expected a series/],
      [7, /^x: expected a series .* found 7$/],
      [{ values: [1, 2], times: ['2001-01', '2001-01'] }, /^x\.times\[1\]: expected a later time/],
      [{ values: [1, 2], times: ['2001-01', 'soon'] }, /^x\.times\[1\]: expected a time .*found "soon"$/],
      [{ values: [1, 2], past: { rain: [1] } }, /^x\.past\.rain: expected 2 numbers/],
      [{ values: [1, 2], from: 3 }, /^x: expected from: a whole number from 0 to 2/],
    ]
    for (const [given, message] of bad) {
      expect(() => seriesOf(given, 'x')).toThrow(DataError)
      expect(() => seriesOf(given, 'x')).toThrow(message)
    }
  })

  it('are cut off and go on', () => {
    const whole = seriesOf({ values: [1, 2, 3, 4], times: [1, 2, 3, 4], future: { a: [1, 2, 3, 4, 5] } }, 'x')
    const begun = upTo(whole, 2, 1)
    expect([[...begun.values], [...begun.future.a]]).toEqual([
      [1, 2],
      [1, 2, 3],
    ])
    const rest = seriesOf({ values: [3, 4], times: [3, 4], future: { a: [3, 4] } }, 'x')
    const joined = continuedBy(begun, rest, 'test')
    expect([[...joined.values], joined.from]).toEqual([[1, 2, 3, 4], 2])
    expect(() => continuedBy(begun, upTo(whole, 1), 'test')).toThrow(/expected values that come after/)
  })

  it('go on with the same steps, and know what was filled in', () => {
    const days = (from: number, count: number) => ({
      values: Array.from({ length: count }, (_, t) => t),
      times: Array.from({ length: count }, (_, t) => new Date(Date.UTC(2001, 0, from + t))),
    })
    const first = { ...seriesOf(days(1, 4), 'x'), filled: Uint8Array.of(0, 1, 0, 0) }
    const next = seriesOf(days(5, 3), 'x')
    expect([...(continuedBy(first, next, 'test').filled ?? [])]).toEqual([0, 1, 0, 0, 0, 0, 0])
    const holed = { ...next, filled: Uint8Array.of(0, 1, 0) }
    expect([...(continuedBy(first, holed, 'test').filled ?? [])]).toEqual([0, 1, 0, 0, 0, 1, 0])
    const later = seriesOf(days(9, 3), 'x')
    expect(continuedBy(first, later, 'test').values).toHaveLength(7)
    expect(() => continuedBy(first, later, 'test', { regular: true })).toThrow(
      /^test: expected the step 2001-01-05 \(every day\), .* found 2001-01-09; put both into one file, or read\.gaps=skip$/,
    )
    const months = seriesOf({ values: [1, 2, 3], times: ['2002-01', '2002-02', '2002-03'] }, 'x')
    expect(() => continuedBy(first, months, 'test')).toThrow(
      /^test: expected steps as of .* \(every day\), found every month$/,
    )
  })
})
