import { beamSearch } from '../decoding/beam.js'
import { UsageError } from '../errors.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import type { AttentionRecognizer } from '../models/attention-recognizer.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import type { Found, FrameSearch, LossOptions, TranscribeNetwork } from './transcribe-network.js'
import type { WrittenTokens } from './transcribe-tokens.js'

/** Frames → convolution → recurrent layers → decoder with attention. */
export class AttendingNetwork implements TranscribeNetwork {
  constructor(
    readonly recognizer: AttentionRecognizer,
    readonly tokens: Pick<WrittenTokens, 'start' | 'end' | 'blank' | 'unwritten'>,
  ) {}

  get engine(): Engine {
    return this.recognizer.engine
  }

  parameters(): Record<string, Tensor> {
    return this.recognizer.parameters()
  }

  steps(frames: number): number {
    return this.recognizer.steps(frames)
  }

  /** Any text can be written, however short the input. */
  stepsOf(): number {
    return 1
  }

  loss(frames: Packed, targets: readonly Int32Array[], { training, sum = false }: LossOptions): Tensor {
    const { start, end } = this.tokens
    const inputs = targets.map((target) => Int32Array.of(start, ...target))
    const { logits, layout } = this.recognizer.forward(frames, inputs, training)
    const next = this.engine.indices(layout.arrange(targets.map((target) => Int32Array.of(...target, end))))
    return crossEntropy(logits, next, sum ? { reduction: 'sum' } : {})
  }

  /** Throws a `UsageError` for knowledge about words, which only the search of CTC takes. */
  search(frames: Packed, { width, best, maximumLength, scorer }: FrameSearch): Found[][] {
    if (scorer)
      throw new UsageError('predict: a language model and lists of words need a model with model.form=ctc')
    const { start, end, blank, unwritten } = this.tokens
    const batch = frames.layout.lengths.length
    const found = this.recognizer.decode(frames, (stepper) =>
      beamSearch(stepper, {
        ...{ batch, start, end, width: Math.max(width, best), best, maximumLength },
        ...{ attention: true, banned: [blank, ...unwritten.filter((id) => id !== end)] },
      }),
    )
    return found.map(({ hypotheses }) =>
      hypotheses.map(({ tokens: ids, score, logProb, attention = [] }) => ({
        ...{ ids, score, logProb },
        spans: () => ids.map((_, place) => mostLookedAt(attention[place])),
      })),
    )
  }

  run(frames: Packed): unknown {
    return this.recognizer.encode(frames)
  }
}

/** The step that a token was read from. */
function mostLookedAt(weights: ArrayLike<number>): { start: number; end: number } {
  let best = 0
  for (let step = 1; step < weights.length; step++) if (weights[step] > weights[best]) best = step
  return { start: best, end: best + 1 }
}
