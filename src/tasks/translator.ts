import { sortedBatches } from '../data/batches.js'
import { WordTokenizer } from '../data/text-tokenizers.js'
import { type BeamResult, beamSearch } from '../decoding/beam.js'
import type { ConstraintName } from '../decoding/constraints.js'
import { sample } from '../decoding/generate.js'
import type { Hypothesis } from '../decoding/hypothesis.js'
import type { SamplingOptions } from '../decoding/sampling.js'
import { scoreSequences } from '../decoding/score-sequences.js'
import { withInputs } from '../decoding/stepper.js'
import { UsageError } from '../errors.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { AttentionMap } from '../inspect/attention-map.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import { searchTree } from '../inspect/search-tree.js'
import type { EncoderDecoder } from '../models/encoder-decoder.js'
import { Random } from '../random/index.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { checkPairs, checkText, textsOf } from './prediction.js'
import type { Decided } from './settings.js'
import type { Reading } from './side-tokens.js'
import type { Evaluation, InspectionOptions, RowAttribution, RowOutputs, TaskModel } from './task.js'
import { checkBest, decodingOf, type TextSearch } from './text-search.js'
import { attributeTranslations } from './translate-attribution.js'
import { evaluateTranslator, translatorOutputs } from './translate-evaluation.js'
import type { PairRow } from './translate-rows.js'
import type { TranslateSettings } from './translate-settings.js'
import { type PairTokens, tokensToJSON } from './translate-tokens.js'

/** How a text is translated: the search, and what comes with it. */
export interface TranslateOptions extends TextSearch {
  /** Whether to tell what was read for each token, which takes much memory for many texts; true by default. */
  readonly attention?: boolean
  /** Draws translations from the model's probabilities in place of searching; `best` says how many. */
  readonly sample?: TranslationSampling
}

/** How a translation is searched for. */
export type TranslateSearch = Omit<TextSearch, 'best'>

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

/** What the model gives to a translation that you have. */
export interface TranslationScore extends Pick<Translation, 'score' | 'logProb'> {
  /** The option by which a search with the same options may not write it; absent where it may. */
  readonly forbiddenBy?: ForbiddenBy
}

