import { decideSettings as decideClassifier } from './classify-sizes.js'
import type { ReplySettings } from './reply-settings.js'
import { type Decided, decided } from './settings.js'

/** Below so many pairs a batch is small, so that there are enough of them in an epoch. */
const FEW = 2000

/** How sure replies are and have to be where no rows can say it. */
export const NEUTRAL = { temperature: 1, threshold: 0.5 } as const

/** Decides every `auto` by the number of training pairs and words: the rules are those of classify, but for the batch. */
export function decideSettings(
  settings: ReplySettings,
  pairs: number,
  words: number,
): Decided<ReplySettings> {
  const batchSize = decided(settings.train.batchSize, pairs < FEW ? 32 : 100)
  const train = { ...settings.train, batchSize }
  const { threshold, temperature } = settings.reject
  const decision = decideClassifier({ ...settings, train }, pairs, words)
  return {
    text: decision.text,
    replies: settings.replies,
    model: { ...settings.model, ...decision.model },
    train: decision.train,
    reject: {
      temperature: decided(temperature, NEUTRAL.temperature),
      threshold: decided(threshold, NEUTRAL.threshold),
    },
  }
}
