import { optimizerDefaults } from './optimisation.js'
import { type Decided, decided } from './settings.js'
import type { TranscribeSettings } from './transcribe-settings.js'

/** What the training data say about the settings that are `auto`. */
export interface TranscribeData {
  readonly texts: readonly string[]
  /** Samples per second of the first recording; undefined for pictures. */
  readonly sampleRate?: number | undefined
}

/** A recording is sampled at so much at most, as higher frequencies say little about speech, and at so much at least. */
const [lowestRate, highestRate] = [1000, 16_000]
/** Texts made of no more different words than this, each often, are written word by word. */
const fewWords = 50

/** Decides every `auto` but `decode.maximumLength`. About 3,000 steps, at least 8 passes over the data. */
export function decideSettings(
  settings: TranscribeSettings,
  data: TranscribeData,
): Decided<Omit<TranscribeSettings, 'decode'>> {
  const { sound, text, model, train, decode: _, ...rest } = settings
  const rows = data.texts.length
  const batchSize = decided(train.batchSize, rows < 2000 ? 16 : 32)
  const epochs = decided(
    train.epochs,
    Math.min(60, Math.max(8, Math.round((3000 * batchSize) / Math.max(1, rows)))),
  )
  const rates = optimizerDefaults(train.optimizer, 0.003)
  return {
    ...rest,
    model,
    sound: {
      ...sound,
      sampleRate: decided(
        sound.sampleRate,
        Math.max(lowestRate, Math.min(highestRate, data.sampleRate ?? highestRate)),
      ),
      normalize: decided(sound.normalize, model.bidirectional ? 'utterance' : 'running'),
    },
    picture: { ...settings.picture, ink: settings.picture.ink as 'dark' | 'light' },
    text: { ...text, unit: decided(text.unit, unitOf(data.texts)) },
    train: {
      ...train,
      batchSize,
      epochs,
      learningRate: decided(train.learningRate, rates.learningRate),
      weightDecay: decided(train.weightDecay, rates.weightDecay),
      patience: decided(train.patience, Math.max(4, Math.ceil(epochs / 2))),
    },
  }
}

/** The longest that a text may become, from the tokens of the longest training text. */
export function decideLength(
  decode: TranscribeSettings['decode'],
  longest: number,
): Decided<TranscribeSettings>['decode'] {
  return { ...decode, maximumLength: decided(decode.maximumLength, Math.ceil(1.5 * longest) + 5) }
}

function unitOf(texts: readonly string[]): 'characters' | 'words' {
  const words = texts.flatMap((text) => text.split(/\s+/))
  const different = new Set(words).size
  // a line of writing may well be one long word, seen once
  return different <= fewWords && words.length >= 10 * different ? 'words' : 'characters'
}
