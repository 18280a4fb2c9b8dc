import { cells } from '../cells/index.js'
import { movementSettings } from './optimisation.js'
import { auto, choice, flag, integer, number, optional, type SettingValues } from './settings.js'

/** The settings of the task `classify`; each line is also the comment in `unrolled.yaml`. */
export const classifySettings = {
  text: {
    lowerCase: flag(true, 'Whether "Paris" and "paris" are one word'),
    digits: choice('zero', 'zero: numbers of one shape are one word (6:45 is 0:00)', ['keep', 'zero']),
    minimumCount: integer(1, 'Words seen less often are known by their pieces only', { minimum: 1 }),
    longest: integer(400, 'Words read of a text; the rest is cut off', { minimum: 1 }),
    gramBuckets: auto(
      integer(0, 'Rows shared by the character n-grams; auto: twice the words, 4,000 to 20,000; 0: none'),
    ),
    shortestGram: integer(3, 'Characters of the shortest n-gram', { minimum: 1, maximum: 20 }),
    longestGram: integer(5, 'Characters of the longest n-gram', { minimum: 1, maximum: 20 }),
  },
  model: {
    cell: choice('lstm', 'The recurrent cell', Object.keys(cells)),
    embeddingSize: auto(
      integer(64, 'Numbers that stand for a word; auto: by the number of texts', { minimum: 1 }),
    ),
    hiddenSize: auto(
      integer(64, 'Units of a layer and direction; auto: by the number of texts', { minimum: 1 }),
    ),
    layers: integer(1, 'Layers on top of each other', { minimum: 1, maximum: 16 }),
    bidirectional: auto(
      flag(
        false,
        'Whether texts are also read backwards; such a model cannot stream; auto: from 2,000 texts on',
      ),
    ),
    pooling: choice('max', 'How the steps become one vector', ['last', 'mean', 'max', 'attention']),
    wordDropout: number(0.2, 'Share of words hidden in training, so that unknown ones do no harm', {
      maximum: 0.9,
    }),
    inputDropout: number(0.4, 'Dropout on the word vectors', { maximum: 0.95 }),
    layerDropout: number(0.2, 'Dropout between layers', { maximum: 0.95 }),
    variationalDropout: number(
      0,
      'Dropout on what each recurrent layer reads, the same at every step of a text',
      { maximum: 0.95 },
    ),
    recurrentDropout: number(
      0,
      'Dropout on h before the recurrent weights, the same at every step; trains slowly',
      { maximum: 0.95 },
    ),
    weightDrop: number(0, 'Share of the recurrent weights that is zero in a training step', {
      maximum: 0.95,
    }),
    zoneout: number(0, 'Share of the state that stays as it was at a step; trains slowly', { maximum: 0.95 }),
    headDropout: number(0.4, 'Dropout before the output layer', { maximum: 0.95 }),
  },
  train: {
    epochs: auto(integer(20, 'Times through the data, at most; auto: by the number of texts')),
    seconds: optional(number(0, 'Stops after so many seconds of training')),
    batchSize: auto(integer(32, 'Texts of one step; auto: 16 below 2,000 texts, else 32', { minimum: 1 })),
    ...movementSettings({ rate: '0.005 below 2,000 texts, else 0.002', averaging: 0.995 }),
    labelSmoothing: number(0.05, 'Share of each target spread over all labels', { maximum: 0.9 }),
    patience: auto(integer(6, 'Epochs without a better validation before it stops', { minimum: 1 })),
  },
  reject: {
    threshold: auto(
      number(0.5, 'Answers less sure are "unknown"; auto: keeps 95 % of the right ones', { maximum: 1 }),
    ),
  },
}

/** The values of `classifySettings`. */
export type ClassifySettings = SettingValues<typeof classifySettings>
