import type { DataFile } from '../data/data-file.js'
import type { Detection } from '../data/dataset.js'
import type { Encoding } from '../data/decode.js'
import { timeText } from '../data/frequency.js'
import { problem } from '../data/problem.js'
import { type FoundSeries, type GapPolicy, seriesOfTable, stepsOf } from '../data/read-series.js'
import type { TimeSeries } from '../data/series.js'
import { readSeriesTable } from '../data/series-table.js'
import type { DateOrder } from '../data/timestamps.js'
import { UsageError } from '../errors.js'
import {
  continuing,
  named,
  namedByFile,
  type SeriesParts,
  type SeriesRow,
  splitInTime,
  TENTH,
} from './forecast-rows.js'
import { auto, choice, number, optional, text } from './settings.js'
import type { TaskFiles } from './task.js'

/** The settings under `read`, complete. */
interface ReadSettings {
  readonly time: string | null
  readonly target: string | null
  readonly id: string | null
  readonly past: string | null
  readonly future: string | null
  readonly gaps: GapPolicy
  readonly dates: DateOrder
  readonly encoding: Encoding
  readonly valid: number | 'auto'
  readonly test: number | 'auto'
}

const heldText = 'Steps at the end of each series, or below 1 a share of it'

/** Series in files: CSV, TSV, Parquet; wide or long. */
export const forecastFiles: TaskFiles<SeriesRow> = {
  settings: {
    time: optional(text('', 'The column of the dates; null: detected; none: the rows are the steps')),
    target: optional(text('', 'The columns to be forecast, parted by commas; null: y, or all with numbers')),
    id: optional(text('', 'The column that says which series a row belongs to; null: detected')),
    past: optional(text('', 'Columns known up to now beside the target, parted by commas')),
    future: optional(text('', 'Columns known in advance, parted by commas')),
    gaps: choice('error', 'What is done about missing steps and values; skip: rows are the steps', [
      'error',
      'skip',
      'forward',
      'interpolate',
      'zero',
    ]),
    dates: choice('auto', 'Whether day or month comes first in 3/4/1990', ['auto', 'dmy', 'mdy']),
    encoding: choice('utf-8', 'How the bytes are read', ['utf-8', 'latin1']),
    valid: auto(number(0.1, `The validation part, before the test part. ${heldText}; auto: a tenth`)),
    test: auto(number(0.1, `The part that is scored. ${heldText}; auto: a tenth, or the file --test`)),
  },
  async read({ root, data, valid, test }, { read }) {
    const settings = read as unknown as ReadSettings
    const main = await readAll(data, root, settings)
    const [ofValid, ofTest] = [
      valid && valid.length > 0 ? await readAll(valid, 'valid', settings, main.byFile) : undefined,
      test && test.length > 0 ? await readAll(test, 'test', settings, main.byFile) : undefined,
    ]
    const held = { valid: heldOut(settings, 'valid'), test: heldOut(settings, 'test') }
    const split = splitInTime(main.series, { valid: valid ? 0 : held.valid, test: ofTest ? 0 : held.test })
    const regular = settings.gaps !== 'skip'
    const validRows = ofValid ? continuing(main.series, ofValid.series, 'valid', regular) : split.valid
    const known = ofValid ? validRows : main.series
    const testRows = ofTest ? continuing(known, ofTest.series, 'test', regular) : split.test
    const { gaps, dates, encoding } = settings
    const parts: SeriesParts = {
      train: split.train,
      valid: validRows,
      test: testRows,
      reading: { ...main.columns, gaps, dates, encoding, ...(main.byFile && { byFile: true }) },
    }
    const none = valid && valid.length === 0 ? ['no rows choose the best epoch: the last one is kept'] : []
    return { data: parts, detection: detectionOf(main, parts, root, none, Boolean(valid || test)) }
  },
  async readScored(files, root, { read }) {
    const settings = read as unknown as ReadSettings
    const found = await readAll(files, root, settings)
    const part = heldOut(settings, 'test')
    const rows = found.series.map((row) => ({
      ...row,
      from: Math.max(0, row.values.length - stepsOf(part || row.values.length, row.values.length)),
    }))
    return { rows, detection: detectionOf(found, { train: [], valid: [], test: rows }, root, [], true) }
  },
  readInput: (file, readAs) => readSeriesTable(file, readAs?.encoding as Encoding | undefined),
}

