import { checksum } from '../codecs/crc32.js'
import type { TimeSeries } from '../data/series.js'
import { DataError } from '../errors.js'
import type { Engine } from '../tensor/index.js'
import { slice } from '../tensor/index.js'
import type { Metrics, Trainable } from '../train/index.js'
import { calibrate, growthBeyond } from './forecast-calibration.js'
import { beginAtLinear, fitLinear } from './forecast-linear.js'
import { buildForecaster } from './forecast-network.js'
import { forecastOutputs, levelsOf } from './forecast-output.js'
import { fitSeries, meanAndDeviation } from './forecast-preparation.js'
import { endsOf, type SeriesParts, type SeriesRow, scoredFrom } from './forecast-rows.js'
import type { ForecastSettings } from './forecast-settings.js'
import { cyclesNamed, decideForecast, naturalSeason } from './forecast-sizes.js'
import {
  covariateScaling,
  inputOf,
  isMeasured,
  type Origin,
  originsFrom,
  SeriesWindows,
  scoredOrigins,
  type WindowReader,
} from './forecast-windows.js'
import { SeriesForecaster } from './series-forecaster.js'
import type { Decided } from './settings.js'
import type { Learned, LearningJob } from './task.js'
import { fitTask, identityWith } from './task-training.js'

/** Learns to forecast series: preparation, the straight lines that stay as a baseline, the network, and how wide its intervals have to be. */
export async function learnToForecast(
  job: LearningJob<SeriesRow, ForecastSettings>,
): Promise<Learned<SeriesRow, ForecastSettings> & { readonly model: SeriesForecaster }> {
  const { engine, random } = job
  const data: SeriesParts = job.data
  const { settings, preparation } = decideForecast(job.settings, data.train)
  const reader = readerOf(data.train, settings, preparation)
  const origins = originsOf(reader, data.train)
  for (const part of ['valid', 'test'] as const) checkScored(reader, data[part], part, settings.model.horizon)
  const linear = fitLinear(reader, origins, reader.recent || reader.window)
  const network = buildForecaster(engine, reader, settings, random.split('weights'))
  const output = forecastOutputs[settings.model.output]
  beginAtLinear(network, output, levelsOf(settings.model.coverage), linear)
  const season = settings.series.season || naturalSeason(data.train[0])
  const model = new SeriesForecaster({
    reader,
    network,
    settings,
    linear,
    season,
    offsets: [],
    growth: [],
    ends: { ...endsOf(data.train), ...endsOf(data.valid) },
    reading: data.reading,
    frequency: data.train[0].frequency,
  })
  const fit = await train(model, job, settings, origins)
  if (fit.reason === 'abort') return { model, fit, settings }
  const offsets = calibrate(model, data.train, data.valid)
  const growth = growthBeyond(model, data.valid.length > 0 ? data.valid : data.train)
  return { model: new SeriesForecaster({ ...model, offsets, growth }), fit, settings }
}

/** What turns series into windows, fitted on their training parts. Throws `DataError` for a series that is too short. */
function readerOf(
  series: readonly TimeSeries[],
  { model, series: { calendar } }: Decided<ForecastSettings>,
  preparation: WindowReader['preparation'],
): WindowReader {
  const block = model.direct ? model.horizon : 1
  const bare: WindowReader = {
    preparation,
    window: model.window,
    recent: model.linear,
    block,
    cycles: cyclesNamed(calendar, series[0]),
    past: covariateScaling(series, 'past'),
    future: covariateScaling(series, 'future'),
    fits: Object.fromEntries(series.map((row) => [row.id, fitSeries(row, preparation)])),
    reach: Array.from({ length: block }, () => ({ centre: 0, scale: 1 })),
  }
  const origins = originsOf(bare, series)
  const reach = bare.reach.map((_, k) => {
    const measured = origins.filter((origin) => isMeasured(origin, k + 1))
    const { centre, scale } = meanAndDeviation(measured.map(({ windows, at }) => windows.target(at, k + 1)))
    return { centre, scale: scale || 1 }
  })
  return { ...bare, reach }
}

/** Every window of the series whose steps ahead are in the series. Throws `DataError` for a series that has none. */
function originsOf(reader: WindowReader, series: readonly TimeSeries[]): Origin[] {
  return series.flatMap((row) => {
    const windows = new SeriesWindows(reader, row)
    const origins = originsFrom(windows, windows.first, reader.block)
    if (origins.length > 0) return origins
    const needed = windows.first + reader.block + 1
    throw new DataError(
      `${row.id}: expected at least ${needed} values to learn from (a window of ${reader.window}${windows.prepared.begin > 0 ? `, ${windows.prepared.begin} for differences` : ''}, ${reader.block} ahead), found ${row.values.length}; model.window sets the window`,
    )
  })
}

