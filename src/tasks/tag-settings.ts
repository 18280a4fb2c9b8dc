import { cells } from '../cells/index.js'
import { spellingNames } from '../models/spelling.js'
import { gramBucketsFor } from './gram-buckets.js'
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

/** The settings of the task `tag`; each line is also the comment in `unrolled.yaml`. */
export const tagSettings = {
  text: {
    boundaries: auto(
      choice(
        'unicode',
        'How new texts are cut into words; auto: unicode where that gives the tokens of four texts in five',
        ['unicode', 'blanks'],
      ),
    ),
    lowerCase: flag(
      true,
      'Whether "Paris" and "paris" are one row of the word table; spellings keep their case',
    ),
    digits: choice('zero', 'zero: numbers of one shape are one word (6:45 is 0:00)', ['keep', 'zero']),
    minimumCount: integer(1, 'Words seen less often are known by their spelling only', { minimum: 1 }),
    longest: integer(400, 'Words read of a text; the rest has no spans', { minimum: 1 }),
    gramBuckets: auto(
      integer(0, 'Rows shared by the character n-grams; auto: twice the words, 4,000 to 20,000; 0: none'),
    ),
    shortestGram: integer(3, 'Characters of the shortest n-gram', { minimum: 1, maximum: 20 }),
    longestGram: integer(5, 'Characters of the longest n-gram', { minimum: 1, maximum: 20 }),
  },
  model: {
    cell: choice('lstm', 'The recurrent cell', Object.keys(cells)),
    embeddingSize: integer(100, 'Numbers that stand for a word', { minimum: 1 }),
    characterSize: integer(25, 'Numbers that stand for a character; 0: spellings are not read'),
    characterReader: choice(
      'recurrent',
      'recurrent: spellings are read in both directions; convolution: by filters over three characters',
      spellingNames,
    ),
    characterUnits: integer(
      25,
      'Units that read spellings in each direction; a convolution has twice as many filters',
      { minimum: 1 },
    ),
    hiddenSize: integer(128, 'Units of a layer and direction', { minimum: 1 }),
    layers: integer(1, 'Layers on top of each other', { minimum: 1, maximum: 16 }),
    bidirectional: flag(true, 'Whether texts are also read backwards; such a model cannot stream'),
    crf: flag(true, 'Whether tag sequences are scored as a whole (CRF) or tag by tag (softmax)'),
    scheme: choice('bio', 'How spans are written as tags', ['bio', 'bioes']),
    pooling: choice('max', 'How the steps become one vector for the label of the text', [
      'last',
      'mean',
      'max',
      'attention',
    ]),
    wordDropout: number(0.1, 'Share of words hidden in training: only their spelling is left', {
      maximum: 0.9,
    }),
    inputDropout: number(0.4, 'Dropout on the word vectors', { maximum: 0.95 }),
    layerDropout: number(0.3, 'Dropout between layers', { maximum: 0.95 }),
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
    headDropout: number(0.4, 'Dropout before the output layers', { maximum: 0.95 }),
  },
  train: {
    epochs: auto(
      integer(30, 'Times through the data, at most; auto: 20 to 60, about 5,000 steps', { minimum: 1 }),
    ),
    seconds: optional(number(0, 'Stops after so many seconds of training')),
    batchSize: auto(integer(16, 'Texts of one step; auto: 8 below 1,000 texts, else 16', { minimum: 1 })),
    ...movementSettings({ rate: 0.005, clipNorm: 5, averaging: 0.995 }),
    labelWeight: number(3, 'How much the label of the text counts beside the tags, where texts have labels'),
    labelSmoothing: number(0, 'Share of each target of a softmax spread over all', { maximum: 0.9 }),
    patience: auto(
      integer(10, 'Epochs without a better validation before it stops; auto: half of them', { minimum: 1 }),
    ),
  },
}

/** The values of `tagSettings`. */
export type TagSettings = SettingValues<typeof tagSettings>

/** What the data say about the settings that are `auto`. */
export interface TagData {
  readonly texts: number
  /** Different words. */
  readonly words: number
  /** Whether cutting by Unicode's rules gives the tokens of the data. */
  readonly unicode: boolean
}

/** Decides every `auto`: few texts take small batches and more epochs, so that there are enough steps. */
export function decideTagSettings(
  settings: TagSettings,
  { texts, words, unicode }: TagData,
): Decided<TagSettings> {
  const { text, model, train } = settings
  const batchSize = decided(train.batchSize, texts < 1000 ? 8 : 16)
  const epochs = decided(
    train.epochs,
    Math.min(60, Math.max(20, Math.round((5000 * batchSize) / Math.max(1, texts)))),
  )
  const rates = optimizerDefaults(train.optimizer, 0.005)
  return {
    text: {
      ...text,
      boundaries: decided(text.boundaries, unicode ? 'unicode' : 'blanks'),
      gramBuckets: decided(text.gramBuckets, gramBucketsFor(words)),
    },
    model,
    train: {
      ...train,
      batchSize,
      epochs,
      learningRate: decided(train.learningRate, rates.learningRate),
      weightDecay: decided(train.weightDecay, rates.weightDecay),
      patience: decided(train.patience, Math.max(5, Math.ceil(epochs / 2))),
    },
  }
}
