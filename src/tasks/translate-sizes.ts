import { optimizerDefaults } from './optimisation.js'
import { type Decided, decided } from './settings.js'
import type { PairRow } from './translate-rows.js'
import type { TranslateSettings } from './translate-settings.js'

/** Texts no longer than this on average are read character by character. */
const SHORT = 32
/** From so many pairs on, words seen once tell little. */
const MANY = 5000
/** From so many pairs on the network is wider. */
const LARGE = 20_000

/** Decides every `auto` but `decode.maximumLength` by the training pairs. About 6,000 steps, at least 6 passes over the data. */
export function decideSettings(
  settings: TranslateSettings,
  rows: readonly PairRow[],
): Decided<Omit<TranslateSettings, 'decode'>> {
  const { text, model, train, scores } = settings
  const source = decided(text.source, unitOf(rows.map((row) => row.source)))
  const target = decided(text.target, text.shared ? source : unitOf(rows.map((row) => row.target)))
  const characters = source === 'characters' && target === 'characters'
  const hiddenSize = decided(model.hiddenSize, rows.length < LARGE ? 128 : 256)
  const batchSize = decided(train.batchSize, rows.length < MANY ? 32 : 64)
  const epochs = decided(
    train.epochs,
    clamp(Math.round((6000 * batchSize) / Math.max(1, rows.length)), 6, 100),
  )
  const rates = optimizerDefaults(train.optimizer, 0.003)
  return {
    text: { ...text, source, target, minimumCount: decided(text.minimumCount, rows.length < MANY ? 1 : 2) },
    model: {
      ...model,
      hiddenSize,
      embeddingSize: decided(model.embeddingSize, characters ? 64 : hiddenSize),
      dropout: decided(model.dropout, characters ? 0.1 : 0.3),
    },
    train: {
      ...train,
      batchSize,
      epochs,
      learningRate: decided(train.learningRate, rates.learningRate),
      weightDecay: decided(train.weightDecay, rates.weightDecay),
      patience: decided(train.patience, Math.max(3, Math.ceil(epochs / 3))),
    },
    scores: {
      headline: decided(
        scores.headline,
        mean(rows.map((row) => row.target.split(/\s+/).length)) <= 2 ? 'exactMatch' : 'bleu',
      ),
    },
  }
}

function unitOf(texts: readonly string[]): 'characters' | 'words' {
  return mean(texts.map(({ length }) => length)) <= SHORT ? 'characters' : 'words'
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