/** Throws `DataError` for a part in which not one forecast could be compared with what came: better before the training than behind it. */
function checkScored(
  reader: WindowReader,
  rows: readonly SeriesRow[],
  part: 'valid' | 'test',
  horizon: number,
): void {
  if (rows.length === 0 || rows.some((row) => scoredOrigins(reader, row, horizon).length > 0)) return
  const steps = Math.max(...rows.map((row) => row.values.length - scoredFrom(row)))
  throw new DataError(
    `the ${part} part: expected at least ${horizon} steps, as many as are forecast (model.horizon), found ${steps}; read.${part} sets how many are held out`,
  )
}

async function train(
  model: SeriesForecaster,
  job: LearningJob<SeriesRow, ForecastSettings>,
  settings: Decided<ForecastSettings>,
  origins: readonly Origin[],
) {
  const { data } = job
  const { batchSize } = settings.train
  const numbers = data.train.flatMap(({ values, past, future }) => [
    values,
    ...Object.values(past),
    ...Object.values(future),
  ])
  const texts = checksum(new Uint8Array(Float64Array.from(numbers.flatMap((list) => [...list])).buffer))
  const held = data.valid.length > 0 ? data.valid.flatMap((row) => scoredOrigins(model.reader, row)) : []
  return fitTask<readonly Origin[]>({
    job,
    settings: settings.train,
    model: trainable(model, settings),
    data: {
      batchesPerEpoch: Math.ceil(origins.length / batchSize),
      batches: (_, random) => {
        const order = random.shuffle([...origins.keys()])
        return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, k) =>
          order.slice(k * batchSize, (k + 1) * batchSize).map((place) => origins[place]),
        )
      },
    },
    monitor: { metric: 'loss', better: 'lower' },
    identity: identityWith(settings, { rows: data.train.length, texts: String(texts) }),
    validationData: 'a validation part',
    ...(held.length > 0 && { validate: () => validate(model, settings, held) }),
  })
}

function trainable(
  model: SeriesForecaster,
  settings: Decided<ForecastSettings>,
): Trainable<readonly Origin[]> {
  const { network, engine } = model
  return {
    engine,
    parameters: () => network.parameters(),
    size: (origins) => origins.length,
    loss: (origins, training) => lossOf(model, settings, origins, training),
  }
}

function lossOf(
  { network, engine, reader }: SeriesForecaster,
  { model: { output, coverage } }: Decided<ForecastSettings>,
  origins: readonly Origin[],
  training?: Parameters<Trainable<unknown>['loss']>[1],
) {
  const { block } = reader
  const levels = levelsOf(coverage)
  const outputs = network.forward(inputOf(engine, reader, origins), training)
  const numbers = forecastOutputs[output]
    .locations(levels)
    .map((_, k) => slice(outputs, 1, k * block, (k + 1) * block))
  const { targets, weights } = targetsOf(engine, origins, block)
  return forecastOutputs[output].loss(numbers, targets, levels, { weights })
}

/** What should be said about the steps ahead [batch, block], and 0 for those that were filled in. */
function targetsOf(engine: Engine, origins: readonly Origin[], block: number) {
  const shape = [origins.length, block]
  const steps = Array.from({ length: block }, (_, k) => k + 1)
  const targets = origins.flatMap(({ windows, at }) => steps.map((ahead) => windows.target(at, ahead)))
  const weights = origins.flatMap((origin) => steps.map((ahead) => Number(isMeasured(origin, ahead))))
  return { targets: engine.tensor(targets, shape), weights: engine.tensor(weights, shape) }
}

const VALIDATED_AT_ONCE = 256

function validate(
  model: SeriesForecaster,
  settings: Decided<ForecastSettings>,
  held: readonly Origin[],
): Metrics {
  let sum = 0
  for (let begin = 0; begin < held.length; begin += VALIDATED_AT_ONCE) {
    const part = held.slice(begin, begin + VALIDATED_AT_ONCE)
    const loss = model.engine.scope(() => lossOf(model, settings, part).item())
    sum += loss * part.length
  }
  return { loss: sum / held.length }
}
