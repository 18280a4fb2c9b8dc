import type { JsonObject } from '../formats/index.js'
import type { ClassScores, ConfidenceBin, Confusion, ConfusionMatrix, Rejection } from '../metrics/index.js'
import type { Evaluation } from './task.js'
import { bar, percent, table } from './text-table.js'

/** The tables of a classifier's evaluation. */
interface Details {
  readonly classes: readonly ClassScores[]
  readonly confusion: ConfusionMatrix
  readonly confusions: readonly Confusion[]
  readonly confidence: readonly ConfidenceBin[]
  readonly rejection: Rejection
  readonly unknownLabels: readonly string[]
}

/** A confusion matrix of more labels than this is shown by its most frequent mistakes. */
const WIDEST_MATRIX = 8

/** An evaluation as text: scores beside baselines, per label, confusions, confidence, what the threshold does. */
export function classifyReport(evaluation: Evaluation): string {
  const details = evaluation.details as unknown as Details
  return [
    scoresSection(evaluation),
    labelsSection(details),
    confusionSection(details),
    confidenceSection(evaluation, details),
    rejectionSection(details),
    ...unknownSection(details),
  ].join('\n\n')
}

/** One line about a text: the label, how sure, and the runner-up. */
export function classifyLine(answer: JsonObject): string {
  const { label, score, known, others } = answer as unknown as {
    label: string
    score: number
    known: boolean
    others: readonly { label: string; score: number }[]
  }
  const [runnerUp] = others
  const second = runnerUp ? `   (then ${runnerUp.label} ${percent(runnerUp.score)})` : ''
  return known
    ? `${label}  ${percent(score)}${second}`
    : `unknown: perhaps ${label}  ${percent(score)}${second}`
}

function scoresSection({ rows, scores, baselines }: Evaluation): string {
  const beside = table([
    ['', 'accuracy'],
    ['this model', percent(scores.accuracy)],
    ['naive Bayes', percent(baselines.naiveBayes)],
    ['always the most frequent label', percent(baselines.majority)],
  ])
  return `${count(rows, 'text')}\n${beside}\n  macro-F1 ${percent(scores.macroF1)}   log loss ${scores.nll?.toFixed(4) ?? '-'}`
}

function labelsSection({ classes }: Details): string {
  const rows = [...classes]
    .sort((a, b) => b.support - a.support || (a.label < b.label ? -1 : 1))
    .map(({ label, precision, recall, f1, support }) => [
      label,
      percent(precision),
      percent(recall),
      percent(f1),
      support,
    ])
  return `By label\n${table([['label', 'precision', 'recall', 'F1', 'texts'], ...rows])}`
}

function confusionSection({ confusion, confusions }: Details): string {
  if (confusions.length === 0) return 'Confusions\n  none: every text is right'
  if (confusion.labels.length <= WIDEST_MATRIX) {
    const head = ['is \\ taken for', ...confusion.labels]
    return `Confusion matrix\n${table([head, ...confusion.labels.map((label, i) => [label, ...confusion.counts[i]])])}`
  }
  const rows = confusions.map(({ gold, predicted, count: times }) => [gold, predicted, times])
  return `Most frequent confusions\n${table([['is', 'taken for', 'texts'], ...rows])}`
}

function confidenceSection({ scores }: Evaluation, { confidence }: Details): string {
  const most = Math.max(...confidence.map((bin) => bin.count))
  const rows = confidence
    .filter((bin) => bin.count > 0)
    .map((bin) => [
      `${bin.from.toFixed(1)} to ${bin.to.toFixed(1)}`,
      bin.count,
      bar(bin.count / most, 20),
      percent(bin.accuracy),
      percent(bin.confidence),
    ])
  return `Confidence (calibration error ${percent(scores.calibrationError)})\n${table([['confidence', 'texts', '', 'right', 'claimed'], ...rows])}`
}

function rejectionSection({ rejection }: Details): string {
  const { threshold, coverage, error, rightKept, wrongRejected } = rejection
  return (
    `Below a confidence of ${percent(threshold)} the answer is "unknown"\n` +
    `  ${percent(coverage)} of the texts are answered, ${percent(error)} of them wrongly; ` +
    `${percent(rightKept)} of the right answers are given, ${percent(wrongRejected)} of the wrong ones withheld`
  )
}

function unknownSection({ unknownLabels }: Details): string[] {
  if (unknownLabels.length === 0) return []
  return [`Labels that the model never learned, counted as wrong: ${unknownLabels.join(', ')}`]
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
