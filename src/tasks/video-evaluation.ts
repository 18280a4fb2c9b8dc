import type { VideoRow } from '../data/frames.js'
import { UsageError } from '../errors.js'
import type { JsonObject } from '../formats/index.js'
import { accuracy } from '../metrics/accuracy.js'
import { type ClassScores, classificationScores } from '../metrics/classification.js'
import { type Confusion, confusionMatrix, confusions } from '../metrics/confusion.js'
import type { SummedMetric } from '../metrics/summed.js'
import { largest } from './prediction.js'
import type { Evaluation, RowAnswers } from './task.js'
import { percent, table } from './text-table.js'
import type { VideoModel } from './video-model.js'

type Labels = readonly string[]

/** The share of right labels: of videos, or of the frames of all videos. */
const shareRight: SummedMetric<Labels, Labels> = {
  name: 'accuracy',
  counts: (gold, said) => [gold.filter((label, place) => label === said[place]).length, gold.length],
  score: ([right, all]) => right / all,
}

/** The best labels beside the right ones. */
export function videoAnswers(model: VideoModel, rows: readonly VideoRow[]): RowAnswers {
  const said = model.probabilities(rows.map(({ frames }) => frames)).map((lists) => bestOf(model, lists))
  const right = rows.map((row) => model.gold(row))
  return { score: 'accuracy', metric: shareRight as SummedMetric<unknown, unknown>, right, answers: said }
}

/** The most frequent mistakes that are listed. */
const LISTED = 8

/** Scores a model on labelled videos. Throws a `UsageError` without rows and for rows of the other kind. */
export function evaluateVideos(model: VideoModel, rows: readonly VideoRow[]): Evaluation {
  if (rows.length === 0) throw new UsageError('evaluate: expected at least one video, got none')
  const { kind } = model.form
  const other = rows.findIndex((row) => (kind === 'label') !== 'label' in row)
  if (other >= 0)
    throw new UsageError(
      `evaluate: video ${other + 1}: expected ${kind === 'label' ? 'a label of the whole' : 'labels of the frames'}, as the model has learned, got the other`,
    )
  const probabilities = model.probabilities(rows.map(({ frames }) => frames))
  const gold = rows.flatMap((row) => model.gold(row))
  const said = probabilities.flatMap((lists) => bestOf(model, lists))
  const { macro, classes } = classificationScores(gold, said)
  const { majority, nearest } = model.baselines
  const nll = meanLoss(model.labels, gold, probabilities.flat())
  const simple = rows.flatMap(({ frames }) => nearest.predict(model.read(frames), kind))
  return {
    rows: rows.length,
    scores: {
      accuracy: accuracy(gold, said),
      macroF1: macro.f1,
      ...(nll !== undefined && { nll }),
    },
    baselines: {
      majority: accuracy(
        gold,
        gold.map(() => majority),
      ),
      nearestMean: accuracy(
        gold,
        simple.map((label) => model.labels[label]),
      ),
    },
    details: JSON.parse(
      JSON.stringify({
        kind,
        labels: gold.length,
        classes,
        confusions: confusions(confusionMatrix(gold, said), LISTED),
      }),
    ) as JsonObject,
  }
}

function bestOf({ labels }: Pick<VideoModel, 'labels'>, lists: readonly Float64Array[]): string[] {
  return lists.map((scores) => labels[scores.indexOf(largest(scores))])
}

/** -log of the probability of the right labels, the mean; labels that were never learned are left out, and without others there is none. */
function meanLoss(labels: Labels, gold: Labels, probabilities: readonly Float64Array[]): number | undefined {
  let sum = 0
  let counted = 0
  for (const [place, label] of gold.entries()) {
    const index = labels.indexOf(label)
    if (index < 0) continue
    sum -= Math.log(probabilities[place][index])
    counted++
  }
  return counted > 0 ? sum / counted : undefined
}

/** An evaluation as text: the model beside simple rules, every label, the most frequent mistakes. */
export function videoReport({ rows, scores, baselines, details }: Evaluation): string {
  const { kind, labels, classes, confusions } = details as unknown as {
    readonly kind: 'label' | 'labels'
    readonly labels: number
    readonly classes: readonly ClassScores[]
    readonly confusions: readonly Confusion[]
  }
  const count = (n: number, noun: string) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`
  const head =
    kind === 'label' ? count(rows, 'video') : `${count(rows, 'video')}, ${count(labels, 'labelled frame')}`
  const beside = table([
    ['', 'accuracy'],
    ['this model', percent(scores.accuracy)],
    ['the label whose mean frame is nearest', percent(baselines.nearestMean)],
    ['always the most frequent label', percent(baselines.majority)],
  ])
  const each = classes.map(({ label, precision, recall, f1, support }) => [
    label,
    percent(precision),
    percent(recall),
    percent(f1),
    support,
  ])
  const loss = 'nll' in scores ? `   log loss ${scores.nll.toFixed(4)}` : ''
  const mistakes = confusions.map(({ gold, predicted, count: times }) => [gold, predicted, times])
  return [
    `${head}\n${beside}\n  macro-F1 ${percent(scores.macroF1)}${loss}`,
    `Labels\n${table([['', 'precision', 'recall', 'F1', 'rows'], ...each])}`,
    ...(mistakes.length > 0
      ? [`Most frequent confusions\n${table([['is', 'taken for', 'times'], ...mistakes])}`]
      : []),
  ].join('\n\n')
}
