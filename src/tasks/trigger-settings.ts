import { cells } from '../cells/index.js'
import { movementSettings } from './optimisation.js'
import { auto, choice, integer, number, optional, type SettingValues } from './settings.js'

/** The settings of the task `trigger`; each line is also the comment in `unrolled.yaml`. */
export const triggerSettings = {
  sound: {
    sampleRate: auto(
      integer(
        16_000,
        'Samples per second that everything is brought to; auto: those of the first clip, 16,000 at most',
        { minimum: 1000, maximum: 192_000 },
      ),
    ),
    features: choice('logMel', 'What is read of the sound', ['logMel', 'mfcc', 'power']),
    bands: integer(40, 'Mel bands', { minimum: 2, maximum: 512 }),
    window: number(25, 'Milliseconds that are looked at together', { minimum: 1, maximum: 1000 }),
    hop: number(10, 'Milliseconds from one frame to the next', { minimum: 0.5, maximum: 1000 }),
  },
  scene: {
    seconds: number(10, 'How long a training scene is', { minimum: 0.5, maximum: 600 }),
    words: integer(3, 'Clips of the word in a scene, from none up to so many', {
      minimum: 1,
      maximum: 100,
    }),
    others: integer(4, 'Clips of other words in a scene, from none up to so many', { maximum: 100 }),
    gap: number(0.5, 'Seconds of background after each clip at least', { maximum: 60 }),
    gain: number(6, 'Decibels by which a clip is louder or softer at most', { maximum: 60 }),
    quietest: number(30, 'Decibels that the background lies below the words at most', { maximum: 120 }),
    loudest: number(10, 'Decibels that the background lies below the words at least', {
      minimum: -60,
      maximum: 120,
    }),
    speed: number(0.1, 'Share by which training clips are played faster or slower at most', { maximum: 0.5 }),
    label: number(0.35, 'Seconds after the end of the word in which the network is to say so', {
      minimum: 0.02,
      maximum: 10,
    }),
  },
  model: {
    cell: choice('gru', 'The recurrent cell', Object.keys(cells)),
    hiddenSize: integer(64, 'Units of a layer', { minimum: 1 }),
    layers: integer(2, 'Layers on top of each other', { minimum: 1, maximum: 16 }),
    filters: integer(64, 'Filters of the convolution in front', { minimum: 1 }),
    filterWidth: integer(15, 'Frames that a filter sees', { minimum: 1, maximum: 1000 }),
    stride: integer(4, 'Frames from one step of the recurrent layers to the next', {
      minimum: 1,
      maximum: 1000,
    }),
    dropout: number(0.2, 'Dropout between layers and before the output', { maximum: 0.95 }),
  },
  train: {
    scenes: integer(320, 'Scenes of an epoch, made anew for each', { minimum: 1 }),
    epochs: integer(40, 'Epochs at most', { minimum: 1 }),
    seconds: optional(number(0, 'Stops after so many seconds of training')),
    batchSize: integer(8, 'Scenes of one step', { minimum: 1 }),
    ...movementSettings({ rate: 0.004, averaging: 0.98 }),
    patience: integer(15, 'Epochs without a better validation before it stops', { minimum: 1 }),
  },
  evaluation: {
    scenes: integer(360, 'Scenes that are made of clips to be scored on; 360 of 10 seconds are an hour', {
      minimum: 1,
    }),
    tolerance: number(0.75, 'Seconds after the end of a word in which a detection is in time', {
      maximum: 60,
    }),
  },
  detect: {
    threshold: auto(
      number(0.5, 'Scores from here on are detections; auto: chosen on the validation scenes', {
        maximum: 1,
      }),
    ),
    falseAccepts: number(0.5, 'False detections an hour that the choice of the threshold allows'),
    refractory: number(1, 'Seconds after a detection in which there is no other', { maximum: 3600 }),
  },
}

/** The values of `triggerSettings`. */
export type TriggerSettings = SettingValues<typeof triggerSettings>
