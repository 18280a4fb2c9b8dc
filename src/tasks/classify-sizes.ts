import type { ClassifySettings } from './classify-settings.js'
import { gramBucketsFor } from './gram-buckets.js'
import { optimizerDefaults } from './optimisation.js'
import { type Decided, decided } from './settings.js'

/** Below so many texts the network is narrow, so that it does not learn them by heart, and reads forwards only: it can stream. */
const FEW = 2000

/**
 * Decides every `auto` by the number of training texts and words. The rules: more texts feed a wider network that reads both ways;
 * few texts take larger steps; epochs are so many that a small set gets about 2,000 steps and a large one sees its data a few
 * times; patience is half of them.
 */
export function decideSettings(
  settings: ClassifySettings,
  texts: number,
  words: number,
): Decided<ClassifySettings> {
  const { text, model, train, reject } = settings
  const few = texts < FEW
  const batchSize = decided(train.batchSize, few ? 16 : 32)
  const rates = optimizerDefaults(train.optimizer, few ? 0.005 : 0.002)
  const epochs = decided(train.epochs, clamp(Math.round((2500 * batchSize) / texts), 8, 60))
  return {
    text: { ...text, gramBuckets: decided(text.gramBuckets, gramBucketsFor(words)) },
    model: {
      ...model,
      embeddingSize: decided(model.embeddingSize, few ? 64 : 100),
      hiddenSize: decided(model.hiddenSize, few ? 64 : 128),
      bidirectional: decided(model.bidirectional, !few),
    },
    train: {
      ...train,
      batchSize,
      epochs,
      learningRate: decided(train.learningRate, rates.learningRate),
      weightDecay: decided(train.weightDecay, rates.weightDecay),
      patience: decided(train.patience, Math.max(5, Math.ceil(epochs / 2))),
    },
    reject: { threshold: decided(reject.threshold, 0) },
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
