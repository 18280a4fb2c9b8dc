import { stdout } from 'node:process'
import { timeText } from '../data/frequency.js'
import type { TimeSeries } from '../data/series.js'
import { UsageError } from '../errors.js'
import { drawForecast } from '../inspect/pictures/forecast.js'
import { sparkline } from '../inspect/terminal.js'
import { number } from '../tasks/forecast-report.js'
import { type SeriesInput, seriesOfInput } from '../tasks/forecast-rows.js'
import type { SeriesForecast } from '../tasks/series-forecaster.js'
import { SeriesForecaster } from '../tasks/series-forecaster.js'
import { table } from '../tasks/text-table.js'
import { inputsOf } from './inputs.js'
import { withModel } from './model.js'
import { save, type Writers, writerOf } from './pictures.js'
import { paint, print } from './terminal.js'

/** The options of `unrolled forecast`, as they are typed. */
export interface ForecastArguments {
  readonly steps?: string
  readonly out?: string
  readonly json?: boolean
}

/** Series of a file beside how they go on. */
interface Told {
  readonly series: readonly TimeSeries[]
  readonly forecasts: readonly SeriesForecast[]
  readonly coverage: number
}

/** Steps of the past that are shown, at least so many. */
const SHOWN = 40

const writers: Writers<Told> = {
  '.svg': ({ series, forecasts, coverage }) => {
    if (series.length > 1)
      throw new UsageError(`--out: a picture shows one series, got ${series.length}; .csv and .json take all`)
    const { id, steps } = forecasts[0]
    const past = lastOf(series[0], Math.max(SHOWN, 3 * steps.length))
    return drawForecast({
      title: id,
      past,
      steps: steps.map((step, k) => ({ time: `+${k + 1}`, ...step })),
      coverage,
    })
  },
  '.csv': ({ forecasts }) =>
    [
      'unique_id,ds,y,low,high',
      ...forecasts.flatMap(({ id, steps }) =>
        steps.map(({ time, value, low, high }, k) => [quoted(id), time ?? k + 1, value, low, high].join(',')),
      ),
      '',
    ].join('\n'),
  '.json': ({ forecasts }) => `${JSON.stringify(forecasts, null, 1)}\n`,
}

/** `unrolled forecast`: how the series of a file go on, as a table with a sparkline, a picture or a file. */
export async function forecast(
  folder: string,
  file: string,
  { steps, out, json = false }: ForecastArguments,
): Promise<void> {
  const count = steps === undefined ? undefined : countOf(steps)
  const write = out === undefined ? undefined : writerOf(out, writers)
  await withModel(folder, async (model) => {
    if (!(model instanceof SeriesForecaster))
      throw new UsageError(`forecast needs a model of the task forecast, got one of the task ${model.task}`)
    for await (const { input, name } of inputsOf(model, [file])) {
      const series = seriesOfInput(input as SeriesInput, model.reading)
      const forecasts = model.predict(series, count === undefined ? {} : { steps: count })
      const told = { series, forecasts, coverage: model.settings.model.coverage }
      if (out !== undefined && write) await save(out, write(told))
      if (json)
        print(JSON.stringify({ model: folder, file: name, forecasts, ...(out !== undefined && { out }) }))
      else show(told)
    }
    if (!json && out !== undefined) print(`\nWritten to ${out}`)
  })
}

function show({ series, forecasts, coverage }: Told): void {
  for (const [k, { id, steps }] of forecasts.entries()) {
    const room = Math.max(20, (stdout.columns ?? 80) - 4)
    const past = lastOf(series[k], Math.max(1, room - steps.length - 1)).map(({ value }) => value)
    const all = [...past, ...steps.map(({ value }) => value)].slice(-room)
    const line = sparkline(all)
    const seam = Math.max(0, all.length - steps.length)
    print(paint.bold(id))
    print(`  ${paint.dim(line.slice(0, seam))}${paint.bold(line.slice(seam))}`)
    const rows = steps.map(({ time, value, low, high }, ahead) => [
      time ?? `+${ahead + 1}`,
      number(value),
      number(low),
      number(high),
    ])
    print(table([['step', 'forecast', `${Math.round(100 * coverage)} % from`, 'to'], ...rows]))
  }
}

/** The end of a series with its times. */
function lastOf({ values, times, frequency }: TimeSeries, count: number) {
  const begin = Math.max(0, values.length - count)
  return [...values.subarray(begin)].map((value, k) => ({
    time: times && frequency ? timeText(times[begin + k], frequency) : String(begin + k + 1),
    value,
  }))
}

function countOf(text: string): number {
  const count = Number(text)
  if (Number.isSafeInteger(count) && count >= 1) return count
  throw new UsageError(`--steps: expected a whole number of at least 1, got "${text}"`)
}

const quoted = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
