import { UsageError } from '../errors.js'
import type { Gold } from './gold.js'
import { ngramCounts, sharedNgrams } from './ngrams.js'
import { splitWords } from './python-text.js'
import { referencesOf, signatureOf } from './signature.js'
import { countsOf, type SummedMetric, sumsOf } from './summed.js'

/** How chrF is computed. */
export interface ChrfOptions {
  /** The longest n-grams of characters (default 6). */
  readonly characterOrder?: number
  /** The longest n-grams of words: 0 (default) is chrF, 2 is chrF++. */
  readonly wordOrder?: number
  /** How many times more recall counts than precision (default 2). */
  readonly beta?: number
  /** Compare in lower case (default false). */
  readonly lowerCase?: boolean
  /** Count white space as characters (default false). */
  readonly whiteSpace?: boolean
}

/** chrF and how it was computed. */
export interface ChrfScore {
  /** 0 to 100. */
  readonly score: number
  /** `chrF2`, `chrF2++`. */
  readonly name: string
  /** What was computed, in sacrebleu's words: `nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|…`. */
  readonly signature: string
}

/**
 * chrF of predicted texts against one or several references each: an F score over n-grams of characters, which needs no
 * tokeniser and gives credit for parts of words.
 *
 * chrF = 100 · (1 + β²) · P · R / (β² · P + R), P and R the means over the orders of shared / predicted and shared / reference n-grams
 *
 * Of several references of a row the one with the best score counts. The scores equal sacrebleu's.
 * Throws `UsageError` when the lists differ in length or an order is no whole number.
 *
 * Source: Popović 2015 (chrF) and 2017 (chrF++); sacrebleu 2.6.
 *
 * @example
 * chrf(['The cat sat on the mat.'], ['The cat is on the mat.']).score                    // 64.58
 * chrf(['The cat sat on the mat.'], ['The cat is on the mat.'], { wordOrder: 2 }).name   // 'chrF2++'
 */
export function chrf(
  references: readonly Gold[],
  predicted: readonly string[],
  options: ChrfOptions = {},
): ChrfScore {
  const metric = chrfMetric(options)
  const settings = complete(options)
  const sums = sumsOf(countsOf(metric, references, predicted), 3 * ordersOf(settings))
  const fields = {
    case: settings.lowerCase ? 'lc' : 'mixed',
    eff: 'yes',
    nc: settings.characterOrder,
    nw: settings.wordOrder,
    space: settings.whiteSpace ? 'yes' : 'no',
  }
  return { score: metric.score(sums), name: metric.name, signature: signatureOf(references, fields) }
}

/**
 * chrF as a metric for `bootstrap` and `pairedBootstrap`.
 *
 * @example
 * bootstrap(chrfMetric({ wordOrder: 2 }), references, predicted, { random })
 */
export function chrfMetric(options: ChrfOptions = {}): SummedMetric<Gold, string> {
  const settings = complete(options)
  return {
    name: `chrF${settings.beta}${'+'.repeat(settings.wordOrder)}`,
    counts: (gold, predicted) => rowCounts(gold, predicted, settings),
    score: (sums) => scored(sums, settings),
  }
}

type Settings = Required<ChrfOptions>

function complete(options: ChrfOptions): Settings {
  const { characterOrder = 6, wordOrder = 0, beta = 2, lowerCase = false, whiteSpace = false } = options
  for (const [name, value, minimum] of [
    ['characterOrder', characterOrder, 1],
    ['wordOrder', wordOrder, 0],
  ] as const)
    if (!Number.isSafeInteger(value) || value < minimum)
      throw new UsageError(`chrf: ${name} must be a whole number of at least ${minimum}, got ${value}`)
  if (!(beta > 0)) throw new UsageError(`chrf: beta must be positive, got ${beta}`)
  return { characterOrder, wordOrder, beta, lowerCase, whiteSpace }
}

const ordersOf = ({ characterOrder, wordOrder }: Settings) => characterOrder + wordOrder

/** Per order: n-grams predicted (0 where the reference has none), of the reference, shared. */
function rowCounts(gold: Gold, predicted: string, settings: Settings): number[] {
  const mine = ngramsOf(predicted, settings)
  let best: number[] = []
  let bestScore = -1
  for (const reference of referencesOf(gold)) {
    const counts = ngramsOf(reference, settings).flatMap((theirs, order) => {
      const wanted = theirs.total
      return [wanted > 0 ? mine[order].total : 0, wanted, sharedNgrams(mine[order].counts, theirs.counts)]
    })
    const score = scored(counts, settings)
    if (score > bestScore) [best, bestScore] = [counts, score]
  }
  return best
}

function ngramsOf(text: string, { characterOrder, wordOrder, lowerCase, whiteSpace }: Settings) {
  const cased = lowerCase ? text.toLowerCase() : text
  const characters = Array.from(whiteSpace ? cased : splitWords(cased).join(''))
  const words = wordOrder > 0 ? splitWords(cased).flatMap(withoutPunctuation) : []
  const upTo = (pieces: readonly string[], order: number, separator: string) =>
    Array.from({ length: order }, (_, index) => ({
      counts: ngramCounts(pieces, index + 1, separator),
      total: Math.max(0, pieces.length - index),
    }))
  return [...upTo(characters, characterOrder, ''), ...upTo(words, wordOrder, ' ')]
}

const mark = /^[!-/:-@[-`{-~]$/

/** A mark at the end of a word stands alone, or else one at its beginning; never both, as in the reference implementation. */
function withoutPunctuation(word: string): string[] {
  const characters = Array.from(word)
  if (characters.length === 1) return [word]
  if (mark.test(characters[characters.length - 1])) return [word.slice(0, -1), word.slice(-1)]
  if (mark.test(characters[0])) return [word.slice(0, 1), word.slice(1)]
  return [word]
}

function scored(sums: readonly number[], settings: Settings): number {
  let orders = 0
  let precision = 0
  let recall = 0
  for (let i = 0; i < sums.length; i += 3) {
    const [predicted, reference, shared] = [sums[i], sums[i + 1], sums[i + 2]]
    if (predicted === 0 || reference === 0) continue
    precision += shared / predicted
    recall += shared / reference
    orders++
  }
  if (orders === 0 || precision + recall === 0) return 0
  precision /= orders
  recall /= orders
  const weight = settings.beta ** 2
  return (100 * (1 + weight) * precision * recall) / (weight * precision + recall)
}
