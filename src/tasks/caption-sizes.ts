import { halvingsFor } from '../models/region-encoder.js'
import { type CaptionRow, isFeatures } from './caption-rows.js'
import type { CaptionSettings } from './caption-settings.js'
import { optimizerDefaults } from './optimisation.js'
import { type Decided, decided } from './settings.js'

/** From so many captions on the network is wider, and words seen a few times tell little. */
const MANY = 20_000
/** The side of images that come in different sizes. */
const SIDE = 64

/** Decides every `auto` but `decode.maximumLength` by the training rows. About 3,000 steps, at least 6 passes over the captions. */
export function decideSettings(
  settings: CaptionSettings,
  rows: readonly CaptionRow[],
): Decided<Omit<CaptionSettings, 'decode'>> {
  const { image, text, model, train, scores } = settings
  const captions = rows.reduce((sum, row) => sum + row.captions.length, 0)
  const width = decided(image.width, commonSide(rows, 'width'))
  const height = decided(image.height, commonSide(rows, 'height'))
  const hiddenSize = decided(model.hiddenSize, captions < MANY ? 64 : 256)
  const epochs = decided(
    train.epochs,
    Math.min(100, Math.max(6, Math.round((3000 * train.batchSize) / Math.max(1, captions)))),
  )
  const rates = optimizerDefaults(train.optimizer, 0.006)
  return {
    image: { width, height },
    text: { ...text, minimumCount: decided(text.minimumCount, captions < MANY ? 1 : 5) },
    model: {
      ...model,
      hiddenSize,
      convolutions: decided(model.convolutions, Math.max(2, halvingsFor(height, width, model.grid))),
      embeddingSize: decided(model.embeddingSize, hiddenSize),
      dropout: decided(model.dropout, captions < MANY ? 0 : 0.3),
    },
    train: {
      ...train,
      epochs,
      learningRate: decided(train.learningRate, rates.learningRate),
      weightDecay: decided(train.weightDecay, rates.weightDecay / 10),
      patience: decided(train.patience, Math.max(3, Math.ceil(epochs / 3))),
    },
    scores,
  }
}

/** The side that all images have. */
function commonSide(rows: readonly CaptionRow[], side: 'width' | 'height'): number {
  const sides = new Set(rows.flatMap(({ image }) => (isFeatures(image) ? [] : [image[side]])))
  const [first] = sides
  return sides.size === 1 ? first : SIDE
}