/** How much of each series a part gets. Throws a `UsageError` for a number that is neither a share nor a count. */
function heldOut(settings: ReadSettings, part: 'valid' | 'test'): number {
  const { [part]: given } = settings
  if (given === 'auto') return TENTH
  if (given < 1 || Number.isInteger(given)) return given
  throw new UsageError(`read.${part}: expected a share below 1 or a whole number of steps, got ${given}`)
}

/** What all files of a folder hold. */
interface FoundFiles extends FoundSeries {
  readonly format: string
  readonly byFile: boolean
}

/** The series of all files of a folder, by the names of their files too where there are several or `byFile` says so. */
async function readAll(
  files: readonly DataFile[],
  root: string,
  { encoding, time, target, id, past, future, gaps, dates }: ReadSettings,
  asked = false,
): Promise<FoundFiles> {
  const columns = Object.fromEntries(
    Object.entries({ time, target, id, past, future }).filter(([, column]) => column !== null),
  ) as Partial<Record<'time' | 'target' | 'id' | 'past' | 'future', string>>
  const tables = files.filter(
    ({ path }) => files.length === 1 || /\.(csv|tsv|tab|txt|parquet|pq)(\.gz)?$/i.test(path),
  )
  if (tables.length === 0) throw problem(root, 0, 'a table of numbers (CSV, TSV, Parquet)', 'none')
  const byFile = asked || tables.length > 1
  const found: (FoundSeries & { readonly format: string })[] = []
  for (const file of tables) {
    const table = await readSeriesTable(file, encoding)
    const one = seriesOfTable(table, { ...columns, gaps, dates })
    const series = byFile ? namedByFile(one.series, file.path) : one.series
    found.push({ ...one, series, format: table.format })
  }
  const [first] = found
  return {
    ...first,
    byFile,
    series: named(
      found.flatMap(({ series }) => series),
      root,
    ),
    notes: found.flatMap(({ notes }) => notes),
  }
}

function detectionOf(
  { series, columns, every, notes, format }: FoundSeries & { readonly format: string },
  { train, valid, test }: SeriesParts,
  root: string,
  more: readonly string[],
  given: boolean,
): Detection {
  const steps = (rows: readonly SeriesRow[], whole = false) =>
    rows.reduce((sum, { values, from = 0 }) => sum + values.length - (whole ? 0 : from), 0)
  const { time, id, targets, past, future } = columns
  const roles = [
    `forecasts ${targets.join(', ')}`,
    ...(time ? [`time in ${time}`] : []),
    ...(id ? [`${series.length} series by ${id}`] : []),
    ...(past.length > 0 ? [`beside it ${past.join(', ')}`] : []),
    ...(future.length > 0 ? [`known in advance ${future.join(', ')}`] : []),
    every,
  ]
  return {
    format: `${format}; ${roles.join('; ')}`,
    source: root,
    sizes: { train: steps(train, true), valid: steps(valid), test: steps(test) },
    split: given ? 'given' : 'automatic',
    rows: shownRows(series[0]),
    labels: 0,
    notes: [...notes, ...more],
  }
}

/** The first three steps. */
function shownRows({ id, values, times, frequency }: TimeSeries): Detection['rows'] {
  return [...values.subarray(0, 3)].map((value, t) => {
    const time = times && frequency ? timeText(times[t], frequency) : `step ${t + 1}`
    return { text: `${time}  ${value}`, label: id, file: '', line: t + 1 }
  })
}
