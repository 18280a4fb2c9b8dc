import { cells } from '../cells/index.js'
import { movementSettings } from './optimisation.js'
import { auto, choice, flag, integer, number, optional, type SettingValues } from './settings.js'
import { searchSettings } from './text-search.js'

/** What a token may be. */
const units = ['characters', 'words', 'pieces'] as const

/** The settings of the task `translate`; each line is also the comment in `unrolled.yaml`. */
export const translateSettings = {
  text: {
    source: auto(
      choice(
        'words',
        'The tokens of the sources; auto: characters up to 32 characters a text, else words',
        units,
      ),
    ),
    target: auto(choice('words', 'The tokens of the targets; auto: as for the sources', units)),
    shared: flag(false, 'Whether source and target have one vocabulary and one table of vectors'),
    lowerCase: flag(false, 'Whether everything is read and written in lower case'),
    boundaries: choice('unicode', 'Where words end; blanks: for texts that are in tokens already', [
      'unicode',
      'blanks',
    ]),
    minimumCount: auto(
      integer(1, 'Words seen less often are unknown; auto: 2 from 5,000 pairs on, else 1', { minimum: 1 }),
    ),
    vocabulary: integer(30_000, 'Words or characters at most, the most frequent ones', { minimum: 1 }),
    pieces: integer(8000, 'Tokens of a vocabulary of pieces (byte pairs)', { minimum: 260 }),
    sourceEnd: flag(
      true,
      'Whether a token ends each source; attention likes to look at it, as it knows the whole',
    ),
    longest: integer(200, 'Tokens read of a text; the rest is cut off', { minimum: 1 }),
  },
  model: {
    cell: choice('lstm', 'The recurrent cell of encoder and decoder', Object.keys(cells)),
    embeddingSize: auto(
      integer(64, 'Numbers that stand for a token; auto: 64 for characters, else as many as units', {
        minimum: 1,
      }),
    ),
    hiddenSize: auto(
      integer(128, 'Units of a layer and direction; auto: 256 from 20,000 pairs on, else 128', {
        minimum: 1,
      }),
    ),
    layers: integer(1, 'Layers on top of each other, in encoder and decoder', { minimum: 1, maximum: 16 }),
    bidirectional: flag(true, 'Whether the encoder also reads the sources from their ends'),
    attention: choice('general', 'How the decoder looks back at the source; dot needs bidirectional=false', [
      'none',
      'additive',
      'dot',
      'general',
    ]),
    inputFeeding: flag(false, 'Whether each step reads what the step before has looked at; trains slowly'),
    coverage: flag(
      false,
      'Whether additive attention sees how much of the source was looked at before; trains more slowly',
    ),
    dropout: auto(
      number(
        0.3,
        'Dropout on token vectors, between layers and before the output; auto: 0.1 for characters, else 0.3',
        { maximum: 0.95 },
      ),
    ),
  },
  train: {
    epochs: auto(integer(20, 'Times through the data, at most; auto: by the number of pairs')),
    seconds: optional(number(0, 'Stops after so many seconds of training')),
    batchSize: auto(integer(64, 'Pairs of one step; auto: 32 below 5,000 pairs, else 64', { minimum: 1 })),
    ...movementSettings({ rate: 0.003 }),
    labelSmoothing: number(0.1, 'Share of each target token spread over all tokens', { maximum: 0.9 }),
    scheduledSampling: number(
      0,
      'Share of its own tokens that the decoder reads at the end, rising from 0; trains slowly',
      { maximum: 1 },
    ),
    patience: auto(integer(6, 'Epochs without a better validation before it stops', { minimum: 1 })),
  },
  decode: {
    ...searchSettings,
    coveragePenalty: number(0, 'β: how much it costs to leave parts of the source unread'),
    copyUnknown: flag(
      true,
      'Whether an unknown word becomes the word of the source that attention points at',
    ),
  },
  scores: {
    headline: auto(
      choice('bleu', 'The score named first; auto: exactMatch for targets of one word or two, else bleu', [
        'bleu',
        'chrf',
        'exactMatch',
      ]),
    ),
  },
}

/** The values of `translateSettings`. */
export type TranslateSettings = SettingValues<typeof translateSettings>
