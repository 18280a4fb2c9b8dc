import { cells } from '../cells/index.js'
import { movementSettings } from './optimisation.js'
import { auto, choice, flag, integer, number, optional, type SettingValues } from './settings.js'

/** The settings of the task `transcribe`; each line is also the comment in `unrolled.yaml`. */
export const transcribeSettings = {
  sound: {
    sampleRate: auto(
      integer(
        16_000,
        'Samples per second that everything is brought to; auto: those of the first recording, 16,000 at most',
        {
          minimum: 1000,
          maximum: 192_000,
        },
      ),
    ),
    features: choice('logMel', 'What is read of the sound', ['logMel', 'mfcc', 'power']),
    bands: integer(40, 'Mel bands', { minimum: 2, maximum: 512 }),
    window: number(25, 'Milliseconds that are looked at together', { minimum: 1, maximum: 1000 }),
    hop: number(10, 'Milliseconds from one frame to the next', { minimum: 0.5, maximum: 1000 }),
    normalize: auto(
      choice(
        'utterance',
        'What loudness and microphone are taken out by: the whole utterance, or what was heard so far (for streams); auto: utterance where the model is bidirectional',
        ['utterance', 'running'],
      ),
    ),
  },
  picture: {
    height: integer(32, 'Pixels that a line of writing is brought to; it is read column by column', {
      minimum: 4,
      maximum: 512,
    }),
    ink: auto(
      choice(
        'dark',
        'Whether the writing is darker or lighter than the paper; auto: picture by picture, by which there is less of',
        ['dark', 'light'],
      ),
    ),
  },
  text: {
    unit: auto(
      choice(
        'characters',
        'What is written one after the other; auto: words where few words make up all texts, else characters',
        ['characters', 'words', 'pieces'],
      ),
    ),
    lowerCase: flag(false, 'Whether everything is written in lower case'),
    pieces: integer(300, 'Tokens of a vocabulary of pieces (byte pairs)', { minimum: 260 }),
  },
  model: {
    form: choice('ctc', 'How frames become text: ctc, or a decoder with attention, which cannot stream', [
      'ctc',
      'attention',
    ]),
    cell: choice('gru', 'The recurrent cell', Object.keys(cells)),
    hiddenSize: integer(128, 'Units of a layer and direction', { minimum: 1 }),
    layers: integer(2, 'Layers on top of each other', { minimum: 1, maximum: 16 }),
    bidirectional: flag(true, 'Whether it also reads from the end; such a model cannot stream'),
    filters: integer(64, 'Filters of the convolution in front; 0: none'),
    filterWidth: integer(5, 'Frames, or columns, that a filter sees', { minimum: 1, maximum: 101 }),
    stride: integer(2, 'Frames from one step of the recurrent layers to the next', {
      minimum: 1,
      maximum: 16,
    }),
    embeddingSize: integer(64, 'Numbers that stand for a token that the decoder with attention reads', {
      minimum: 1,
    }),
    dropout: number(0.2, 'Dropout between layers and before the output', { maximum: 0.95 }),
  },
  augment: {
    noise: number(
      0,
      'Share of the recordings that get others as a background, at 10 to 30 dB, anew each epoch',
      {
        maximum: 1,
      },
    ),
    speed: flag(false, 'Whether recordings are played at 0.9, 1 or 1.1 times their speed'),
    frequencyMasks: integer(0, 'SpecAugment: stripes of bands, or rows of pixels, that are hidden'),
    frequencyWidth: integer(8, 'Bands or rows that such a stripe hides at most', { minimum: 1 }),
    timeMasks: integer(0, 'SpecAugment: stripes of frames, or columns, that are hidden'),
    timeWidth: integer(10, 'Frames or columns that such a stripe hides at most', { minimum: 1 }),
  },
  train: {
    epochs: auto(
      integer(30, 'Times through the data, at most; auto: 8 to 60, about 3,000 steps', { minimum: 1 }),
    ),
    seconds: optional(number(0, 'Stops after so many seconds of training')),
    batchSize: auto(
      integer(32, 'Utterances of one step; auto: 16 below 2,000 utterances, else 32', { minimum: 1 }),
    ),
    ...movementSettings({ rate: 0.003, clipNorm: 5 }),
    patience: auto(
      integer(10, 'Epochs without a better validation before it stops; auto: half of them', { minimum: 1 }),
    ),
  },
  decode: {
    width: integer(8, 'Texts that the search carries on; 1: the best class of each step', { minimum: 1 }),
    maximumLength: auto(
      integer(
        100,
        'Tokens that a decoder with attention writes at most; auto: half as many again as the longest training text, and 5',
        { minimum: 1 },
      ),
    ),
    delay: integer(100, 'Steps after which a stream settles a token, whatever comes', { minimum: 1 }),
  },
}

/** The values of `transcribeSettings`. */
export type TranscribeSettings = SettingValues<typeof transcribeSettings>
