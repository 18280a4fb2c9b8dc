import { type Chunk, tagsOf } from '../codecs/tags.js'
import { labelSet } from '../data/example.js'
import type { TaggedExample } from '../data/tagged.js'
import { UsageError } from '../errors.js'
import type { JsonObject } from '../formats/index.js'
import { accuracy } from '../metrics/accuracy.js'
import { classificationScores } from '../metrics/classification.js'
import { confusionMatrix, confusions } from '../metrics/confusion.js'
import { isRight } from '../metrics/gold.js'
import { spanMetric, spanScores, tagScores } from '../metrics/span-scores.js'
import { exampleOf, type TaggedRow } from './tag-rows.js'
import type { Outline, Tagger } from './tagger.js'
import type { Evaluation, RowAnswers } from './task.js'

/** What an evaluation needs of a tagger. */
export type EvaluatedTagger = Pick<Tagger, 'outline' | 'types' | 'labels' | 'baselines'>

/** The most frequent mistakes that are listed. */
const LISTED = 10

/** Scores a tagger on tagged texts: `Evaluation.details` holds the tables. Throws a `UsageError` without rows. */
export function evaluateTagger(model: EvaluatedTagger, rows: readonly TaggedExample[]): Evaluation {
  if (rows.length === 0) throw new UsageError('evaluate: expected at least one row, got none')
  const outlines = model.outline(rows)
  const predicted = outlines.map(({ spans }) => spans)
  const lookup = rows.map(({ tokens }) => model.baselines.lookup.spans(tokens))
  const scores = tagScores(
    rows.map(({ spans, tokens }) => tagsOf(spans, tokens.length, 'iob2')),
    rows.map(({ tokens }, row) => tagsOf(predicted[row], tokens.length, 'iob2')),
  )
  const rules = spanScores(
    rows.map(({ spans }) => spans),
    lookup,
  )
  const labels = labelEvaluation(model, rows, outlines)
  const right = rows.filter(({ spans }, row) => sameSpans(spans, predicted[row]) && labels.right(row)).length
  return {
    rows: rows.length,
    scores: {
      f1: scores.f1,
      precision: scores.precision,
      recall: scores.recall,
      tokenAccuracy: scores.accuracy,
      ...labels.scores,
      sentenceAccuracy: right / rows.length,
    },
    baselines: { lookup: rules.f1, ...labels.baselines },
    details: JSON.parse(
      JSON.stringify({
        spans: scores.support,
        types: scores.types.map((type) => ({
          ...type,
          lookup: rules.types.find((other) => other.type === type.type)?.f1 ?? 0,
        })),
        ...labels.details,
        unknownTypes: unknownTypes(model.types, rows),
      }),
    ) as JsonObject,
  }
}

/** The spans of each text beside the right ones. */
export function taggerAnswers(model: Pick<Tagger, 'outline'>, rows: readonly TaggedRow[]): RowAnswers {
  const examples = rows.map(exampleOf)
  return {
    ...{ score: 'f1', metric: spanMetric },
    right: examples.map(({ spans }) => spans),
    answers: model.outline(examples).map(({ spans }) => spans),
  }
}

/** Scores of the labels of whole texts: nothing where the model or the rows have none. */
function labelEvaluation(
  { labels, baselines }: EvaluatedTagger,
  rows: readonly TaggedExample[],
  outlines: readonly Outline[],
) {
  const labelled = rows.flatMap(({ label }, row) => (label === undefined ? [] : [{ label, row }]))
  if (labels.length === 0 || labelled.length === 0) return { scores: {}, baselines: {}, right: () => true }
  const gold = labelled.map(({ label }) => labelSet(label))
  const best = labelled.map(({ row }) => outlines[row].label ?? '')
  const wrong = new Set(labelled.filter((_, i) => !isRight(gold[i], best[i])).map(({ row }) => row))
  const majority = baselines.majority ?? labels[0]
  return {
    scores: { intentAccuracy: accuracy(gold, best) },
    baselines: {
      majorityIntent: accuracy(
        gold,
        best.map(() => majority),
      ),
    },
    details: {
      labels: classificationScores(gold, best).classes,
      confusions: confusions(confusionMatrix(gold, best), LISTED),
    },
    right: (row: number) => !wrong.has(row),
  }
}

function sameSpans(gold: readonly Chunk[], predicted: readonly Chunk[]): boolean {
  const key = ({ type, start, end }: Chunk) => `${start} ${end} ${type}`
  return gold.map(key).join() === predicted.map(key).join()
}

function unknownTypes(known: readonly string[], rows: readonly TaggedExample[]): string[] {
  const seen = new Set(rows.flatMap(({ spans }) => spans.map(({ type }) => type)))
  return [...seen].filter((type) => !known.includes(type)).sort()
}
