import { cells } from '../cells/index.js'
import { movementSettings } from './optimisation.js'
import { auto, choice, flag, integer, number, optional, type SettingValues } from './settings.js'

const rate = (help: string) => number(0, help, { maximum: 0.95 })

/** The settings of the task `lm`; each line is also the comment in `unrolled.yaml`. */
export const lmSettings = {
  text: {
    tokens: choice('characters', 'What is predicted one by one; pieces: byte pairs, learned from the text', [
      'characters',
      'words',
      'pieces',
    ]),
    vocabulary: auto(
      integer(10_000, 'Different tokens at most; auto: all characters, 20,000 words, 4,000 pieces', {
        minimum: 2,
      }),
    ),
    minimumCount: auto(
      integer(
        1,
        'Tokens seen less often are unknown; auto: 1, for words 2 unless the text marks unknown ones',
        {
          minimum: 1,
        },
      ),
    ),
    boundaries: auto(
      choice(
        'blanks',
        'Where words end; auto: at blanks where the text marks unknown words, else as in Unicode',
        ['blanks', 'unicode'],
      ),
    ),
    lowerCase: flag(false, 'Whether "Paris" and "paris" are one word (words only)'),
  },
  model: {
    cell: choice('lstm', 'The recurrent cell', Object.keys(cells)),
    embeddingSize: auto(
      integer(64, 'Numbers that stand for a token; auto: 64 for characters, else as many as units', {
        minimum: 1,
      }),
    ),
    hiddenSize: auto(integer(256, 'Units of a layer; auto: by the length of the text', { minimum: 1 })),
    layers: integer(1, 'Layers on top of each other', { minimum: 1, maximum: 16 }),
    tied: auto(
      flag(true, 'Whether output and embedding share their weights; auto: where they are equally wide'),
    ),
    inputDropout: auto(number(0, 'Dropout on the token vectors; auto: 0, for words and pieces 0.2')),
    layerDropout: auto(number(0, 'Dropout between layers; auto: as inputDropout')),
    headDropout: auto(number(0, 'Dropout before the output layer; auto: as inputDropout')),
    variationalDropout: rate(
      'Dropout on what each recurrent layer reads, the same at every step of a window',
    ),
    recurrentDropout: rate('Dropout on h before the recurrent weights; trains slowly'),
    weightDrop: rate('Share of the recurrent weights that is zero in a training step'),
    zoneout: rate('Share of the state that stays as it was at a step; trains slowly'),
  },
  train: {
    epochs: auto(integer(10, 'Times through the text, at most; auto: by its length')),
    seconds: optional(number(0, 'Stops after so many seconds of training')),
    streams: auto(
      integer(32, 'Places of the text that are read side by side; auto: 32, fewer for short texts', {
        minimum: 1,
      }),
    ),
    window: integer(64, 'Steps of backpropagation; the state is carried on from window to window', {
      minimum: 1,
    }),
    sampledSoftmax: auto(
      integer(2000, 'Tokens drawn for the loss in place of all; 0: all; auto: all up to 30,000, else 2,000'),
    ),
    ...movementSettings({ rate: 0.004, finalRate: 0.02, averaging: 0.98 }),
    patience: integer(4, 'Epochs without a better validation before it stops', { minimum: 1 }),
  },
  baseline: {
    order: auto(
      integer(5, 'Tokens of the longest n-gram of the rule beside the model; auto: 6 characters, else 3', {
        minimum: 1,
        maximum: 12,
      }),
    ),
  },
}

/** The values of `lmSettings`. */
export type LmSettings = SettingValues<typeof lmSettings>
