import { UsageError } from '../errors.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import type { NearestTexts } from '../metrics/nearest-texts.js'
import type { DualEncoder } from '../models/dual-encoder.js'
import type { Engine, Reals, Tensor } from '../tensor/index.js'
import type { WordReader, WordRows } from './classify-words.js'
import { checkText, checkTop, softmax, textsOf } from './prediction.js'
import { ReplyDictionary } from './reply-dictionary.js'
import { evaluateReplier } from './reply-evaluation.js'
import type { ReplySettings } from './reply-settings.js'
import type { Decided } from './settings.js'
import type { Evaluation, InspectionOptions, TaskModel } from './task.js'
import { TextStream } from './text-stream.js'
import type { PairRow } from './translate-rows.js'

/** A reply of the dictionary, and how probable it is that among all of them this is the one. */
export interface Suggestion {
  readonly reply: string
  /** 0 to 1; over the whole dictionary they add up to 1. */
  readonly score: number
}

/** The parts of a replier. */
export interface ReplierParts {
  readonly reader: WordReader
  readonly network: DualEncoder<Int32Array>
  readonly settings: Decided<ReplySettings>
  readonly dictionary: ReplyDictionary
  /** The training messages with their replies: what it is compared with. */
  readonly nearest: NearestTexts
}

/** Replies that are suggested unless another number is asked for. */
const TOP = 3

/**
 * A trained model of the task `reply`: a message in, replies of a fixed dictionary out, the best first.
 *
 * ```ts
 * const model = await load<'reply'>('models/support')
 * const best = model.predict('Where is my parcel?')    // [{ reply: 'It will arrive …', score: 0.93 }, …], three of them
 * if (!model.fits(best)) askAHuman()
 * model.setReplies([...model.replies, 'We are closed today.'])
 * ```
 */
export class Replier implements TaskModel<PairRow> {
  readonly task = 'reply'
  readonly reader: WordReader
  readonly network: DualEncoder<Int32Array>
  readonly settings: Decided<ReplySettings>
  readonly nearest: NearestTexts
  #dictionary: ReplyDictionary

  constructor({ reader, network, settings, dictionary, nearest }: ReplierParts) {
    this.reader = reader
    this.network = network
    this.settings = settings
    this.nearest = nearest
    this.#dictionary = dictionary
  }

  get engine(): Engine {
    return this.network.engine
  }

  /** The dictionary: the replies that it chooses from. */
  get replies(): readonly string[] {
    return this.#dictionary.replies
  }

  /** Where the best reply is less sure than this, none fits. */
  get threshold(): number {
    return this.settings.reject.threshold
  }

  /** Weights by name. */
  parameters(): Record<string, Tensor> {
    return this.network.parameters()
  }

  /**
   * Exchanges the dictionary; nothing is learned anew, and the vectors of the replies are computed once, here. Replies that read as the
   * same words are one. Throws a `UsageError` without replies and for an empty one.
   */
  setReplies(replies: readonly string[]): void {
    const next = new ReplyDictionary(this.network, this.reader, replies)
    this.#dictionary.dispose()
    this.#dictionary = next
  }

  /** The place of a reply in the dictionary, however it is written; -1 when it is not there. */
  placeOf(reply: string): number {
    return this.#dictionary.placeOf(reply)
  }

  /**
   * The replies to a message, the best first; `top` limits how many (3 by default). A list of messages gives a list of such lists.
   * The scores of a message do not depend on the other messages. Throws a `UsageError` for an empty message and a `top` below 1.
   */
  predict(message: string, options?: { readonly top?: number }): Suggestion[]
  predict(messages: readonly string[], options?: { readonly top?: number }): Suggestion[][]
  predict(
    input: string | readonly string[],
    { top = TOP }: { readonly top?: number } = {},
  ): Suggestion[] | Suggestion[][] {
    checkTop(top)
    const lists = this.probabilities(typeof input === 'string' ? [input] : input).map((scores) =>
      this.#ranked(scores).slice(0, top),
    )
    return typeof input === 'string' ? lists[0] : lists
  }

  /** Whether the best reply to a message is sure enough to be given, see `threshold`. Throws a `UsageError` without suggestions. */
  fits([best]: readonly Suggestion[]): boolean {
    if (best === undefined)
      throw new UsageError('fits: expected what predict gives for a message, got no suggestion')
    return best.score >= this.threshold
  }

  /** The probability of each reply, in the order of `replies`, for each message. */
  probabilities(messages: readonly string[]): Float64Array[] {
    const texts = textsOf(messages, 'predict', 'message')
    return probabilitiesOf(this.#dictionary.scores(texts), this.settings.reject.temperature)
  }

  /** Recall, accuracy with rejection and the rest on messages with their replies, simple rules beside them. */
  evaluate(rows: readonly PairRow[]): Evaluation {
    return evaluateReplier(this, rows)
  }

  /** The best reply, its score, whether it fits, and those that follow. */
  answer(input: string): JsonObject {
    const suggestions = this.predict(input)
    const [best, ...others] = suggestions.map(({ reply, score }) => ({ reply, score }))
    return { text: input, ...best, fits: this.fits(suggestions), others }
  }

  /**
   * What happens inside the encoder of messages while it reads one: gradients of its last state, gates, states and the influence of each
   * word. Throws a `UsageError` for an empty message.
   */
  inspect(text: string, { title = text, ...options }: InspectionOptions = {}): Inspection {
    checkText(text, 'inspect: the message')
    const words = this.reader.words.of(text).slice(0, this.reader.longest)
    const rows = this.reader.read(text)
    const steps = words.length > 0 ? words : [text.trim()]
    const run = (copies: number) => this.network.encodeMessages(Array<WordRows>(copies).fill(rows))
    return inspectSequence(this.network, run, { ...options, title, steps })
  }

  /**
   * Reads words as they come; after each it can say which replies fit the message so far, with the bits that `predict` gives for it.
   * Throws a `UsageError` for a bidirectional model.
   */
  stream(): TextStream<Suggestion> {
    const rank = (logits: Reals) => {
      const { temperature } = this.settings.reject
      const [scores] = probabilitiesOf([this.#dictionary.scoresOf(logits)], temperature)
      return this.#ranked(scores).slice(0, TOP)
    }
    return new TextStream(this.reader, rank, this.network.message.stream())
  }

  store(): Pick<StoredModel, 'tensors' | 'config'> {
    const { settings, reader, replies, nearest } = this
    const config = {
      task: this.task,
      replies,
      settings,
      vocabulary: reader.features.toJSON(),
      baselines: { nearest: nearest.toJSON() },
    }
    return {
      tensors: storeWeights(this.parameters()),
      config: JSON.parse(JSON.stringify(config)) as JsonObject,
    }
  }

  /** Releases the weights; the engine stays. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters())) parameter.dispose()
    this.#dictionary.dispose()
  }

  /** Replies with their scores, the best first; equal scores in the order of the dictionary. */
  #ranked(scores: Float64Array): Suggestion[] {
    return this.#dictionary.replies
      .map((reply, place) => ({ reply, score: scores[place] }))
      .sort((a, b) => b.score - a.score)
  }
}

/** Scores as probabilities over the dictionary. */
export function probabilitiesOf(scores: readonly Float64Array[], temperature: number): Float64Array[] {
  return scores.map((row) => softmax(row.map((score) => score / temperature)))
}
