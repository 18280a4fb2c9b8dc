import { nearest, UsageError } from '../errors.js'
import { type BleuTokenizer, bleuTokenizers } from './bleu-tokenizers.js'
import type { Gold } from './gold.js'
import { type NgramCounts, ngramCounts, sharedNgrams } from './ngrams.js'
import { withoutLastBlanks } from './python-text.js'
import { referencesOf, signatureOf } from './signature.js'
import { countsOf, type SummedMetric, sumsOf } from './summed.js'

/** What is done about n-gram orders without a match (Chen and Cherry 2014): see `bleu`. */
export type BleuSmoothing = 'exp' | 'floor' | 'add-k' | 'none'

/** How BLEU is computed. */
export interface BleuOptions {
  /** `13a` by default. */
  readonly tokenizer?: BleuTokenizer
  /** Compare in lower case (default false). */
  readonly lowerCase?: boolean
  /** `exp` by default. */
  readonly smoothing?: BleuSmoothing
  /** The value that `floor` (0.1) and `add-k` (1) use. */
  readonly smoothingValue?: number
  /** The longest n-grams (default 4). */
  readonly maximumOrder?: number
  /** Leave out orders for which the prediction is too short (default false); meant for single sentences. */
  readonly effectiveOrder?: boolean
}

/** BLEU and what it is made of. */
export interface BleuScore {
  /** 0 to 100. */
  readonly score: number
  /** Per order, in percent, smoothed. */
  readonly precisions: readonly number[]
  /** exp(1 - reference length / predicted length) when the prediction is shorter, else 1. */
  readonly brevityPenalty: number
  /** Tokens of the predictions, and of the references nearest in length. */
  readonly predictedLength: number
  readonly referenceLength: number
  /** What was computed, in sacrebleu's words: `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|…`. */
  readonly signature: string
}

/**
 * BLEU of predicted texts against one or several references each, the score of machine translation:
 *
 * BLEU = 100 · BP · exp(Σ_n log p_n / 4), p_n = n-grams shared with the references / n-grams predicted, over the whole set
 *
 * When no n-gram of an order matches, `exp` halves its precision for each such order, `floor` counts a small match,
 * `add-k` adds k to the counts of all orders above 1, and `none` gives 0. The scores equal sacrebleu's.
 * Throws `UsageError` when the lists differ in length or an option is not one of its values.
 *
 * Source: Papineni et al. 2002; Post 2018, "A Call for Clarity in Reporting BLEU Scores" (sacrebleu 2.6).
 *
 * @example
 * bleu(['The cat sat on the mat.'], ['The cat is on the mat.']).score  // 48.89
 */
export function bleu(
  references: readonly Gold[],
  predicted: readonly string[],
  options: BleuOptions = {},
): BleuScore {
  const metric = bleuMetric(options)
  const settings = complete(options)
  const sums = sumsOf(countsOf(metric, references, predicted), 2 + 2 * settings.maximumOrder)
  return { ...scored(sums, settings), signature: signatureOf(references, signatureFields(settings)) }
}

/**
 * BLEU as a metric for `bootstrap` and `pairedBootstrap`.
 *
 * @example
 * pairedBootstrap(bleuMetric(), references, before, after, { random }).pValue
 */
export function bleuMetric(options: BleuOptions = {}): SummedMetric<Gold, string> {
  const settings = complete(options)
  return {
    name: 'BLEU',
    counts: (gold, predicted) => rowCounts(gold, predicted, settings),
    score: (sums) => scored(sums, settings).score,
  }
}

type Settings = Required<BleuOptions>

const defaultValues: Readonly<Record<BleuSmoothing, number>> = { exp: 0, floor: 0.1, 'add-k': 1, none: 0 }

function complete(options: BleuOptions): Settings {
  const { tokenizer = '13a', smoothing = 'exp', maximumOrder = 4 } = options
  requireChoice('tokenizer', tokenizer, Object.keys(bleuTokenizers))
  requireChoice('smoothing', smoothing, Object.keys(defaultValues))
  if (!Number.isSafeInteger(maximumOrder) || maximumOrder < 1)
    throw new UsageError(`bleu: maximumOrder must be a whole number of at least 1, got ${maximumOrder}`)
  return {
    tokenizer,
    smoothing,
    maximumOrder,
    lowerCase: options.lowerCase ?? false,
    effectiveOrder: options.effectiveOrder ?? false,
    smoothingValue: options.smoothingValue ?? defaultValues[smoothing],
  }
}

function requireChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return
  const near = nearest(value, choices)
  const advice = near === undefined ? '' : `; did you mean ${near}?`
  throw new UsageError(`bleu: ${name} must be one of ${choices.join(', ')}, got ${value}${advice}`)
}

function signatureFields({ lowerCase, effectiveOrder, tokenizer, smoothing, smoothingValue }: Settings) {
  const value = smoothing === 'floor' || smoothing === 'add-k' ? `[${smoothingValue.toFixed(2)}]` : ''
  return {
    case: lowerCase ? 'lc' : 'mixed',
    eff: effectiveOrder ? 'yes' : 'no',
    tok: tokenizer,
    smooth: smoothing + value,
  }
}

function tokensOf(text: string, { lowerCase, tokenizer }: Settings): string[] {
  return bleuTokenizers[tokenizer](withoutLastBlanks(lowerCase ? text.toLowerCase() : text))
}

/** Predicted length, reference length, shared n-grams per order, predicted n-grams per order. */
function rowCounts(gold: Gold, predicted: string, settings: Settings): number[] {
  const tokens = tokensOf(predicted, settings)
  const references = referencesOf(gold).map((reference) => tokensOf(reference, settings))
  const orders = Array.from({ length: settings.maximumOrder }, (_, index) => index + 1)
  const shared = orders.map((order) =>
    sharedNgrams(
      ngramCounts(tokens, order, ' '),
      mostOf(references.map((words) => ngramCounts(words, order, ' '))),
    ),
  )
  const totals = orders.map((order) => Math.max(0, tokens.length - order + 1))
  const length = nearestLength(
    tokens.length,
    references.map((words) => words.length),
  )
  return [tokens.length, length, ...shared, ...totals]
}

/** Each n-gram as often as in the reference that has it most often. */
function mostOf(references: readonly NgramCounts[]): NgramCounts {
  if (references.length === 1) return references[0]
  const most: NgramCounts = new Map()
  for (const counts of references)
    for (const [ngram, count] of counts) most.set(ngram, Math.max(count, most.get(ngram) ?? 0))
  return most
}

/** The reference length nearest to the predicted one, of two the shorter. */
function nearestLength(length: number, references: readonly number[]): number {
  return references.reduce((best, other) => {
    const [distance, bestDistance] = [Math.abs(other - length), Math.abs(best - length)]
    return distance < bestDistance || (distance === bestDistance && other < best) ? other : best
  })
}

function scored(sums: readonly number[], settings: Settings): Omit<BleuScore, 'signature'> {
  const { maximumOrder: orders } = settings
  const [predictedLength, referenceLength] = sums
  const shared = sums.slice(2, 2 + orders)
  const totals = sums.slice(2 + orders)
  const brevityPenalty =
    predictedLength < referenceLength ? Math.exp(1 - referenceLength / predictedLength) : 1
  const lengths = { brevityPenalty, predictedLength, referenceLength }
  if (shared.every((count) => count === 0)) return { score: 0, precisions: shared.map(() => 0), ...lengths }
  const { precisions, order } = smoothed(shared, totals, settings)
  const logs = precisions.slice(0, order).reduce((sum, precision) => sum + Math.log(precision), 0)
  return { score: brevityPenalty * Math.exp(logs / order), precisions, ...lengths }
}

/** The precisions in percent and how many orders count. */
function smoothed(
  shared: readonly number[],
  totals: readonly number[],
  { smoothing, smoothingValue, effectiveOrder }: Settings,
): { precisions: number[]; order: number } {
  const precisions = shared.map(() => 0)
  let order = shared.length
  let halves = 1
  for (let i = 0; i < shared.length; i++) {
    const added = smoothing === 'add-k' && i > 0 ? smoothingValue : 0
    const total = totals[i] + added
    if (total === 0) break
    if (effectiveOrder) order = i + 1
    const matches = shared[i] + added
    if (matches > 0) precisions[i] = (100 * matches) / total
    else if (smoothing === 'exp') {
      halves *= 2
      precisions[i] = 100 / (halves * total)
    } else if (smoothing === 'floor') precisions[i] = (100 * smoothingValue) / total
  }
  return { precisions, order }
}
