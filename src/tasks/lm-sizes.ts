import type { LmSettings } from './lm-settings.js'
import { optimizerDefaults } from './optimisation.js'
import { type Decided, decided } from './settings.js'

/** What is known of the training text when its tokens are there. */
export interface TextSize {
  /** How long it is. */
  readonly tokens: number
  /** How many different tokens there are. */
  readonly kinds: number
}

/** The settings that decide how a text becomes tokens; `marked` says that somebody has written `<unk>` for its rare words. */
export function decideText({ text }: Pick<LmSettings, 'text'>, marked: boolean): Decided<LmSettings>['text'] {
  const sizes = { characters: Number.MAX_SAFE_INTEGER, words: 20_000, pieces: 4000 }
  return {
    ...text,
    vocabulary: decided(text.vocabulary, sizes[text.tokens]),
    minimumCount: decided(text.minimumCount, text.tokens === 'words' && !marked ? 2 : 1),
    boundaries: decided(text.boundaries, marked ? 'blanks' : 'unicode'),
  }
}

/** From here on most of the time would go into the scores of tokens that do not come. */
const MANY = 30_000

/**
 * Decides every `auto` by the number of training tokens. The rules: a longer text feeds a wider network; epochs are so many that a short
 * text gets about a thousand windows and a long one is read a few times.
 */
export function decideSettings(
  settings: LmSettings,
  marked: boolean,
  { tokens, kinds }: TextSize,
): Decided<LmSettings> {
  const { model, train, baseline } = settings
  const text = decideText(settings, marked)
  const byCharacter = text.tokens === 'characters'
  const rates = optimizerDefaults(train.optimizer, 0.004)
  const hiddenSize = decided(model.hiddenSize, tokens < 200_000 ? 128 : 256)
  const embeddingSize = decided(model.embeddingSize, byCharacter ? 64 : hiddenSize)
  const inputDropout = decided(model.inputDropout, byCharacter ? 0 : 0.2)
  const streams = decided(train.streams, clamp(Math.floor(tokens / (16 * train.window)), 1, 32))
  return {
    text,
    model: {
      ...model,
      hiddenSize,
      embeddingSize,
      tied: decided(model.tied, embeddingSize === hiddenSize && model.cell !== 'lstmProjection'),
      inputDropout,
      layerDropout: decided(model.layerDropout, inputDropout),
      headDropout: decided(model.headDropout, inputDropout),
    },
    train: {
      ...train,
      streams,
      epochs: decided(train.epochs, clamp(Math.round((1500 * streams * train.window) / tokens), 3, 40)),
      sampledSoftmax: decided(train.sampledSoftmax, kinds > MANY ? 2000 : 0),
      learningRate: decided(train.learningRate, rates.learningRate),
      weightDecay: decided(train.weightDecay, rates.weightDecay),
    },
    baseline: { order: decided(baseline.order, byCharacter ? 6 : 3) },
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
