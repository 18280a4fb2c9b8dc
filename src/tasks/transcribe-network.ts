import { alignLabels, bestPath } from '../decoding/ctc-path.js'
import { type CtcHypothesis, CtcSearch, type LabelScorer } from '../decoding/ctc-search.js'
import type { Matrix } from '../decoding/stepper.js'
import { UsageError } from '../errors.js'
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
  /** The steps that say each token, from `start` to before `end`; found when they are asked for. */
  spans(): readonly { readonly start: number; readonly end: number }[]
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
  /** `unwritten` are classes that are no part of any text. */
  constructor(
    readonly recognizer: Recognizer,
    readonly unwritten: readonly number[],
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
    return this.recognizer.logProbs(frames).map((said): Found[] => {
      const logProbs = this.written(said)
      if (width === 1 && best === 1 && !scorer) {
        const { labels, logProb } = bestPath(logProbs, blank)
        return [{ ids: labels.map(({ label }) => label), score: logProb, logProb, spans: () => labels }]
      }
      const search = new CtcSearch({ width: Math.max(width, best), blank, ...(scorer && { scorer }) })
      return someText(search.push(logProbs).best(best)).map(({ labels, score, logProb }) => {
        const spans = () => alignLabels(logProbs, labels, blank).labels
        return { ids: labels, score, logProb, spans }
      })
    })
  }

  /** Log probabilities of what can be written: the other classes get none. */
  written({ shape, data }: Matrix): Matrix {
    const [steps, classes] = shape
    const kept = Float64Array.from(data)
    for (let t = 0; t < steps; t++) for (const k of this.unwritten) kept[t * classes + k] = -Infinity
    return { shape, data: kept }
  }

  run(frames: Packed): unknown {
    return this.recognizer.forward(frames)
  }
}

/** Texts that a search has found. Throws a `UsageError` where what is known about the words forbids all of them. */
export function someText(found: readonly CtcHypothesis[]): readonly CtcHypothesis[] {
  if (found.length > 0) return found
  throw new UsageError(
    'transcribe: the list of words or the language model forbids every text that could have been said; give others, or a larger width',
  )
}
