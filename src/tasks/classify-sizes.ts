import type { ClassifySettings } from './classify-settings.js'
import type { Decided } from './settings.js'

/**
 * Decides every `auto` by the number of training texts and words. The rules: more texts feed a wider network; epochs are so many
 * that a small set gets about 2,000 steps and a large one sees its data a few times; patience is a third of them.
 */
export function decideSettings(
  settings: ClassifySettings,
  texts: number,
  words: number,
): Decided<ClassifySettings> {
  const { text, model, train, reject } = settings
  const batchSize = decided(train.batchSize, texts < 2000 ? 16 : 32)
  const epochs = decided(train.epochs, clamp(Math.round((2500 * batchSize) / texts), 8, 60))
  return {
    text: { ...text, gramBuckets: decided(text.gramBuckets, clamp(2 * words, 1000, 20_000)) },
    model: {
      ...model,
      embeddingSize: decided(model.embeddingSize, texts < 2000 ? 64 : 100),
      hiddenSize: decided(model.hiddenSize, texts < 2000 ? 64 : 128),
    },
    train: {
      ...train,
      batchSize,
      epochs,
      patience: decided(train.patience, Math.max(3, Math.ceil(epochs / 3))),
    },
    reject: { threshold: decided(reject.threshold, 0) },
  }
}

function decided(value: number | 'auto', rule: number): number {
  return value === 'auto' ? rule : value
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
