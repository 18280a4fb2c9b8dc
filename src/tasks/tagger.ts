import type { Chunk } from '../codecs/tags.js'
import { sortedBatches } from '../data/batches.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import type { SequenceTagger } from '../models/tagger.js'
import type { TaggerOutput } from '../models/tagger-output.js'
import type { EncodedWord } from '../models/word-encoder.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { packSequences } from '../tensor/index.js'
import { checkText, type Prediction, softmax, textsOf } from './prediction.js'
import type { Decided } from './settings.js'
import { evaluateTagger } from './tag-evaluation.js'
import type { TagLookup } from './tag-lookup.js'
import { exampleOf, type TaggedRow } from './tag-rows.js'
import type { TagSettings } from './tag-settings.js'
import { runOf, type SpanPrediction, spanIn } from './tag-spans.js'
import { TagStream } from './tag-stream.js'
import type { TagSet } from './tag-tags.js'
import type { TokenReader, Tokens } from './tag-words.js'
import type { Evaluation, InspectionOptions, TaskModel } from './task.js'

/** What a tagger says about a text. */
export interface Tagging {
  /** In order, without overlap. */
  readonly spans: readonly SpanPrediction[]
  /** The labels of the whole text (its intent), the most probable first; empty where the model has learned none. */
  readonly labels: readonly Prediction[]
}

/** A text in tokens. */
export type TokenText = Tokens & { readonly text: string }

/** What a tagger says about a text in tokens, in short. */
export interface Outline {
  readonly spans: readonly Chunk[]
  /** The best label of the whole text; undefined where the model has learned none. */
  readonly label: string | undefined
}

/** Simple rules that a trained tagger is compared with. */
export interface TaggerBaselines {
  readonly lookup: TagLookup
  /** The most frequent label of the whole text; null where there are none. */
  readonly majority: string | null
}

/** The parts of a tagger. */
export interface TaggerParts {
  readonly reader: TokenReader
  readonly network: SequenceTagger<EncodedWord>
  readonly tags: TagSet
  readonly labels: readonly string[]
  readonly settings: Decided<TagSettings>
  readonly baselines: TaggerBaselines
}

/** Texts computed at once; it changes nothing but the speed. */
const BATCH = 64

/**
 * A trained model of the task `tag`: text in; spans with places and confidences, and the label of the whole text, out.
 *
 * ```ts
 * const model = await load<'tag'>('models/flights')
 * model.predict('from Boston to New York').spans // [{ type: 'from', text: 'Boston', start: 5, end: 11, score: 0.98 }, …]
 * ```
 */
export class Tagger implements TaskModel<TaggedRow> {
  readonly task = 'tag'
  readonly reader: TokenReader
  readonly network: SequenceTagger<EncodedWord>
  readonly tags: TagSet
  /** The labels of whole texts, empty where the model has learned none. */
  readonly labels: readonly string[]
  readonly settings: Decided<TagSettings>
  readonly baselines: TaggerBaselines

  constructor(parts: TaggerParts) {
    this.reader = parts.reader
    this.network = parts.network
    this.tags = parts.tags
    this.labels = parts.labels
    this.settings = parts.settings
    this.baselines = parts.baselines
  }

  get engine(): Engine {
    return this.network.engine
  }

  /** The types of spans it can find. */
  get types(): readonly string[] {
    return this.tags.types
  }

  /** Weights by their PyTorch names. */
  parameters(): Record<string, Tensor> {
    return this.network.parameters()
  }

  /**
   * The spans of a text, and the labels of the whole; a list of texts gives a list. What is said of a text does not depend on the
   * other texts. Throws a `UsageError` for an empty text.
   */
  predict(text: string): Tagging
  predict(texts: readonly string[]): Tagging[]
  predict(input: string | readonly string[]): Tagging | Tagging[] {
    const cut = textsOf(input, 'predict').map((text) => ({ text, ...this.reader.cut(text) }))
    const results = this.tag(cut)
    return typeof input === 'string' ? results[0] : results
  }

  /** The same for texts that are in tokens already. */
  tag(texts: readonly TokenText[]): Tagging[] {
    return this.#inBatches(texts, (output, batch) => this.judged(output, batch))
  }

