import { resolve } from 'node:path'
import { stdout } from 'node:process'
import type { Encoding } from '../data/decode.js'
import { type GapPolicy, type SeriesOptions, seriesOfTable } from '../data/read-series.js'
import { readSeriesTable } from '../data/series-table.js'
import { UsageError } from '../errors.js'
import { filesOf } from '../formats/files.js'
import { drawSequential } from '../inspect/pictures/sequential.js'
import { type SequentialReport, sequential } from '../inspect/sequential.js'
import { sparkline } from '../inspect/terminal.js'
import { Random } from '../random/index.js'
import { taskFiles } from '../tasks/registry-files.js'
import { resolveSettings } from '../tasks/settings.js'
import { table } from '../tasks/text-table.js'
import { applyOverrides } from './config-file.js'
import { save, type Writers, writerOf } from './pictures.js'
import { paint, print } from './terminal.js'

/** What `unrolled inspect --sequential` is told. */
export interface SequentialArguments {
  readonly set?: readonly string[]
  readonly out?: string
  readonly json?: boolean
}

interface NamedReport extends SequentialReport {
  readonly series: string
}

const writers: Writers<readonly NamedReport[]> = {
  '.svg': (reports) => {
    if (reports.length === 1) return drawSequential(reports[0], reports[0].series)
    throw new UsageError(
      `--out: a picture shows one series, got ${reports.length}; read.target chooses, .json takes all`,
    )
  },
  '.json': (reports) => `${JSON.stringify(reports.length > 1 ? reports : reports[0], null, 1)}\n`,
}

/** `unrolled inspect --sequential`: whether the series of a file depend on their past; no model is needed. */
export async function inspectSequential(data: string, options: SequentialArguments): Promise<void> {
  const { set = [], out, json = false } = options
  const write = out === undefined ? undefined : writerOf(out, writers)
  const { values, locate } = applyOverrides({ values: {}, locate: () => undefined }, set)
  const { read } = resolveSettings({ read: taskFiles.forecast.settings }, values, locate)
  const given = Object.entries(read).filter(([, value]) => value !== null)
  const { gaps } = read as unknown as { readonly gaps: GapPolicy }
  if (gaps === 'forward' || gaps === 'interpolate')
    throw new UsageError(
      `inspect --sequential: expected read.gaps error, skip or zero, got ${gaps}: values that are made of their neighbours depend on them`,
    )
  const { encoding, ...named } = Object.fromEntries(given) as unknown as SeriesOptions & {
    readonly encoding: Encoding
  }
  const [file, ...others] = await filesOf(data)
  if (others.length > 0)
    throw new UsageError(`inspect --sequential: expected a file, got the folder ${resolve(data)}`)
  const { series } = seriesOfTable(await readSeriesTable(file, encoding), named)
  const reports = series.map(({ id, values: numbers }): NamedReport => {
    return { series: id, ...sequential(numbers, { random: new Random(1).split(id) }) }
  })
  if (out !== undefined && write) await save(out, write(reports))
  if (json) {
    const [{ ...first }, ...rest] = reports
    print(
      JSON.stringify({
        data,
        ...first,
        ...(rest.length > 0 && { beside: rest }),
        ...(out !== undefined && { out }),
      }),
    )
    return
  }
  for (const report of reports) show(report)
  if (out !== undefined) print(`\nWritten to ${out}`)
}

function show(report: NamedReport): void {
  const { series, steps, finding, autocorrelation, mutualInformation } = report
  const room = (stdout.columns ?? 80) - 26
  print(`${paint.bold(series)}  ${steps.toLocaleString('en')} steps`)
  print(`  ${paint.bold(finding)}`)
  const shown = [1, 2, 3, 7, 12, 24, 30].filter((lag) => lag <= autocorrelation.length)
  print(
    table([
      ['steps back', ...shown.map(String), 'by chance', 'p'],
      [
        'autocorrelation',
        ...shown.map((lag) => autocorrelation[lag - 1].toFixed(3)),
        `± ${report.correlationBand.toFixed(3)}`,
        chance(report.pValues.autocorrelation),
      ],
      [
        'mutual information',
        ...shown.map((lag) => mutualInformation[lag - 1].toFixed(3)),
        `< ${report.informationBand.toFixed(3)}`,
        chance(report.pValues.mutualInformation),
      ],
    ]),
  )
  print(
    `  ${paint.dim(sparkline(autocorrelation.slice(0, room).map(Math.abs), 0))}  autocorrelation, its size`,
  )
  print(`  ${paint.dim(sparkline(mutualInformation.slice(0, room), 0))}  mutual information`)
}

const chance = (p: number) => (p < 0.0005 ? '< 0.001' : p.toFixed(3))
