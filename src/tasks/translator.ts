import { sortedBatches } from '../data/batches.js'
import { WordTokenizer } from '../data/text-tokenizers.js'
import { type BeamResult, beamSearch } from '../decoding/beam.js'
import { checkWhole } from '../decoding/constraints.js'
import { sample } from '../decoding/generate.js'
import type { Hypothesis, ScoreOptions } from '../decoding/hypothesis.js'
import type { SamplingOptions } from '../decoding/sampling.js'
import { scoreSequences } from '../decoding/score-sequences.js'
import { UsageError } from '../errors.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { AttentionMap } from '../inspect/attention-map.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import { searchTree } from '../inspect/search-tree.js'
import type { EncoderDecoder } from '../models/encoder-decoder.js'
import { Random } from '../random/index.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { checkText, textsOf } from './prediction.js'
import type { Decided } from './settings.js'
import type { Evaluation, InspectionOptions, RowAttribution, RowOutputs, TaskModel } from './task.js'
import { attributeTranslations } from './translate-attribution.js'
import { evaluateTranslator, translatorOutputs } from './translate-evaluation.js'
import type { PairRow } from './translate-rows.js'
import type { TranslateSettings } from './translate-settings.js'
import { type PairTokens, tokensToJSON } from './translate-tokens.js'

/** How a text is translated; what is left out is as in the settings under `decode`. */
export interface TranslateOptions {
  /** Hypotheses that the beam search carries on; 1 is greedy. */
  readonly width?: number
  /** How many translations of each text are given, the best first (samples as they are drawn); 1 by default. */
  readonly best?: number
  /** α of the score Σ log P / T^α. */
  readonly lengthNormalisation?: number
  /** β of the penalty for parts of the source that got little attention. */
  readonly coveragePenalty?: number
  /** Let no run of so many tokens occur twice. */
  readonly noRepeatNgram?: number
  readonly minimumLength?: number
  readonly maximumLength?: number
  /** A text that each translation must begin with. */
  readonly prefix?: string
  /** Words that never occur. */
  readonly banned?: readonly string[]
  /** Draws translations from the model's probabilities in place of searching; `best` says how many. */
  readonly sample?: TranslationSampling
}

/** How a translation is searched for. */
export type TranslateSearch = Omit<TranslateOptions, 'sample' | 'best'>

/** How translations are drawn. */
export interface TranslationSampling extends SamplingOptions {
  /** Equal seeds draw equal translations of a text, whatever the other texts of the call. Default 1. */
  readonly seed?: number
}

/** A translation. */
export interface Translation {
  readonly text: string
  /** What the search ranks by: Σ log P / T^α, at most 0. */
  readonly score: number
  /** Σ log P of its tokens and the end. */
  readonly logProb: number
  /** Absent in a model without attention. */
  readonly attention?: AttentionMap
}

/** The parts of a translator. */
export interface TranslatorParts {
  readonly network: EncoderDecoder
  readonly tokens: PairTokens
  readonly settings: Decided<TranslateSettings>
  /** The target that most training rows have. */
  readonly mostFrequent: string
}

/** Texts translated at once; it changes nothing but the speed. */
const BATCH = 32

/**
 * A trained model of the task `translate`: text in, translations out.
 *
 * ```ts
 * const model = await load('models/dates')
 * model.predict('3 May 2011')[0].text                    // '2011-05-03'
 * model.predict(['3 May 2011', 'June 1, 98'], { best: 3 }) // three translations of each
 * ```
 */
export class Translator implements TaskModel<PairRow> {
  readonly task = 'translate'
  readonly network: EncoderDecoder
  readonly tokens: PairTokens
  readonly settings: Decided<TranslateSettings>
  /** The target that most training rows have: the simplest rule to be compared with. */
  readonly mostFrequent: string

  constructor(parts: TranslatorParts) {
    this.network = parts.network
    this.tokens = parts.tokens
    this.settings = parts.settings
    this.mostFrequent = parts.mostFrequent
  }

  get engine(): Engine {
    return this.network.engine
  }

  /** Weights by name. */
  parameters(): Record<string, Tensor> {
    return this.network.parameters()
  }

