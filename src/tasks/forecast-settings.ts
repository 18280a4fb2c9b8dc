import { cells } from '../cells/index.js'
import { forecastOutputs } from './forecast-output.js'
import { movementSettings } from './optimisation.js'
import { auto, choice, flag, integer, number, optional, type SettingValues, text } from './settings.js'

/** The settings of the task `forecast`; each line is also the comment in `unrolled.yaml`. */
export const forecastSettings = {
  series: {
    log: auto(flag(false, 'Logarithms in place of values; auto: where swings grow with the level')),
    season: auto(integer(0, 'Steps of a season; 0: none; auto: the one of the calendar that shows most')),
    seasonal: auto(
      choice(
        'none',
        'How the season is taken out; difference: less the value a season ago; profile: less a smooth yearly course; auto: what helps AR most',
        ['none', 'difference', 'profile'],
      ),
    ),
    difference: auto(flag(false, 'Changes from step to step in place of levels; auto: where that helps AR')),
    scale: choice('series', 'What values are scaled by: the training part of each series, or each window', [
      'series',
      'window',
    ]),
    calendar: text(
      'auto',
      'Of day, week, year: where in them a step lies is told to the network; auto, none',
    ),
  },
  model: {
    horizon: integer(1, 'Steps ahead', { minimum: 1, maximum: 10_000 }),
    direct: flag(true, 'All steps ahead at once; false: one step, fed back again and again'),
    output: choice('gaussian', 'What is said about a step', Object.keys(forecastOutputs)),
    coverage: number(0.8, 'Share of values that intervals should hold', { minimum: 0.01, maximum: 0.999 }),
    window: auto(
      integer(28, 'Steps looked back at; auto: a season where it is short, else 28', { minimum: 1 }),
    ),
    linear: integer(
      0,
      'Last values that a linear path takes straight to the output, at most the window; 0: none',
    ),
    blend: number(
      0,
      'Share of a straight line from the window in every forecast; 0.5: the mean of line and network',
      {
        maximum: 1,
      },
    ),
    cell: choice('lstm', 'The recurrent cell', Object.keys(cells)),
    hiddenSize: auto(integer(32, 'Units of a layer; auto: by the number of windows', { minimum: 1 })),
    layers: integer(1, 'Layers on top of each other', { minimum: 1, maximum: 16 }),
    layerDropout: number(0.1, 'Dropout between layers', { maximum: 0.95 }),
    recurrentDropout: number(0, 'Dropout on h before the recurrent weights, the same at every step', {
      maximum: 0.95,
    }),
    headDropout: number(0.2, 'Dropout before the output layer', { maximum: 0.95 }),
  },
  train: {
    epochs: auto(integer(20, 'Times through the windows, at most; auto: by their number')),
    seconds: optional(number(0, 'Stops after so many seconds of training')),
    batchSize: auto(
      integer(32, 'Windows of one step; auto: 16 below 1,000 windows, else 64', { minimum: 1 }),
    ),
    ...movementSettings({ rate: 0.002, weightDecay: 0.01, averaging: 0.997 }),
    patience: auto(integer(6, 'Epochs without a better validation before it stops', { minimum: 1 })),
  },
}

/** The values of `forecastSettings`. */
export type ForecastSettings = SettingValues<typeof forecastSettings>
