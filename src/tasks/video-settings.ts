import { cells } from '../cells/index.js'
import { movementSettings, optimizerDefaults } from './optimisation.js'
import {
  auto,
  choice,
  type Decided,
  decided,
  flag,
  integer,
  number,
  optional,
  type SettingValues,
} from './settings.js'

const rate = (fallback: number, help: string) => number(fallback, help, { maximum: 0.95 })

/** The settings of the task `video`; each line is also the comment in `unrolled.yaml`. */
export const videoSettings = {
  frames: {
    last: optional(integer(3, 'Only so many last frames of a video are read; null: all', { minimum: 1 })),
  },
  model: {
    cell: choice('gru', 'The recurrent cell', Object.keys(cells)),
    hiddenSize: integer(64, 'Units of a layer and direction', { minimum: 1 }),
    layers: integer(1, 'Layers on top of each other', { minimum: 1, maximum: 16 }),
    bidirectional: flag(false, 'Whether videos are also read backwards; such a model cannot stream'),
    pooling: choice('last', 'How the frames become one vector, where the whole has a label', [
      'last',
      'mean',
      'max',
      'attention',
    ]),
    inputDropout: rate(0, 'Dropout on the features'),
    layerDropout: rate(0.2, 'Dropout between layers'),
    variationalDropout: rate(0, 'Dropout on what each recurrent layer reads, the same at every frame'),
    recurrentDropout: rate(0, 'Dropout on h before the recurrent weights; trains slowly'),
    weightDrop: rate(0, 'Share of the recurrent weights that is zero in a training step'),
    zoneout: rate(0, 'Share of the state that stays as it was at a frame; trains slowly'),
    headDropout: rate(0.2, 'Dropout before the output layer'),
  },
  train: {
    epochs: auto(integer(20, 'Times through the videos, at most; auto: 8 to 60, about 3,000 steps')),
    seconds: optional(number(0, 'Stops after so many seconds of training')),
    batchSize: integer(32, 'Videos of one step', { minimum: 1 }),
    ...movementSettings({ rate: 0.005 }),
    labelSmoothing: number(0, 'Share of each target spread over all labels', { maximum: 0.9 }),
    patience: auto(
      integer(10, 'Epochs without a better validation before it stops; auto: half of them', { minimum: 1 }),
    ),
  },
}

/** The values of `videoSettings`. */
export type VideoSettings = SettingValues<typeof videoSettings>

/** Decides every `auto` by the number of training videos. */
export function decideVideoSettings(settings: VideoSettings, videos: number): Decided<VideoSettings> {
  const { train } = settings
  const rates = optimizerDefaults(train.optimizer, 0.005)
  const wanted = Math.round((3000 * train.batchSize) / Math.max(1, videos))
  const epochs = decided(train.epochs, Math.min(60, Math.max(8, wanted)))
  return {
    ...settings,
    train: {
      ...train,
      epochs,
      learningRate: decided(train.learningRate, rates.learningRate),
      weightDecay: decided(train.weightDecay, rates.weightDecay),
      patience: decided(train.patience, Math.max(4, Math.ceil(epochs / 2))),
    },
  }
}
