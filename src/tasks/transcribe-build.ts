import { AttentionRecognizer } from '../models/attention-recognizer.js'
import { Recognizer } from '../models/recognizer.js'
import type { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import type { Decided } from './settings.js'
import { AttendingNetwork } from './transcribe-attending.js'
import { CtcNetwork, type TranscribeNetwork } from './transcribe-network.js'
import type { TranscribeSettings } from './transcribe-settings.js'
import type { WrittenTokens } from './transcribe-tokens.js'

/** What a network is built from. */
interface Plan {
  readonly engine: Engine
  readonly random: Random
  /** Numbers of a frame. */
  readonly size: number
  readonly tokens: WrittenTokens
  readonly settings: Decided<TranscribeSettings>['model']
}

/** The forms that a network may have: each says how it is built. */
const forms: Readonly<Record<TranscribeSettings['model']['form'], (plan: Plan) => TranscribeNetwork>> = {
  ctc: (plan) =>
    new CtcNetwork(
      new Recognizer({ ...partsOf(plan), classes: plan.tokens.size, blank: plan.tokens.blank }),
      plan.tokens.unwritten,
    ),
  attention: (plan) => {
    const { tokens, settings } = plan
    const { embeddingSize, cell, hiddenSize } = settings
    const decoderLayers = [{ cell, size: hiddenSize }]
    const writing = { tokens: tokens.size, embeddingSize, decoderLayers }
    return new AttendingNetwork(new AttentionRecognizer({ ...partsOf(plan), ...writing }), tokens)
  },
}

/** What reads the frames, whatever writes the text. */
function partsOf({ engine, random, size, settings }: Plan) {
  const { cell, hiddenSize, layers, bidirectional, filters, filterWidth: width, stride, dropout } = settings
  return {
    ...{ engine, random, inputSize: size, bidirectional, dropout },
    ...(filters > 0 && { front: { size: filters, width, stride } }),
    layers: Array.from({ length: layers }, () => ({ cell, size: hiddenSize })),
  }
}

/** The network of the settings, with weights drawn from `random`. */
export function buildNetwork(plan: Plan): TranscribeNetwork {
  return forms[plan.settings.form](plan)
}
