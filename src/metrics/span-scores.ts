import { type Chunk, chunksOf } from '../codecs/tags.js'
import { type PrecisionRecall, precisionRecall } from './classification.js'
import { requireSameLength } from './gold.js'
import { countsOf, type SummedMetric, sumsOf } from './summed.js'

/** The scores of one type of span. */
export interface SpanTypeScores extends PrecisionRecall {
  readonly type: string
  /** Spans of this type that are. */
  readonly support: number
  /** Spans of this type that were predicted. */
  readonly predicted: number
}

/** The scores of predicted spans, in total and by type. */
export interface SpanScores extends PrecisionRecall {
  readonly support: number
  readonly predicted: number
  /** Every type that is gold or predicted, sorted. */
  readonly types: readonly SpanTypeScores[]
}

/**
 * Precision, recall and F1 of spans, each sentence a list of them: a predicted span is right when type, start and end are. The
 * totals count all spans alike (micro average), as the CoNLL script does. A quotient without a denominator is 0.
 *
 * Throws `UsageError` when the lists differ in length.
 *
 * @example
 * const gold = [[{ type: 'PER', start: 0, end: 2 }]]
 * spanScores(gold, [[{ type: 'PER', start: 0, end: 1 }, { type: 'PER', start: 0, end: 2 }]]).precision  // 0.5
 */
export function spanScores(
  gold: readonly (readonly Chunk[])[],
  predicted: readonly (readonly Chunk[])[],
): SpanScores {
  requireSameLength('spanScores', gold, predicted)
  const types = new Set([...gold, ...predicted].flatMap((spans) => spans.map(({ type }) => type)))
  const counts = [...types].sort().map((type) => {
    const only = (spans: readonly Chunk[]) => spans.filter((span) => span.type === type)
    return { type, sums: sumsOf(countsOf(spanMetric, gold.map(only), predicted.map(only)), 3) }
  })
  const total = sumsOf(
    counts.map(({ sums }) => sums),
    3,
  )
  return { ...scoresOf(total), types: counts.map(({ type, sums }) => ({ type, ...scoresOf(sums) })) }
}

/**
 * The same from tags, whatever their scheme (see `chunksOf`), with the share of tokens whose tag is right: the output of conlleval.
 *
 * Throws `UsageError` when the lists, or the tags of a sentence, differ in length.
 *
 * @example
 * const { f1, accuracy } = tagScores([['B-PER', 'I-PER', 'O']], [['B-PER', 'O', 'O']])  // 0 and 2/3
 */
export function tagScores(
  gold: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
): SpanScores & { readonly accuracy: number } {
  requireSameLength('tagScores', gold, predicted)
  for (const [row, tags] of gold.entries())
    requireSameLength(`tagScores: sentence ${row + 1}`, tags, predicted[row])
  const right = gold.flatMap((tags, row) => tags.map((tag, place) => (tag === predicted[row][place] ? 1 : 0)))
  const accuracy = right.reduce<number>((sum, one) => sum + one, 0) / right.length
  return { ...spanScores(gold.map(chunksOf), predicted.map(chunksOf)), accuracy }
}

/**
 * Micro F1 of spans as a metric for `bootstrap` and `pairedBootstrap`; a row is a sentence.
 *
 * @example
 * bootstrap(spanMetric, gold.map(chunksOf), predicted.map(chunksOf), { random })
 */
export const spanMetric: SummedMetric<readonly Chunk[], readonly Chunk[]> = {
  name: 'span F1',
  counts: (gold, predicted) => {
    const wanted = new Set(gold.map(keyOf))
    const found = new Set(predicted.map(keyOf))
    return [[...found].filter((key) => wanted.has(key)).length, predicted.length, gold.length]
  },
  score: ([right, predicted, support]) => precisionRecall(right, predicted, support).f1,
}

const keyOf = ({ type, start, end }: Chunk) => `${start} ${end} ${type}`

function scoresOf([right, predicted, support]: readonly number[]) {
  return { ...precisionRecall(right, predicted, support), predicted, support }
}
