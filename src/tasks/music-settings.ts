import { cells } from '../cells/index.js'
import { movementSettings } from './optimisation.js'
import { auto, choice, integer, number, optional, type SettingValues } from './settings.js'

const rate = (fallback: number, help: string) => number(fallback, help, { maximum: 0.95 })

/** The settings of the task `music`; each line is also the comment in `unrolled.yaml`. */
export const musicSettings = {
  notes: {
    stepsPerBeat: auto(
      integer(
        4,
        'Steps of a beat (quarter note); auto: 4 for notes, 1 for piano rolls, which come in steps',
        {
          minimum: 1,
          maximum: 96,
        },
      ),
    ),
    velocities: auto(
      integer(8, 'Degrees of loudness (events only); 0: none; auto: 8 for notes, 0 for piano rolls', {
        maximum: 127,
      }),
    ),
  },
  model: {
    form: choice(
      'roll',
      'What is predicted: roll: each key of a step; events: on, off and step, one by one',
      ['roll', 'events'],
    ),
    cell: choice('gru', 'The recurrent cell', Object.keys(cells)),
    hiddenSize: auto(integer(100, 'Units of a layer; auto: by the number of steps', { minimum: 1 })),
    layers: integer(1, 'Layers on top of each other', { minimum: 1, maximum: 16 }),
    embeddingSize: integer(48, 'Numbers that stand for an event (events only)', { minimum: 1 }),
    inputDropout: rate(0, 'Dropout on what is read'),
    layerDropout: rate(0.1, 'Dropout between layers'),
    headDropout: rate(0, 'Dropout before the output layer'),
    variationalDropout: rate(0, 'Dropout on what each recurrent layer reads, the same at every step'),
    recurrentDropout: rate(0, 'Dropout on h before the recurrent weights; trains slowly'),
    weightDrop: rate(0.5, 'Share of the recurrent weights that is zero in a training step'),
    zoneout: rate(0, 'Share of the state that stays as it was at a step; trains slowly'),
  },
  train: {
    epochs: auto(integer(150, 'Times through the pieces, at most; auto: by the number of steps')),
    seconds: optional(number(0, 'Stops after so many seconds of training')),
    batchSize: auto(integer(2, 'Pieces or parts of pieces of one step; auto: by the number', { minimum: 1 })),
    window: integer(200, 'Steps of backpropagation: longer pieces are cut into parts of this length', {
      minimum: 2,
    }),
    transpose: integer(0, 'Pieces are moved up or down by up to so many semitones, anew in each epoch', {
      maximum: 24,
    }),
    ...movementSettings({ rate: 0.02, finalRate: 0.02, clipNorm: 5 }),
    patience: auto(integer(50, 'Epochs without a better validation before it stops', { minimum: 1 })),
  },
}

/** The values of `musicSettings`. */
export type MusicSettings = SettingValues<typeof musicSettings>
