import { alignLabels, bestPath } from '../decoding/ctc-path.js'
import { CtcSearch, type LabelScorer } from '../decoding/ctc-search.js'
import { ctcSteps } from '../losses/ctc.js'
import type { Model } from '../models/model.js'
import type { Recognizer } from '../models/recognizer.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import type { TrainingStep } from '../train/index.js'

/** A text that was found for frames. */
export interface Found {
  readonly ids: readonly number[]
  /** What the search ranks by. */
  readonly score: number
  readonly logProb: number
  /** The steps that say each token, from `start` to before `end`. */
  readonly spans: readonly { readonly start: number; readonly end: number }[]
}

/** How texts are searched for. */
export interface FrameSearch {
  readonly width: number
  /** Tokens that are written at most, by a network that might go on for ever. */
  readonly maximumLength: number
  /** How many texts for each sequence. */
  readonly best: number
  /** What is added for words and their order. */
  readonly scorer?: LabelScorer<unknown> | undefined
}

/** How a loss is computed. */
export interface LossOptions {
  /** Present in training: dropout is on. */
  readonly training?: TrainingStep | undefined
  /** The loss of all tokens together in place of their mean. */
  readonly sum?: boolean
}

/** A network from frames to texts. */
export interface TranscribeNetwork extends Model {
  /** The steps that come out of so many frames. */
  steps(frames: number): number
  /** The steps that a target needs at least. */
  stepsOf(target: ArrayLike<number>): number
  /** The mean loss of a token. */
  loss(frames: Packed, targets: readonly Int32Array[], options: LossOptions): Tensor
  /** The best texts of each sequence, in the caller's order, the best one first. */
  search(frames: Packed, options: FrameSearch): Found[][]
  /** Runs it without writing anything, for what looks inside. */
  run(frames: Packed): unknown
}

/** Frames → convolution → recurrent layers → CTC. */
export class CtcNetwork implements TranscribeNetwork {
  readonly recognizer: Recognizer

  constructor(recognizer: Recognizer) {
    this.recognizer = recognizer
  }

  get engine(): Engine {
    return this.recognizer.engine
  }

  parameters(): Record<string, Tensor> {
    return this.recognizer.parameters()
  }

  steps(frames: number): number {
    return this.recognizer.steps(frames)
  }

  stepsOf(target: ArrayLike<number>): number {
    return ctcSteps(target)
  }

  loss(frames: Packed, targets: readonly Int32Array[], { training, sum = false }: LossOptions): Tensor {
    // texts that are too long for their frames were refused in the training data; in others they have no part
    return this.recognizer.loss(frames, targets, {
      training,
      impossible: 'skip',
      ...(sum && { reduction: 'sum' }),
    })
  }

  search(frames: Packed, { width, best, scorer }: FrameSearch): Found[][] {
    const { blank } = this.recognizer
    return this.recognizer.logProbs(frames).map((logProbs): Found[] => {
      if (width === 1 && best === 1 && !scorer) {
        const { labels, logProb } = bestPath(logProbs, blank)
        return [{ ids: labels.map(({ label }) => label), score: logProb, logProb, spans: labels }]
      }
      const search = new CtcSearch({ width: Math.max(width, best), blank, ...(scorer && { scorer }) })
      return search
        .push(logProbs)
        .best(best)
        .map(({ labels, score, logProb }) => {
          const spans = alignLabels(logProbs, labels, blank).labels
          return { ids: labels, score, logProb, spans }
        })
    })
  }

  run(frames: Packed): unknown {
    return this.recognizer.forward(frames)
  }
}