  /**
   * Translations of a text, the best first; a list of texts gives a list of such lists. A text's translations do not depend on the
   * other texts. With `sample` they are drawn; sample k of a text is the same however many are drawn. Throws a `UsageError` for an empty
   * text, an option out of range, and a width of samples.
   */
  predict(text: string, options?: TranslateOptions): Translation[]
  predict(texts: readonly string[], options?: TranslateOptions): Translation[][]
  predict(
    input: string | readonly string[],
    options: TranslateOptions = {},
  ): Translation[] | Translation[][] {
    const texts = textsOf(input, 'predict')
    const { sample: sampling, ...search } = options
    const results = this.#inBatches(texts, (sources, rows) => {
      const found = sampling
        ? this.#draw(
            sources,
            rows.map((row) => texts[row]),
            sampling,
            search,
          )
        : this.#search(sources, search).map(({ hypotheses }) => hypotheses)
      return found.map((hypotheses, place) =>
        hypotheses.map((hypothesis) => this.#translation(texts[rows[place]], hypothesis)),
      )
    })
    return typeof input === 'string' ? results[0] : results
  }

  /**
   * What the model gives to translations that you have: score, as the search ranks them, and log P, of the target's tokens and the end.
   * Words that the model does not know count as the unknown word. Throws a `UsageError` for an empty source or target.
   */
  score(pairs: readonly PairRow[], options: ScoreOptions = {}): Pick<Translation, 'score' | 'logProb'>[] {
    for (const [index, pair] of pairs.entries())
      for (const side of ['source', 'target'] as const)
        checkText(pair[side], `score: the ${side} of pair ${index + 1} of ${pairs.length}`)
    const { lengthNormalisation, coveragePenalty } = { ...this.settings.decode, ...options }
    const { target } = this.tokens
    const { start, end } = target
    return this.#inBatches(
      pairs.map(({ source }) => source),
      (sources, rows) => {
        const targets = rows.map((row) => target.encode(pairs[row].target).ids)
        return this.network
          .decode(sources, (stepper) =>
            scoreSequences(stepper, targets, { start, end, lengthNormalisation, coveragePenalty }),
          )
          .map(({ score, logProb }) => ({ score, logProb }))
      },
    )
  }

  /** BLEU, chrF and exact match on pairs, simple rules beside them. */
  evaluate(rows: readonly PairRow[]): Evaluation {
    return evaluateTranslator(this, rows)
  }

  /**
   * Beam or model? Who is at fault for each translation that is not exactly right, and how often: the search, when the target has the
   * higher score by which the search ranks; else the model, which likes its own translation as well or better. `options` are those of
   * `predict`. Throws a `UsageError` without rows.
   *
   * ```ts
   * const { wrong, beam, model } = translator.attribute(rows) // 0.2 of all are wrong, 0.05 of these because of the search …
   * ```
   */
  attribute(rows: readonly PairRow[], options?: TranslateSearch): RowAttribution {
    return attributeTranslations(this, rows, options)
  }

  /**
   * Its translations of rows beside their targets, the lengths of the sources, and the scores that fit: for `scoresByLength`. Throws a
   * `UsageError` without rows.
   *
   * ```ts
   * const { metrics, lengths, targets, written } = translator.outputs(rows)
   * const bins = scoresByLength(metrics.bleu, lengths, targets, written)
   * ```
   */
  outputs(rows: readonly PairRow[]): RowOutputs {
    return translatorOutputs(this, rows)
  }

  /** The best translation and its score. */
  answer(input: string): JsonObject {
    const [{ text: translation, score, logProb }] = this.predict(input)
    return { text: input, translation, score, logProb }
  }

  /**
   * What happens inside the encoder while it reads a text: gradients of its last state, gates, states and the influence of each token;
   * then what the decoder read for each token that it wrote, and what the search looked at. Throws a `UsageError` for an empty text.
   */
  inspect(text: string, { title = text, ...options }: InspectionOptions = {}): Inspection {
    checkText(text, 'inspect: the text')
    const { source, target } = this.tokens
    const read = source.asSource(text)
    const run = (copies: number) => this.network.encode(Array<Int32Array>(copies).fill(read))
    const inspection = inspectSequence(this.network, run, { ...options, title, steps: source.pieces(text) })
    const [found] = this.#search([read], {}, { tree: true })
    const { attention } = this.#translation(text, found.hypotheses[0])
    const write = (token: number) => (token === target.end ? '' : target.tokenizer.decode([token]))
    const search = searchTree(found, { ...this.settings.decode, write })
    return { ...inspection, ...(attention && { attention }), search }
  }

  store(): Pick<StoredModel, 'tensors' | 'config'> {
    const { settings, tokens, mostFrequent } = this
    const config = {
      task: this.task,
      settings,
      tokenizers: tokensToJSON(tokens),
      baselines: { mostFrequent },
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

  /** Runs sources of about the same length together; `run` gives a result for each of the rows, which come back in the caller's order. */
  #inBatches<T>(
    texts: readonly string[],
    run: (sources: readonly Int32Array[], rows: readonly number[]) => readonly T[],
  ): T[] {
    const sources = texts.map((text) => this.tokens.source.asSource(text))
    const lengths = sources.map(({ length }) => length)
    const results = new Array<T>(texts.length)
    for (const batch of sortedBatches(lengths, BATCH)) {
      const rows = Array.from(batch)
      const found = run(
        rows.map((row) => sources[row]),
        rows,
      )
      for (const [place, row] of rows.entries()) results[row] = found[place]
    }
    return results
  }

  #search(
    sources: readonly Int32Array[],
    options: Omit<TranslateOptions, 'sample'>,
    { tree = false } = {},
  ): BeamResult[] {
    const decoding = this.#decoding(sources, options)
    return this.network.decode(sources, (stepper) => beamSearch(stepper, { ...decoding, tree }))
  }

  /** So many samples of each source as `best` says; each has a random stream of its own, by its text and its number. */
  #draw(
    sources: readonly Int32Array[],
    texts: readonly string[],
    { seed = 1, ...sampling }: TranslationSampling,
    { best = 1, width, ...options }: Omit<TranslateOptions, 'sample'>,
  ): Hypothesis[][] {
    if (width !== undefined)
      throw new UsageError(
        `predict: got width ${width} with sample; expected one of them, a sample is not searched for`,
      )
    const copies = sources.flatMap((source) =>
      Array<Int32Array>(checkWhole('predict', 'best', best, 1)).fill(source),
    )
    const root = new Random(seed).split('translate')
    const random = texts.flatMap((text) => Array.from({ length: best }, (_, k) => root.split(text).split(k)))
    const decoding = this.#decoding(copies, options)
    const drawn = this.network.decode(copies, (stepper) =>
      sample(stepper, { ...decoding, ...sampling, random }),
    )
    return sources.map((_, row) => drawn.slice(row * best, (row + 1) * best))
  }

  /** What search and sampling are told. */
  #decoding(
    sources: readonly Int32Array[],
    { prefix, banned = [], ...options }: Omit<TranslateOptions, 'sample'>,
  ) {
    const { target } = this.tokens
    const { copyUnknown: _, ...decode } = this.settings.decode
    const forced = prefix === undefined ? undefined : Array.from(target.encode(prefix).ids)
    const never = banned.flatMap((word) => Array.from(target.encode(word).ids))
    return {
      ...decode,
      ...options,
      ...{ batch: sources.length, start: target.start, end: target.end, attention: true },
      ...(forced && { prefixes: sources.map(() => forced) }),
      banned: [target.start, ...never],
    }
  }

  #translation(source: string, { tokens, score, logProb, attention }: Hypothesis): Translation {
    const read = this.tokens.source.pieces(source)
    const weights = attention?.map((row) => Array.from(row))
    const text = this.#written(tokens, read.slice(0, this.tokens.source.encode(source).ids.length), weights)
    if (!weights) return { text, score, logProb }
    const { tokenizer } = this.tokens.target
    const target = [...tokens.map((token) => tokenizer.decode([token])), '</s>']
    return {
      text,
      score,
      logProb,
      attention: { source: read, target: target.slice(0, weights.length), weights },
    }
  }

  // An unknown word is most often a name or a number: the source's word is right more often than none (Luong et al. 2015b).
  #written(
    tokens: readonly number[],
    words: readonly string[],
    weights: readonly (readonly number[])[] | undefined,
  ): string {
    const { tokenizer } = this.tokens.target
    const { decode, text } = this.settings
    if (!decode.copyUnknown || !weights || text.source !== 'words' || !(tokenizer instanceof WordTokenizer))
      return tokenizer.decode(tokens)
    const written = tokens.map((token, place) => {
      if (token !== 0) return tokenizer.decode([token])
      const row = weights[place].slice(0, words.length) // without the end
      return words[row.indexOf(Math.max(...row))] ?? tokenizer.decode([token])
    })
    return tokenizer.joined(written)
  }
}