  /** Spans in tokens and the best label, without confidences: what scores are counted from. */
  outline(texts: readonly Pick<TokenText, 'tokens'>[]): Outline[] {
    return this.#inBatches(texts, (output, batch) => {
      const decoded = this.network.decode(output, this.tags.mask)
      const labels = this.#labelsOf(output, batch.length)
      return decoded.map((tags, row) => ({ spans: this.tags.spans(tags), label: labels[row][0]?.label }))
    })
  }

  #inBatches<Text extends Pick<TokenText, 'tokens'>, Result>(
    texts: readonly Text[],
    judge: (output: TaggerOutput, batch: readonly Text[]) => Result[],
  ): Result[] {
    const read = texts.map(({ tokens }) => this.reader.read(tokens))
    const results = new Array<Result>(texts.length)
    const lengths = read.map(({ length }) => length)
    for (const batch of sortedBatches(lengths, BATCH)) {
      const rows = Array.from(batch)
      this.engine.scope(() => {
        const output = this.network.forward(rows.map((row) => read[row]))
        const judged = judge(
          output,
          rows.map((row) => texts[row]),
        )
        for (const [place, row] of rows.entries()) results[row] = judged[place]
      })
    }
    return results
  }

  /** What the network's output says about some texts. */
  judged(output: TaggerOutput, texts: readonly TokenText[]): Tagging[] {
    const decoded = this.network.decode(output, this.tags.mask)
    const chunks = decoded.map((tags) => this.tags.spans(tags))
    const runs = chunks.flatMap((spans, row) =>
      spans.map((span) => runOf(span, row, decoded[row], this.tags)),
    )
    const scores = this.network.probabilities(output, runs).values()
    const labels = this.#labelsOf(output, texts.length)
    return texts.map((text, row) => ({
      spans: chunks[row].map((span) => spanIn(text, span, scores.next().value ?? 0)),
      labels: labels[row],
    }))
  }

  // For each of so many texts its labels, the most probable first.
  #labelsOf({ logits }: TaggerOutput, texts: number): Prediction[][] {
    const { labels } = this
    const values = logits?.data
    return Array.from({ length: texts }, (_, row) => {
      if (values === undefined) return []
      const scores = softmax(values.subarray(row * labels.length, (row + 1) * labels.length))
      return labels
        .map((label, index) => ({ label, score: scores[index] }))
        .sort((a, b) => b.score - a.score || (a.label < b.label ? -1 : 1))
    })
  }

  /**
   * Precision, recall and F1 of spans as conlleval counts them, and the accuracy of labels, with baselines beside them. Gold labels
   * joined by `#` count when any matches. Throws a `UsageError` without rows, a `DataError` for a row that is not right.
   */
  evaluate(rows: readonly TaggedRow[]): Evaluation {
    return evaluateTagger(this, rows.map(exampleOf))
  }

  /** The spans, and the best label with its score. */
  answer(input: string): JsonObject {
    const { spans, labels } = this.predict(input)
    const [best] = labels
    return { text: input, spans: spans.map((span) => ({ ...span })), ...best }
  }

  /**
   * What happens inside while it reads a text: gradients of the last state, gates, states and the influence of each word on it.
   * Throws a `UsageError` for an empty text.
   */
  inspect(text: string, { title = text, ...options }: InspectionOptions = {}): Inspection {
    checkText(text, 'inspect: the text')
    const { engine, network } = this
    const { tokens } = this.reader.cut(text)
    const words = this.reader.read(tokens)
    // the layer that reads spellings has steps of its own and is left out
    const vectors = engine.scope(() => network.embed([words]).data.data.slice())
    const run = (copies: number) =>
      network.run(packSequences(engine, Array(copies).fill(vectors), network.embedding.size))
    return inspectSequence(network, run, { ...options, title, steps: tokens.slice(0, words.length) })
  }

  /**
   * Reads words as they come; after each it can say what `predict` says of the text so far, with the same bits. Throws a `UsageError`
   * for a bidirectional model, which needs whole texts.
   */
  stream(): TagStream {
    return new TagStream(this, this.network.stream())
  }

  store(): Pick<StoredModel, 'tensors' | 'config'> {
    const { reader, tags, labels, settings, baselines } = this
    const config = {
      task: this.task,
      tags: tags.names,
      labels,
      settings,
      vocabulary: reader.features.toJSON(),
      characters: reader.characters.toJSON(),
      baselines: { lookup: Object.fromEntries(baselines.lookup.entries), majority: baselines.majority },
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
