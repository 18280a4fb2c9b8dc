import { align, type Edit } from './alignment.js'
import type { Gold } from './gold.js'
import { referencesOf } from './signature.js'
import { countsOf, type SummedMetric, sumsOf } from './summed.js'

/** What an error rate counts. */
export interface ErrorRateOptions {
  /** Errors among words (between white space, the default) or among characters (code points, blanks included). */
  readonly unit?: 'word' | 'character'
  /** Compare in lower case (default false). */
  readonly lowerCase?: boolean
}

/** Errors of a set of texts. */
export interface ErrorRate {
  /** (substitutions + deletions + insertions) / length; above 1 when far too much was predicted, NaN when no reference has a token. */
  readonly rate: number
  readonly substitutions: number
  readonly deletions: number
  readonly insertions: number
  /** Tokens of the references. */
  readonly length: number
  /** How each prediction differs from its reference; `alignmentText` prints it. */
  readonly alignments: readonly (readonly Edit[])[]
}

/**
 * The word error rate of predicted texts, the score of speech recognition: the fewest words to exchange, remove or insert, as a
 * share of the words of the references, over the whole set. Of several references of a row the one with the lowest rate counts.
 *
 * Throws `UsageError` when the lists differ in length.
 *
 * @example
 * wordErrorRate(['the cat sat on the mat'], ['the bat sat on mat']).rate  // 2/6
 */
export function wordErrorRate(
  references: readonly Gold[],
  predicted: readonly string[],
  options: Omit<ErrorRateOptions, 'unit'> = {},
): ErrorRate {
  return errorRate(references, predicted, { ...options, unit: 'word' })
}

/**
 * The same for characters: the character error rate.
 *
 * @example
 * characterErrorRate(['2024-05-17'], ['2024-06-17']).rate  // 0.1
 */
export function characterErrorRate(
  references: readonly Gold[],
  predicted: readonly string[],
  options: Omit<ErrorRateOptions, 'unit'> = {},
): ErrorRate {
  return errorRate(references, predicted, { ...options, unit: 'character' })
}

/**
 * An error rate as a metric for `bootstrap` and `pairedBootstrap`.
 *
 * @example
 * bootstrap(errorRateMetric({ unit: 'character' }), references, predicted, { random })
 */
export function errorRateMetric(options: ErrorRateOptions = {}): SummedMetric<Gold, string> {
  return {
    name: options.unit === 'character' ? 'CER' : 'WER',
    counts: (gold, predicted) => editCounts(bestAlignment(gold, predicted, options)),
    score: rateOf,
  }
}

function errorRate(
  references: readonly Gold[],
  predicted: readonly string[],
  options: ErrorRateOptions,
): ErrorRate {
  const alignments: Edit[][] = []
  const metric: SummedMetric<Gold, string> = {
    ...errorRateMetric(options),
    counts: (gold, text) => {
      const edits = bestAlignment(gold, text, options)
      alignments.push(edits)
      return editCounts(edits)
    },
  }
  const sums = sumsOf(countsOf(metric, references, predicted), 4)
  const [substitutions, deletions, insertions, length] = sums
  return { rate: rateOf(sums), substitutions, deletions, insertions, length, alignments }
}

function bestAlignment(gold: Gold, predicted: string, options: ErrorRateOptions): Edit[] {
  const tokens = tokensOf(predicted, options)
  let best: Edit[] = []
  let bestRate = Number.POSITIVE_INFINITY
  for (const [index, reference] of referencesOf(gold).entries()) {
    const edits = align(tokensOf(reference, options), tokens)
    const rate = rateOf(editCounts(edits))
    if (index === 0 || rate < bestRate) [best, bestRate] = [edits, rate]
  }
  return best
}

function tokensOf(text: string, { unit, lowerCase }: ErrorRateOptions): string[] {
  const cased = lowerCase ? text.toLowerCase() : text
  if (unit === 'character') return Array.from(cased)
  return cased.split(/\s+/).filter((word) => word !== '')
}

/** Substitutions, deletions, insertions, and tokens of the reference. */
function editCounts(edits: readonly Edit[]): number[] {
  const count = (kind: Edit['kind']) => edits.filter((edit) => edit.kind === kind).length
  return [count('substitution'), count('deletion'), count('insertion'), edits.length - count('insertion')]
}

const rateOf = ([substitutions, deletions, insertions, length]: readonly number[]) =>
  (substitutions + deletions + insertions) / length
