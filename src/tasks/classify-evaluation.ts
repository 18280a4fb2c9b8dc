import { labelSet } from '../data/example.js'
import { UsageError } from '../errors.js'
import type { Json, JsonObject } from '../formats/index.js'
import { accuracy, accuracyMetric } from '../metrics/accuracy.js'
import { calibration, confidenceHistogram } from '../metrics/calibration.js'
import { classificationScores } from '../metrics/classification.js'
import { confusionMatrix, confusions } from '../metrics/confusion.js'
import { isRight } from '../metrics/gold.js'
import { rejectionAt } from '../metrics/rejection.js'
import { type TextRow, targetsOf } from './classify-rows.js'
import { largest } from './prediction.js'
import type { Evaluation, RowAnswers } from './task.js'
import type { TextClassifier } from './text-classifier.js'

/** What an evaluation needs of a classifier. */
export type Evaluated = Pick<
  TextClassifier,
  'probabilities' | 'labels' | 'threshold' | 'baselines' | 'reader'
>

/** The most probable label of each text beside the right ones. */
export function classifierAnswers(
  model: Pick<Evaluated, 'labels' | 'probabilities'>,
  rows: readonly TextRow[],
): RowAnswers {
  const probabilities = model.probabilities(rows.map(({ text }) => text))
  return {
    score: 'accuracy',
    metric: accuracyMetric,
    right: rows.map(({ label }) => labelSet(label)),
    answers: probabilities.map((scores) => model.labels[scores.indexOf(largest(scores))]),
  }
}

/** The most frequent mistakes that are listed. */
const LISTED = 10

/** Scores a classifier on labelled texts: `Evaluation.details` holds the tables. Throws a `UsageError` without rows. */
export function evaluateClassifier(model: Evaluated, rows: readonly TextRow[]): Evaluation {
  if (rows.length === 0) throw new UsageError('evaluate: expected at least one row, got none')
  const gold = rows.map(({ label }) => labelSet(label))
  const probabilities = model.probabilities(rows.map(({ text }) => text))
  const best = probabilities.map((scores) => scores.indexOf(largest(scores)))
  const predicted = best.map((index) => model.labels[index])
  const confidences = probabilities.map((scores, row) => scores[best[row]])
  const right = predicted.map((label, row) => isRight(gold[row], label))

  const { macro, classes } = classificationScores(gold, predicted)
  const matrix = confusionMatrix(gold, predicted)
  const { expectedError, largestError, bins } = calibration(confidences, right)
  return {
    rows: rows.length,
    scores: {
      accuracy: accuracy(gold, predicted),
      macroF1: macro.f1,
      nll: meanLoss(model.labels, probabilities, rows),
      calibrationError: expectedError,
    },
    baselines: baselineScores(model, rows, gold),
    details: plain({
      classes,
      confusion: matrix,
      confusions: confusions(matrix, LISTED),
      confidence: confidenceHistogram(confidences, right),
      calibration: { expectedError, largestError, bins },
      rejection: rejectionAt(model.threshold, confidences, right),
      unknownLabels: unknownLabels(model.labels, rows),
    }),
  }
}

/** -log of the probability of the gold labels, their sum where there are several; rows of unknown labels are left out. */
export function meanLoss(
  labels: readonly string[],
  probabilities: readonly Float64Array[],
  rows: readonly TextRow[],
): number {
  const places = new Map(labels.map((label, index) => [label, index]))
  let sum = 0
  let counted = 0
  for (const [row, { label }] of rows.entries()) {
    const targets = targetsOf(label).flatMap((target) => places.get(target) ?? [])
    if (targets.length === 0) continue
    counted++
    sum -= Math.log(targets.reduce((total, target) => total + probabilities[row][target], 0))
  }
  return sum / counted
}

function baselineScores(
  { baselines, reader }: Evaluated,
  rows: readonly TextRow[],
  gold: readonly (readonly string[])[],
): Record<string, number> {
  const bayes = rows.map(({ text }) => baselines.naiveBayes.predict(reader.words.of(text)))
  return {
    majority: accuracy(
      gold,
      rows.map(() => baselines.majority),
    ),
    naiveBayes: accuracy(gold, bayes),
  }
}

function unknownLabels(known: readonly string[], rows: readonly TextRow[]): string[] {
  const unknown = rows.filter(({ label }) => !targetsOf(label).some((target) => known.includes(target)))
  return [...new Set(unknown.map(({ label }) => label))].sort()
}

/** Plain JSON: quotients without a denominator become null. */
function plain(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject & { readonly [key: string]: Json }
}
