import type { MusicSettings } from './music-settings.js'
import { optimizerDefaults } from './optimisation.js'
import { type Decided, decided } from './settings.js'

/** What is known of the training pieces. */
export interface MusicSize {
  /** Steps of all pieces. */
  readonly steps: number
  /** Whether all pieces come in steps, so that nobody knows beats and loudness. */
  readonly rolls: boolean
}

/** The settings that decide how notes become steps. */
export function decideNotes(
  { notes }: Pick<MusicSettings, 'notes'>,
  rolls: boolean,
): Decided<MusicSettings>['notes'] {
  return {
    stepsPerBeat: decided(notes.stepsPerBeat, rolls ? 1 : 4),
    velocities: decided(notes.velocities, rolls ? 0 : 8),
  }
}

/** From so many steps on a network is wide and needs less noise. */
const MANY = 50_000

/**
 * Decides every `auto`. The rules: more steps feed a wider network in larger batches; a small set is gone through 150 times, a large one
 * 40 times.
 */
export function decideSettings(settings: MusicSettings, { steps, rolls }: MusicSize): Decided<MusicSettings> {
  const { model, train } = settings
  const many = steps >= MANY
  const rates = optimizerDefaults(train.optimizer, 0.02)
  const epochs = decided(train.epochs, many ? 40 : 150)
  return {
    notes: decideNotes(settings, rolls),
    model: {
      ...model,
      hiddenSize: decided(model.hiddenSize, many ? 200 : 100),
    },
    train: {
      ...train,
      epochs,
      batchSize: decided(train.batchSize, many ? 4 : 2),
      learningRate: decided(train.learningRate, rates.learningRate),
      weightDecay: decided(train.weightDecay, rates.weightDecay),
      patience: decided(train.patience, Math.ceil(epochs / 3)),
    },
  }
}
