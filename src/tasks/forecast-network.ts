import { Forecaster } from '../models/forecaster.js'
import type { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { forecastOutputs, levelsOf } from './forecast-output.js'
import type { ForecastSettings } from './forecast-settings.js'
import { sizesOf, type WindowReader } from './forecast-windows.js'
import type { Decided } from './settings.js'

/** The network of the settings, with weights drawn from `random`. */
export function buildForecaster(
  engine: Engine,
  reader: WindowReader,
  { model }: Pick<Decided<ForecastSettings>, 'model'>,
  random: Random,
): Forecaster {
  const { features, ahead } = sizesOf(reader)
  const { cell, hiddenSize, layers, output, coverage } = model
  return new Forecaster({
    engine,
    random,
    inputSize: features,
    layers: Array.from({ length: layers }, () => ({ cell, size: hiddenSize })),
    horizon: reader.block,
    linearTo: forecastOutputs[output].locations(levelsOf(coverage)),
    recent: reader.recent,
    ahead,
    recurrentDropout: model.recurrentDropout,
    dropout: { layers: model.layerDropout, head: model.headDropout },
  })
}