/** The options that may forbid a translation. */
export type ForbiddenBy = Exclude<ConstraintName, 'prefixes'> | 'prefix'

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
/** Samples drawn at once; it changes nothing but speed and memory. */
const DRAWN_TOGETHER = 256

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
   * text, an option out of range, a width of samples, and a prefix or banned text with tokens that the model does not know.
   */
  predict(text: string, options?: TranslateOptions): Translation[]
  predict(texts: readonly string[], options?: TranslateOptions): Translation[][]
  predict(
    input: string | readonly string[],
    options: TranslateOptions = {},
  ): Translation[] | Translation[][] {
    const texts = textsOf(input, 'predict')
    const { sample: sampling, ...search } = options
    checkBest(search.best ?? 1)
    const { attention = true } = search
    const results = this.#inBatches(texts, (readings) => {
      if (sampling) return this.#draw(readings, sampling, search)
      const found = this.#search(readings, search)
      return found.map(({ hypotheses }, row) =>
        hypotheses.map((hypothesis) => this.#translation(readings[row], hypothesis, attention)),
      )
    })
    return typeof input === 'string' ? results[0] : results
  }

  /**
   * What the model gives to translations that you have: score, as the search ranks them, and log P, of the target's tokens and the end;
   * and whether a search with these options may write them at all. Words that the model does not know count as the unknown word. Throws a
   * `UsageError` for an empty source or target, and for an option out of range.
   */
  score(pairs: readonly PairRow[], options: TranslateSearch = {}): TranslationScore[] {
    if (Array.isArray(pairs) && pairs.length === 0) return []
    checkPairs(pairs, 'score')
    const { target } = this.tokens
    return this.#inBatches(
      pairs.map(({ source }) => source),
      (readings, rows) => {
        const targets = rows.map((row) => target.whole(pairs[row].target).ids)
        const decoding = decodingOf(target, this.settings.decode, options, rows.length)
        const scored = this.#decode(readings, (stepper) => scoreSequences(stepper, targets, decoding))
        return scored.map(({ score, logProb, forbiddenBy: by }) => {
          const forbiddenBy = by === 'prefixes' ? 'prefix' : by
          return { score, logProb, ...(forbiddenBy && { forbiddenBy }) }
        })
      },
    )
  }

  /** BLEU, chrF and exact match on pairs, simple rules beside them. */
  evaluate(rows: readonly PairRow[]): Evaluation {
    return evaluateTranslator(this, rows)
  }

  /**
   * Beam or model? Who is at fault for each translation that is not exactly right, and how often: the search, when the target has the
   * higher score by which the search ranks; else the model, which likes its own translation as well or better. Neither is where the search
   * may not write the target, as it is too long for example. `options` are those of `predict`. Throws a `UsageError` without rows.
   *
   * ```ts
   * const { wrong, beam, model } = translator.attribute(rows) // 0.2 of all are wrong, 0.05 of these because of the search …
   * ```
   */
  attribute(rows: readonly PairRow[], options?: TranslateSearch): RowAttribution {
    checkPairs(rows, 'attribute')
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
    const [{ text: translation, score, logProb }] = this.predict(input, { attention: false })
    return { text: input, translation, score, logProb }
  }

  /**
   * What happens inside the encoder while it reads a text: gradients of its last state, gates, states and the influence of each token;
   * then what the decoder read for each token that it wrote, and what the search looked at. Throws a `UsageError` for an empty text.
   */
  inspect(text: string, { title = text, ...options }: InspectionOptions = {}): Inspection {
    checkText(text, 'inspect: the text')
    const { source, target } = this.tokens
    const reading = source.reading(text)
    const run = (copies: number) => this.network.encode(Array<Int32Array>(copies).fill(reading.ids))
    const inspection = inspectSequence(this.network, run, { ...options, title, steps: reading.pieces })
    const [found] = this.#search([reading], {}, { tree: true })
    const { attention } = this.#translation(reading, found.hypotheses[0], true)
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
    run: (readings: readonly Reading[], rows: readonly number[]) => readonly T[],
  ): T[] {
    const readings = texts.map((text) => this.tokens.source.reading(text))
    const lengths = readings.map(({ ids }) => ids.length)
    const results = new Array<T>(texts.length)
    for (const batch of sortedBatches(lengths, BATCH)) {
      const rows = Array.from(batch)
      const found = run(
        rows.map((row) => readings[row]),
        rows,
      )
      for (const [place, row] of rows.entries()) results[row] = found[place]
    }
    return results
  }

  #decode<T>(readings: readonly Reading[], search: Parameters<typeof this.network.decode<T>>[1]): T {
    return this.network.decode(
      readings.map(({ ids }) => ids),
      search,
    )
  }

  #search(
    readings: readonly Reading[],
    { attention = true, ...options }: Omit<TranslateOptions, 'sample'>,
    { tree = false } = {},
  ): BeamResult[] {
    const decoding = decodingOf(this.tokens.target, this.settings.decode, options, readings.length)
    const looking = { attention: attention || this.#copies, tree }
    return this.#decode(readings, (stepper) => beamSearch(stepper, { ...decoding, ...looking }))
  }

  /** So many samples of each source as `best` says; each has a random stream of its own, by its text and its number. */
  #draw(
    readings: readonly Reading[],
    { seed = 1, ...sampling }: TranslationSampling,
    { best = 1, width, attention = true, ...options }: Omit<TranslateOptions, 'sample'>,
  ): Translation[][] {
    if (width !== undefined)
      throw new UsageError(
        `predict: got width ${width} with sample; expected one of them, a sample is not searched for`,
      )
    const root = new Random(seed).split('translate')
    const drawn = readings.map((): Translation[] => [])
    this.#decode(readings, (stepper) => {
      for (let first = 0; first < best * readings.length; first += DRAWN_TOGETHER) {
        const count = Math.min(DRAWN_TOGETHER, best * readings.length - first)
        const rows = Int32Array.from({ length: count }, (_, k) => Math.floor((first + k) / best))
        const random = Array.from(rows, (row, k) => root.split(readings[row].text).split((first + k) % best))
        const found = sample(withInputs(stepper, readings.length, rows), {
          ...decodingOf(this.tokens.target, this.settings.decode, options, count),
          ...{ ...sampling, random, attention: attention || this.#copies },
        })
        for (const [k, row] of rows.entries())
          drawn[row].push(this.#translation(readings[row], found[k], attention))
      }
    })
    return drawn
  }

  #translation(
    { words, pieces }: Reading,
    { tokens, score, logProb, attention }: Hypothesis,
    withMap: boolean,
  ): Translation {
    const text = this.#written(tokens, words, attention)
    if (!withMap || !attention) return { text, score, logProb }
    const { tokenizer } = this.tokens.target
    const target = [...tokens.map((token) => tokenizer.decode([token])), '</s>'].slice(0, attention.length)
    const weights = attention.map((row) => Array.from(row))
    return { text, score, logProb, attention: { source: pieces, target, weights } }
  }

  /** Whether unknown words become words of the source, for which attention must be kept. */
  get #copies(): boolean {
    const { decode, text } = this.settings
    return (
      decode.copyUnknown && text.source === 'words' && this.tokens.target.tokenizer instanceof WordTokenizer
    )
  }

  // An unknown word is most often a name or a number: the source's word is right more often than none (Luong et al. 2015b).
  #written(
    tokens: readonly number[],
    words: readonly string[],
    weights: readonly ArrayLike<number>[] | undefined,
  ): string {
    const { tokenizer } = this.tokens.target
    if (!this.#copies || !weights || !(tokenizer instanceof WordTokenizer)) return tokenizer.decode(tokens)
    const written = tokens.map((token, place) => {
      if (token !== 0) return tokenizer.decode([token])
      const row = Array.from(weights[place]).slice(0, words.length) // without the end
      return words[row.indexOf(Math.max(...row))] ?? tokenizer.decode([token])
    })
    return tokenizer.joined(written)
  }
}
