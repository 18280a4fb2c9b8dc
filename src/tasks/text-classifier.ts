import { sortedBatches } from '../data/batches.js'
import { UsageError } from '../errors.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import type { NaiveBayes } from '../metrics/index.js'
import type { SequenceClassifier } from '../models/index.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { evaluateClassifier } from './classify-evaluation.js'
import type { TextRow } from './classify-rows.js'
import type { ClassifySettings } from './classify-settings.js'
import type { WordReader, WordRows } from './classify-words.js'
import { checkText, checkTop, type Prediction, softmax, textsOf } from './prediction.js'
import type { Decided } from './settings.js'
import type { Evaluation, InspectionOptions, TaskModel } from './task.js'
import { TextStream } from './text-stream.js'

export type { Prediction } from './prediction.js'

/** Simple rules that a trained classifier is compared with. */
export interface TextBaselines {
  /** The most frequent label. */
  readonly majority: string
  readonly naiveBayes: NaiveBayes
}

/** The parts of a text classifier. */
export interface TextClassifierParts {
  readonly reader: WordReader
  readonly network: SequenceClassifier<Int32Array>
  readonly labels: readonly string[]
  readonly settings: Decided<ClassifySettings>
  readonly baselines: TextBaselines
}

/** Texts computed at once; it changes nothing but the speed. */
const BATCH = 64

/**
 * A trained model of the task `classify`: text in, labels with scores out.
 *
 * ```ts
 * const model = await load('models/intents')
 * model.predict('What time is it?')          // [{ label: 'ask_time', score: 0.98 }, …]
 * model.predict(['hello', 'goodbye'])        // one such list for each text
 * ```
 */
export class TextClassifier implements TaskModel<TextRow> {
  readonly task = 'classify'
  readonly reader: WordReader
  readonly network: SequenceClassifier<Int32Array>
  /** Every label, sorted. */
  readonly labels: readonly string[]
  readonly settings: Decided<ClassifySettings>
  readonly baselines: TextBaselines

  constructor(parts: TextClassifierParts) {
    this.reader = parts.reader
    this.network = parts.network
    this.labels = parts.labels
    this.settings = parts.settings
    this.baselines = parts.baselines
  }

  get engine(): Engine {
    return this.network.engine
  }

  /** An answer less sure than this should be taken for "unknown". */
  get threshold(): number {
    return this.settings.reject.threshold
  }

  /** Weights by their PyTorch names. */
  parameters(): Record<string, Tensor> {
    return this.network.parameters()
  }

  /**
   * The labels of a text, the most probable first; `top` limits how many. A list of texts gives a list of such lists.
   * The scores of a text do not depend on the other texts. Throws a `UsageError` for an empty text and a `top` below 1.
   */
  predict(text: string, options?: { readonly top?: number }): Prediction[]
  predict(texts: readonly string[], options?: { readonly top?: number }): Prediction[][]
  predict(
    input: string | readonly string[],
    { top = this.labels.length }: { readonly top?: number } = {},
  ): Prediction[] | Prediction[][] {
    checkTop(top)
    const texts = typeof input === 'string' ? [input] : input
    const lists = this.probabilities(texts).map((scores) => this.ranked(scores).slice(0, top))
    return typeof input === 'string' ? lists[0] : lists
  }

  /** Whether the best answer to a text is sure enough to be given, see `threshold`. */
  knows([best]: readonly Prediction[]): boolean {
    if (best === undefined)
      throw new UsageError('knows: expected the labels of a text, at least one; got none')
    return best.score >= this.threshold
  }

  /** The probability of each label, in the order of `labels`, for each text. */
  probabilities(texts: readonly string[]): Float64Array[] {
    const read = textsOf(texts, 'predict').map((text) => this.reader.read(text))
    const results = new Array<Float64Array>(texts.length)
    for (const batch of sortedBatches(
      read.map(({ length }) => length),
      BATCH,
    )) {
      const rows = Array.from(batch)
      this.engine.scope(() => {
        const logits = this.network.forward(rows.map((row) => read[row])).data
        for (const [place, row] of rows.entries())
          results[row] = softmax(
            logits.subarray(place * this.labels.length, (place + 1) * this.labels.length),
          )
      })
    }
    return results
  }

  /** Labels with their scores, the best first; equal scores in the order of `labels`. */
  ranked(scores: Float64Array): Prediction[] {
    return this.labels
      .map((label, index) => ({ label, score: scores[index] }))
      .sort((a, b) => b.score - a.score || (a.label < b.label ? -1 : 1))
  }

  /** Accuracy, macro-F1 and the rest on labelled texts, with baselines beside them. Gold labels joined by `#` count when any matches. */
  evaluate(rows: readonly TextRow[]): Evaluation {
    return evaluateClassifier(this, rows)
  }

  /** The best label, its score, whether it is sure enough, and the runner-up. */
  answer(input: string): JsonObject {
    const ranked = this.predict(input, { top: 5 })
    const [best, ...others] = ranked.map(({ label, score }) => ({ label, score }))
    return { text: input, ...best, known: this.knows(ranked), others }
  }

  /**
   * What happens inside while it reads a text: gradients of the last state, gates, states and the influence of each word on it.
   * Throws a `UsageError` for an empty text.
   */
  inspect(text: string, { title = text, ...options }: InspectionOptions = {}): Inspection {
    checkText(text, 'inspect: the text')
    const words = this.reader.words.of(text).slice(0, this.reader.longest)
    const rows = this.reader.read(text)
    const steps = words.length > 0 ? words : [text.trim()]
    const run = (copies: number) => this.network.forward(Array<WordRows>(copies).fill(rows))
    return inspectSequence(this.network, run, { ...options, title, steps })
  }

  /**
   * Reads words as they come; after each it can say what the text so far means, with the bits that `predict` gives for it.
   * Throws a `UsageError` for a bidirectional model.
   */
  stream(): TextStream {
    return new TextStream(this.reader, (logits) => this.ranked(softmax(logits)), this.network.stream())
  }

  store(): Pick<StoredModel, 'tensors' | 'config'> {
    const { labels, settings, reader, baselines } = this
    const config = {
      task: this.task,
      labels,
      settings,
      vocabulary: reader.features.toJSON(),
      baselines: { majority: baselines.majority, naiveBayes: baselines.naiveBayes.toJSON() },
    }
    return {
      tensors: storeWeights(this.parameters()),
      config: JSON.parse(JSON.stringify(config)) as JsonObject,
    }
  }

  /** Releases the weights; the engine stays. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters())) parameter.dispose()
  }
}
