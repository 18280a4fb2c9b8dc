import { cells } from '../cells/index.js'
import { movementSettings } from './optimisation.js'
import { auto, choice, flag, integer, number, optional, type SettingValues } from './settings.js'
import { searchSettings } from './text-search.js'

/** The settings of the task `caption`; each line is also the comment in `unrolled.yaml`. */
export const captionSettings = {
  image: {
    width: auto(
      integer(64, 'Pixels across that the network sees; auto: as all training images have, else 64', {
        minimum: 4,
      }),
    ),
    height: auto(integer(64, 'Pixels down; auto: as all training images have, else 64', { minimum: 4 })),
  },
  text: {
    lowerCase: flag(true, 'Whether everything is read and written in lower case'),
    boundaries: choice('unicode', 'Where words end; blanks: for captions that are in tokens already', [
      'unicode',
      'blanks',
    ]),
    minimumCount: auto(
      integer(1, 'Words seen less often are unknown; auto: 5 from 20,000 captions on, else 1', {
        minimum: 1,
      }),
    ),
    vocabulary: integer(30_000, 'Words at most, the most frequent ones', { minimum: 1 }),
    longest: integer(50, 'Words read of a caption; the rest is cut off', { minimum: 1 }),
  },
  model: {
    filters: integer(16, 'Filters of the first convolution; behind each halving there are twice as many', {
      minimum: 1,
    }),
    convolutions: auto(
      integer(3, 'Convolutions of 3 x 3 pixels; auto: 2, or as many as it takes to come to the grid', {
        minimum: 1,
        maximum: 12,
      }),
    ),
    grid: integer(8, 'Regions a side, at most: images are halved behind convolutions until they have', {
      minimum: 1,
    }),
    cell: choice('lstm', 'The recurrent cell that writes', Object.keys(cells)),
    embeddingSize: auto(integer(64, 'Numbers that stand for a word; auto: as many as units', { minimum: 1 })),
    hiddenSize: auto(
      integer(64, 'Units of a layer; auto: 256 from 20,000 captions on, else 64', { minimum: 1 }),
    ),
    layers: integer(1, 'Recurrent layers on top of each other', { minimum: 1, maximum: 16 }),
    attention: choice('additive', 'How the decoder looks at the regions', ['additive', 'general']),
    inputFeeding: flag(true, 'Whether each step reads what the step before has looked at'),
    dropout: auto(
      number(
        0.3,
        'Dropout on word vectors, between layers and before the output; auto: 0.3 from 20,000 captions on, else 0',
        {
          maximum: 0.95,
        },
      ),
    ),
  },
  train: {
    epochs: auto(integer(20, 'Times through the data, at most; auto: by the number of captions')),
    seconds: optional(number(0, 'Stops after so many seconds of training')),
    batchSize: integer(32, 'Captions of one step', { minimum: 1 }),
    ...movementSettings({ rate: 0.006, weightDecay: 0.01 }),
    labelSmoothing: number(0, 'Share of each word spread over all words', { maximum: 0.9 }),
    patience: auto(integer(6, 'Epochs without a better validation before it stops', { minimum: 1 })),
  },
  decode: { ...searchSettings, minimumLength: integer(1, 'Words written at least') },
  scores: {
    headline: choice('bleu', 'The score named first', ['bleu', 'exactMatch']),
  },
}

/** The values of `captionSettings`. */
export type CaptionSettings = SettingValues<typeof captionSettings>
